"""The answer to one call of a text: dialect, verdict and receipt."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import Arrival, Document, Reader
from pushgo_compat.core.receipts.rehearsal import describe
from pushgo_compat.core.receipts.verdict import CallVerdict, verdict_of_call
from pushgo_compat.legacy import (
    Dialect,
    LegacyRequest,
    Note,
    Place,
    Verdict,
    claims_of,
)
from pushgo_compat.migration.calls import FoundCall, FoundCalls
from pushgo_compat.migration.reading import read_calls
from pushgo_compat.migration.translating.acting import CHANNEL_NAME, Acted, act
from pushgo_compat.migration.translating.freezing import Files, Frozen, freeze
from pushgo_compat.migration.translating.native_curl import native_curl
from pushgo_compat.migration.translating.servers import OldServer, Servers
from pushgo_compat.migration.translating.unknown_values import (
    Reduced,
    places_of,
    quote_bare,
    reduce,
    without_first,
)
from pushgo_compat.migration.words import Variables

KEY = "KEY"
ELLIPSIS = "…"
MAX_LEFT_OUT = 50
_SECRET_CHARS = 20
"""From this length on a key is nothing that a text says by chance."""
_KEY_MEMBER = re.compile(r'"(?:topic|device_keys?)"\s*:\s*"([^"]+)"')
_ROUTES = frozenset({"push", "send", "message", "ping", "v1", "_matrix", "file", "mcp"})
_PASSING = frozenset(
    {"id", "time", "expires", "timestamp", "pushid", "readkey", "date"}
)
"""Members of the old servers' replies that are ids and times."""


class Source(NamedTuple):
    """Where a call stands."""

    file: str | None
    line: int


class Translator:
    """Translates calls that stand in a text; nothing is sent or stored."""

    def __init__(
        self, servers: Servers, files: Files, *, reader: Reader, now_ms: int
    ) -> None:
        """``reader``: our own address for the curl lines, and the language."""
        self._servers = servers
        self._files = files
        self._reader = reader
        self._now_ms = now_ms

    def read(self, data: bytes, *, har: bool = False) -> FoundCalls:
        """The calls of a text, those in languages that are not read as well.

        Raises Unreadable for a HAR file that is none, and ShellParserMissing.
        """
        return read_calls(data, har=har, is_old_host=self._servers.speaks)

    def answer(
        self, found: FoundCall, variables: Variables, source: Source
    ) -> Document:
        """What one call becomes."""
        head: Document = {"source": {"file": source.file, "line": source.line}}
        problem, server = found.problem, None
        if found.request is not None:
            is_unknown = variables.is_whole(found.request.url.host)
            server = self._servers.find(found.request, is_unknown=is_unknown)
            if server is None:
                host = variables.restore(found.request.url.host)
                problem = f"no old call: host {host or '-'}"
        if server is None or found.request is None:
            return _printable(head | _nothing(None, problem))
        frozen = freeze(
            found.request,
            server,
            self._files,
            base_url=self._reader.base_url,
            now_ms=self._now_ms,
        )
        call = _Call(server, frozen, variables, self._reader)
        return _printable(head | call.document())


def is_unread(answer: Mapping[str, object]) -> bool:
    """Whether an answer tells of a call that could not be read."""
    problem = answer["problem"]
    return problem is not None and not str(problem).startswith("no old call:")


def _nothing(dialect: Dialect | None, problem: str | None) -> Document:
    source = None if dialect is None else str(dialect.source)
    return {"dialect": source, "problem": problem, "verdict": None, "receipt": None}


