"""HTTPie and xh: a line of them → the request that they send.

Source: https://httpie.io/docs/cli (3.2) and ``xh --help`` (0.24).
"""

from __future__ import annotations

import json
import mimetypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import quote_plus

from pushgo_compat.migration.calls import BodyPart, HttpRequest, Unreadable
from pushgo_compat.migration.clients.common import (
    FORM,
    Headers,
    Result,
    as_bytes,
    basic,
    contents,
    merged,
)
from pushgo_compat.migration.clients.curl.forms import (
    CONTENT_TYPE,
    END,
    file_part,
    literal_part,
)
from pushgo_compat.migration.clients.options import OptionTable
from pushgo_compat.migration.shell.commands import Argument, Input
from pushgo_compat.migration.urls import Known, parse_url
from pushgo_compat.migration.words import Variables, Word

_WITH_VALUE = """
auth:a auth-type:A bearer boundary cert cert-key cert-key-pass ciphers default-scheme
format-options generate history-print:P http-version interface max-headers max-redirects
output:o pretty print:p proxy raw resolve response-charset response-mime session
session-read-only ssl style:s timeout unix-socket verify
"""
_WITHOUT_VALUE = """
all body:b check-status chunked compress:x continue:c curl curl-long debug download:d
follow:F form:f headers:h help https ignore-netrc ignore-stdin:I ipv4:4 ipv6:6 json:j
meta:m multipart native-tls offline path-as-is quiet:q sorted stream:S traceback
unsorted verbose:v version
"""
OPTIONS = OptionTable("httpie", _WITH_VALUE, _WITHOUT_VALUE, equals=True)
_SEPARATORS = (":=@", ":=", "==@", "==", "=@", "=", ":@", "@", ":")
_HOST = re.compile(r"[\w.-]+|\[[0-9a-f:.]+\]")
_METHOD = re.compile(r"[A-Za-z]+")
_BRACKET = re.compile(r"\[([^\]]*)\]")
_MAX_NESTED = 100
_JSON_ACCEPT = "application/json, */*;q=0.5"


class _Item(NamedTuple):
    separator: str
    name: str
    value: str


@dataclass(slots=True)
class _Line:
    options: dict[str, Word] = field(default_factory=dict)
    words: list[Word] = field(default_factory=list)


def read_httpie(
    words: Sequence[Argument], given: Input, known: Known, *, scheme: str = "http"
) -> list[Result]:
    """The request of the words behind ``http`` or ``xh``. Raises Unreadable."""
    line = _Line()
    for name, word, _ in OPTIONS.read(words):
        if name is None:
            line.words.append(word)
        else:
            line.options[name] = word
    if not line.words:
        return []
    method, target, items = _positional(line.words)
    if "https" in line.options:
        scheme = "https"
    url, userinfo = parse_url(_whole(known.resolved(target), scheme))
    if not _HOST.fullmatch(url.host):
        return []  # ``http {`` of a server's configuration
    pairs = [("==", i.name, i.value) for i in items if i.separator == "=="]
    query = "&".join(f"{quote_plus(n)}={quote_plus(v)}" for _, n, v in pairs)
    if query:
        url = url._replace(query=f"{url.query}&{query}" if url.query else query)
    body, content_type = _body(line.options, items, given, known.variables)
    own: Headers = [
        ("User-Agent", "HTTPie"),
        ("Accept", "*/*" if content_type != "application/json" else _JSON_ACCEPT),
        ("Content-Type", content_type),
        ("Authorization", _login(line.options, userinfo)),
    ]
    return [
        HttpRequest(
            method=method or ("POST" if body else "GET"),
            url=url,
            headers=merged(own, list(_headers(items))),
            body=body,
        )
    ]


def _positional(words: Sequence[Word]) -> tuple[str, Word, list[_Item]]:
    """``[METHOD] URL [ITEM …]``."""
    rest = list(words)
    method = ""
    if len(rest) > 1 and _METHOD.fullmatch(rest[0].text):
        second = rest[1].text
        # `http example.com a=b`: the second word is an item, the first the URL.
        if rest[0].text.isupper() or not _is_item(second):
            method = rest.pop(0).text.upper()
    if not rest:
        raise Unreadable("httpie is given no URL")
    return method, rest[0], [_item(word.text) for word in rest[1:]]


def _is_item(text: str) -> bool:
    found = re.search(r":=|==|=|@|:", text)
    return found is not None and "://" not in text and "/" not in text[: found.start()]


def _whole(word: Word, scheme: str) -> Word:
    """``:/path`` and ``:8080/path`` mean this machine; a scheme may be left out."""
    text = word.text
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        return word
    if text.startswith("://"):
        return Word.joined([Word.made_up(scheme), word])
    if re.match(r":(?!:)", text):
        rest = word if re.match(r":\d", text) else word.part(1)
        return Word.joined([Word.made_up(f"{scheme}://localhost"), rest])
    return Word.joined([Word.made_up(f"{scheme}://"), word])


