"""ntfy's own program: a line of it → the request that it sends.

Source: ``cmd/publish.go``, ``cmd/subscribe.go``, ``client/client.go`` and
``client/options.go`` of https://github.com/binwiederhier/ntfy (2.14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from pushgo_compat.migration.calls import (
    BodyPart,
    HttpRequest,
    ReadFile,
    Unreadable,
    Url,
)
from pushgo_compat.migration.clients.common import (
    Headers,
    Result,
    as_bytes,
    basic,
    contents,
)
from pushgo_compat.migration.clients.options import OptionTable
from pushgo_compat.migration.shell.commands import Argument, Input
from pushgo_compat.migration.urls import Known, parse_url
from pushgo_compat.migration.words import Word

DEFAULT_HOST = "https://ntfy.sh"
"""Where a bare topic goes, unless ``default-host`` in ``client.yml`` says otherwise."""
_PUBLISH = frozenset({"publish", "pub", "send", "trigger"})
_SUBSCRIBE = frozenset({"subscribe", "sub"})
_SHARED_WITH_VALUE = " log-level log_level log-level-overrides log-format log-file"
_SHARED = " debug:d trace no-log-dates help:h"
_PUBLISHING = OptionTable(
    "ntfy publish",
    "config:c title:t message:m priority:p tags:T tag delay:D at in click:U icon:i"
    " actions:A attach:a filename:n name file:f email:e mail user:u token:k"
    " wait-pid wait_pid pid sequence-id:S" + _SHARED_WITH_VALUE,
    "markdown md wait-cmd wait_cmd cmd done no-cache:C no_cache no-firebase:F"
    " no_firebase quiet:q" + _SHARED,
    equals=True,
    ends_at_word=True,
)
_SUBSCRIBING = OptionTable(
    "ntfy subscribe",
    "config:c since:s user:u token:k" + _SHARED_WITH_VALUE,
    "from-config:C from_config poll:p scheduled:S sched" + _SHARED,
    equals=True,
    ends_at_word=True,
)
_ALIASES = {
    **{"tag": "tags", "at": "delay", "in": "delay", "name": "filename"},
    **{"mail": "email", "md": "markdown", "no_cache": "no-cache", "pid": "wait-pid"},
    **{"wait_pid": "wait-pid", "no_firebase": "no-firebase", "sched": "scheduled"},
    **{"wait_cmd": "wait-cmd", "cmd": "wait-cmd", "done": "wait-cmd"},
    **{"from_config": "from-config"},
}
_HEADERS = {
    **{"title": "X-Title", "priority": "X-Priority", "tags": "X-Tags"},
    **{"delay": "X-Delay", "click": "X-Click", "icon": "X-Icon"},
    **{"actions": "X-Actions", "attach": "X-Attach", "markdown": "X-Markdown"},
    **{"filename": "X-Filename", "email": "X-Email", "no-cache": "X-Cache"},
    **{"no-firebase": "X-Firebase", "sequence-id": "X-Sequence-ID"},
}
_SWITCHED = {"markdown": "yes", "no-cache": "no", "no-firebase": "no"}
_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")


def read_ntfy(words: Sequence[Argument], given: Input, known: Known) -> list[Result]:
    """The request of the words behind ``ntfy``; none for its other commands.

    Raises Unreadable. ``ntfy send TEXT`` of the Python program of that name has no
    topic, and is no call of this one.
    """
    rest = list(words)
    while rest and rest[0].word.text.startswith("-"):
        rest.pop(0)  # --debug
    command = rest[0].word.text if rest else ""
    if command in _PUBLISH:
        return _publish(_Line(_PUBLISHING, rest[1:], known), given, known)
    if command in _SUBSCRIBE:
        return _subscribe(_Line(_SUBSCRIBING, rest[1:], known), known)
    return []


class _Line:
    """The options and words of a line."""

    def __init__(
        self, table: OptionTable, words: Sequence[Argument], known: Known
    ) -> None:
        self.options: dict[str, str] = {}
        self.words: list[Word] = []
        for name, word, _ in table.read(words):
            if name is None:
                self.words.append(word)
            else:
                name = _ALIASES.get(name, name)
                self.options[name] = _SWITCHED.get(name, word.text)
        self._environment = known.environment
        for name, value in self._environment.items():
            option = name.removeprefix("NTFY_").lower().replace("_", "-")
            if name.startswith("NTFY_") and option != "topic":
                self.options.setdefault(option, value.text)

    def topic(self, known: Known) -> Word | None:
        """The topic, taken out of the words; None where there is none."""
        if (topic := self._environment.get("NTFY_TOPIC")) is not None:
            return topic
        if not self.words:
            return None
        first = known.resolved(self.words[0])
        if _is_topic(first.text, known):
            del self.words[0]
            return first
        return None


def _is_topic(text: str, known: Known) -> bool:
    if "/" in text or known.variables.is_whole(text):
        return " " not in text
    return _TOPIC.fullmatch(text) is not None


def _address(topic: Word) -> Url:
    """Where a topic is: a URL, ``host/topic``, or a name at the default host."""
    text = topic.text
    if text.startswith(("http://", "https://")):
        whole = topic
    else:
        base = "https://" if "/" in text else f"{DEFAULT_HOST}/"
        whole = Word.joined([Word.made_up(base), topic])
    return parse_url(whole, as_is=True)[0]


def _login(options: Mapping[str, str]) -> Headers:
    token, user = options.get("token", ""), options.get("user", "")
    if token and user:
        raise Unreadable("ntfy takes --user or --token, not both")
    if token:
        return [("Authorization", f"Bearer {token}")]
    if user:
        return [("Authorization", basic(user if ":" in user else f"{user}:"))]
    return []


def _publish(line: _Line, given: Input, known: Known) -> list[Result]:
    topic = line.topic(known)
    if topic is None:
        return []
    options = line.options
    headers = [*_headers(options), *_login(options)]
    message = _message(line, known)
    body: list[BodyPart] = [as_bytes(message)] if message else []
    if file := options.get("file"):
        if message:
            headers.append(("X-Message", message))
        if not options.get("filename"):
            name = "stdin" if file == "-" else file.rpartition("/")[2]
            headers.append(("X-Filename", name))
        part = contents(file, given, bytes)
        if isinstance(part, ReadFile):
            part = part._replace(is_upload=True)
        body = [part]
    elif not message and given is not None:
        body = [contents("-", given, bytes.strip)]
    return [HttpRequest(method="POST", url=_address(topic), headers=headers, body=body)]


def _headers(options: Mapping[str, str]) -> Headers:
    """``--actions`` is one line whatever was written."""
    given = dict(options)
    if actions := given.get("actions"):
        given["actions"] = actions.replace("\n", " ")
    return [(_HEADERS[name], given[name]) for name in _HEADERS if given.get(name)]


def _message(line: _Line, known: Known) -> str:
    """The text, or a variable for what ntfy says when a command or process ends."""
    text = " ".join(word.text for word in line.words)
    if "wait-cmd" in line.options:
        if not text:
            raise Unreadable("--wait-cmd stands without a command")
        text = known.variables.mark("$(ntfy's words on the command)")
    elif "wait-pid" in line.options:
        text = text or known.variables.mark("$(ntfy's words on the process)")
    return line.options.get("message") or text


def _subscribe(line: _Line, known: Known) -> list[Result]:
    """A subscription, which is a GET of ``/json``; none is in a configuration file."""
    topic = line.topic(known)
    if topic is None:
        return []
    url = _address(topic)
    pairs = [
        *([f"since={line.options['since']}"] if line.options.get("since") else []),
        *(["poll=1"] if "poll" in line.options else []),
        *(["scheduled=1"] if "scheduled" in line.options else []),
    ]
    url = url._replace(path=f"{url.path}/json", query="&".join(pairs))
    return [HttpRequest(method="GET", url=url, headers=_login(line.options))]