class _Call:
    """One call to an old server."""

    def __init__(
        self, server: OldServer, frozen: Frozen, variables: Variables, reader: Reader
    ) -> None:
        self._dialect = server.dialect
        self._frozen = frozen
        self._variables = variables
        self._reader = reader

    def document(self) -> Document:
        reduced = reduce(self._frozen.request, self._dialect, self._variables)
        acted = self._act(reduced.request)
        if not acted.rehearsed.accepted:
            reduced, acted = self._without_more(reduced, acted)
        if not acted.rehearsed.accepted and self._is_hidden():
            body = self._variables.restore(_text(self._frozen.request.body))
            return _nothing(
                self._dialect, f"what is sent stands in a variable alone: {body}"
            )
        receipt = self._receipt(reduced, acted)
        notes = receipt["notes"]
        assert isinstance(notes, list)  # noqa: S101 - as render makes it
        verdict = verdict_of_call(
            accepted=acted.rehearsed.accepted,
            notes=[Verdict(note["verdict"]) for note in notes],
        )
        if acted.key_in_host:
            verdict = CallVerdict.MUST_CHANGE
        return {
            "dialect": str(self._dialect.source),
            "problem": None,
            "verdict": str(verdict),
            "receipt": receipt,
        }

    def _act(self, request: LegacyRequest) -> Acted:
        frozen = self._frozen
        content = frozen.content
        if request.body != frozen.request.body:
            content = request.body
        return act(self._dialect, request, content, frozen.attachment)

    def _without_more(self, reduced: Reduced, acted: Acted) -> tuple[Reduced, Acted]:
        """Leave out one variable after the other, until the call is accepted."""
        smaller = Reduced(reduced.request, list(reduced.left_out))
        for _ in range(MAX_LEFT_OUT):
            if not without_first(smaller, self._dialect, self._variables):
                break
            again = self._act(smaller.request)
            if again.rehearsed.accepted:
                return smaller, again
        return reduced, acted

    def _is_hidden(self) -> bool:
        """Whether the whole body is one variable where fields are looked for."""
        request = self._frozen.request
        places = places_of(request, self._dialect)
        if Place.JSON not in places and Place.FORM not in places:
            return False
        return self._variables.is_whole(_text(request.body).strip())

    # ----------------------------------------------------------------------- receipts

    def _receipt(self, reduced: Reduced, acted: Acted) -> Document:
        variables, frozen = self._variables, self._frozen
        keys = [
            key
            for claim in claims_of(acted.call)
            for key in (claim.key, *claim.alternatives)
        ] or suspected_keys(frozen.request)
        masker = Masker(keys, dict.fromkeys(keys, KEY))
        added = [Note(each.name, "variable") for each in reduced.left_out]
        files = [(name, "text.file-read") for name in frozen.read]
        files += [(name, "text.file-unread") for name in frozen.unread]
        added += [Note(_file_field(name), code, "body") for name, code in files]
        if acted.untitled:
            added.append(Note("title", "text.channel-name"))
        if acted.key_in_host:
            added.append(Note("Host", "text.key-in-host"))
        rehearsed = replace(
            acted.rehearsed, notes=(*added, *acted.rehearsed.notes), grant=None
        )
        now_ms = frozen.request.received_at_ms
        shown, body = frozen.request, frozen.request.body
        if Place.JSON in places_of(shown, self._dialect):
            # Fields are looked for in it, and a bare variable is no JSON.
            quoted = quote_bare(_text(body), variables)
            shown = replace(shown, body=quoted.encode("utf-8", "surrogateescape"))
        receipt = describe(
            self._dialect,
            shown,
            Arrival(make_call_id(now_ms), "", "", ""),
            acted.call,
            rehearsed,
            masker=masker,
            reader=self._reader,
            now_ms=now_ms,
        )
        for name in ("call_id", "at", "duration_ms"):
            receipt[name] = None
        request = receipt["request"]
        assert isinstance(request, dict)  # noqa: S101 - as render makes it
        request["body"] = masker.body(body)
        self._complete_notes(receipt, reduced)
        self._complete_messages(receipt, keys)
        receipt["reply"] = _without_passing(receipt["reply"])
        curl = receipt["curl"]
        restored = _each_text(receipt, variables.restore)
        assert isinstance(restored, dict)  # noqa: S101 - it was one
        restored["curl"] = curl
        return restored

    def _complete_notes(self, receipt: Document, reduced: Reduced) -> None:
        """Say where a field stood that was left out, and what it said."""
        notes = receipt["notes"]
        assert isinstance(notes, list)  # noqa: S101 - as render makes it
        for note, left_out in zip(notes, reduced.left_out, strict=False):
            note["place"], note["value"] = str(left_out.place), left_out.value

    def _complete_messages(self, receipt: Document, keys: Sequence[str]) -> None:
        messages = receipt["messages"]
        assert isinstance(messages, list)  # noqa: S101 - as render makes it
        secrets = [key for key in keys if len(key) >= _SECRET_CHARS]
        if secrets:
            hide = Masker(secrets, dict.fromkeys(secrets, KEY)).text
            messages = [_each_text(message, hide) for message in messages]
        base_url = self._reader.base_url
        curl, shown = [], []
        for message in messages:
            assert isinstance(message, dict)  # noqa: S101 - as above
            if message.get("occurred_at") == self._frozen.request.received_at_ms:
                # The time of arrival, which a call has by itself each time.
                message = {n: v for n, v in message.items() if n != "occurred_at"}
            curl.append(native_curl(message, base_url, self._variables))
            untitled = message["title"] == CHANNEL_NAME
            shown.append(message | {"title": None} if untitled else message)
        receipt["curl"], receipt["messages"] = curl, shown


def suspected_keys(request: LegacyRequest) -> list[str]:
    """What may be the key of a call that was refused before anybody looked for it."""
    segments = [segment for segment in request.path.split("/") if segment]
    if len(segments) > 1 and segments[0] == "send":
        segments = segments[1:]
    keys = [segment.removesuffix(".send") for segment in segments[:1]]
    keys += _KEY_MEMBER.findall(_text(request.body))
    return [key for key in keys if key and key not in _ROUTES]


def _file_field(name: str) -> str:
    return "(standard input)" if name == "-" else f"@{name}"


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _each_text(value: object, change: Callable[[str], str]) -> object:
    """The same document with every text in it changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {
            change(str(name)): _each_text(member, change)
            for name, member in value.items()
        }
    if isinstance(value, list | tuple):
        return [_each_text(item, change) for item in value]
    return value


def _printable(document: Document) -> Document:
    """A document in which bytes that are no UTF-8 are U+FFFD."""
    return {name: _each_text(value, _as_utf8) for name, value in document.items()}


def _as_utf8(text: str) -> str:
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _without_passing(value: object) -> object:
    """A reply without the ids and times that each call gets anew."""
    if isinstance(value, Mapping):
        return {
            name: ELLIPSIS
            if name in _PASSING and isinstance(member, str | int)
            else _without_passing(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_without_passing(item) for item in value]
    return value