def _item(text: str) -> _Item:
    """``name=value``: the first separator counts, a backslash quotes one."""
    name = ""
    at = 0
    while at < len(text):
        if text[at] == "\\" and at + 1 < len(text):
            name += text[at + 1]
            at += 2
            continue
        for separator in _SEPARATORS:
            if text.startswith(separator, at):
                return _Item(separator, name, text[at + len(separator) :])
        name += text[at]
        at += 1
    if text.endswith(";"):
        return _Item(";", text[:-1], "")
    raise Unreadable("an item has no separator (name=value, Header:value, …)")


def _headers(items: Sequence[_Item]) -> Iterator[tuple[str, str | None]]:
    for separator, name, value in items:
        if separator == ":":
            yield name, value.strip() or None
        elif separator == ";":
            yield name, ""
        elif separator == ":@":
            raise Unreadable(f"headers from a file are not read: {value}")


def _login(options: dict[str, Word], userinfo: str) -> str:
    if (token := options.get("bearer")) is not None:
        return f"Bearer {token.text}"
    login = options.get("auth")
    kind = options.get("auth-type")
    if kind is not None and kind.text == "bearer" and login is not None:
        return f"Bearer {login.text}"
    text = userinfo if login is None else login.text
    if not text or (kind is not None and kind.text == "digest"):
        return ""
    return basic(text if ":" in text else f"{text}:")


# ---------------------------------------------------------------------------- the body


def _body(
    options: dict[str, Word],
    items: Sequence[_Item],
    given: Input,
    variables: Variables,
) -> tuple[list[BodyPart], str]:
    """The body, and its type ("" without one)."""
    fields = [i for i in items if i.separator in ("=", ":=", "=@", ":=@", "@")]
    if (raw := options.get("raw")) is not None:
        return [as_bytes(raw.text)], "application/json"
    if not fields:
        if given is not None and "ignore-stdin" not in options:
            return [contents("-", given, bytes)], "application/json"
        return [], ""
    is_form = "form" in options or "multipart" in options
    if "multipart" in options or (is_form and any(i.separator == "@" for i in fields)):
        return _multipart(fields, given), CONTENT_TYPE
    if is_form:
        pairs = [f"{quote_plus(i.name)}={quote_plus(i.value)}" for i in fields]
        return [as_bytes("&".join(pairs))], f"{FORM}; charset=utf-8"
    return _json_body(fields, given, variables)


def _json_body(
    fields: Sequence[_Item], given: Input, variables: Variables
) -> tuple[list[BodyPart], str]:
    """One object of all fields; ``@file`` alone is the body itself."""
    if len(fields) == 1 and fields[0].separator == "@" and not fields[0].name:
        kind, _ = mimetypes.guess_type(fields[0].value)
        return [contents(fields[0].value, given, bytes)], kind or "application/json"
    document: dict[str, object] = {}
    for item in fields:
        _set(document, item.name, _json_value(item, variables))
    return [as_bytes(json.dumps(document))], "application/json"


def _multipart(fields: Sequence[_Item], given: Input) -> list[BodyPart]:
    parts: list[BodyPart] = []
    for separator, name, value in fields:
        if separator == "@":
            parts += file_part(name, value, given)
        else:
            parts += literal_part(name, value)
    return [*parts, END]


def _json_value(item: _Item, variables: Variables) -> object:
    if item.separator in ("=@", ":=@", "@"):
        return f"<contents of {item.value}>"
    if item.separator == "=":
        return item.value
    try:
        return json.loads(item.value)
    except (ValueError, RecursionError):
        if variables.are_in(item.value):
            return item.value
        raise Unreadable(f"the value of {item.name} is no JSON") from None


def _set(document: dict[str, object], name: str, value: object) -> None:
    """Nested names: ``a[b]=c`` and ``tags[]=x``."""
    first, _, _ = name.partition("[")
    keys = _BRACKET.findall(name[len(first) :]) if first else []
    if not keys:
        document[name] = value
        return
    if len(keys) > _MAX_NESTED:
        raise Unreadable(f"more than {_MAX_NESTED} names within each other")
    place: dict[str, object] | list[object] = document
    path = [first, *keys]
    for key, following in zip(path, [*path[1:], None], strict=True):
        made: object = value
        if following is not None:
            made = [] if following == "" or following.isdigit() else {}
        if isinstance(place, list):
            place.append(made)
            inner = made
        else:
            inner = place.setdefault(key, made) if following is not None else made
            place[key] = inner
        if not isinstance(inner, dict | list):
            return
        place = inner
