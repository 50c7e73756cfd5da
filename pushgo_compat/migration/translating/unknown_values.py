"""Variables in a request: which values are text, and which nobody can know.

A variable is a marker of letters and digits (``migration.words``). As a text it is
translated as it stands; in a typed field it is left out.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import quote_plus, unquote_plus

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.legacy import Dialect, LegacyRequest, Place
from pushgo_compat.migration.words import Variables
from pushgo_compat.traits import ValueKind

_JSON_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_DISPOSITION = re.compile(rb'(?i)\bname="([^"\r\n]*)"')
_BOUNDARY = re.compile(r'(?i)boundary="?([^";,\s]+)')
_Wanted = Callable[[str, str], "str | None"]
"""Gets name and value; gives the value to be sent, None to leave the field out."""


class LeftOut(NamedTuple):
    """A field whose value nobody knows."""

    name: str
    """As the sender wrote it."""
    place: Place
    value: str


@dataclass(slots=True)
class Reduced:
    """A request without the values that nobody can know."""

    request: LegacyRequest
    left_out: list[LeftOut] = field(default_factory=list)


def reduce(request: LegacyRequest, dialect: Dialect, variables: Variables) -> Reduced:
    """Leave typed variables out; a link that is a variable becomes an http one."""
    kinds, stand_ins = dialect.traits.value_kinds, dialect.traits.stand_ins
    reduced = Reduced(request)

    def wanted(place: Place) -> _Wanted:
        def decide(name: str, value: str) -> str | None:
            kind = kinds.get(name.lower())
            if (
                (kind is ValueKind.TYPED and variables.are_in(value))
                or (kind is ValueKind.LIST and variables.is_whole(value.strip()))
                or variables.is_whole(name)  # ``-H "$HEADER"``
            ):
                reduced.left_out.append(LeftOut(name, place, value))
                return None
            if name in stand_ins and variables.are_in(value):
                return stand_ins[name]
            if kind is ValueKind.LINK:
                return variables.as_link(value)
            return value

        return decide

    _apply(reduced, dialect, variables, wanted)
    return reduced


def without_first(reduced: Reduced, dialect: Dialect, variables: Variables) -> bool:
    """Leave out one more field that holds a variable; False when there is none."""
    count = len(reduced.left_out)

    def wanted(place: Place) -> _Wanted:
        def decide(name: str, value: str) -> str | None:
            if len(reduced.left_out) > count or not variables.are_in(value):
                return value
            reduced.left_out.append(LeftOut(name, place, value))
            return None

        return decide

    _apply(reduced, dialect, variables, wanted)
    return len(reduced.left_out) > count


def places_of(request: LegacyRequest, dialect: Dialect) -> tuple[Place, ...]:
    """Where a dialect looks for fields in a request."""
    path = request.path.rstrip("/") or "/"
    content_type = request.headers.get("Content-Type", "")
    return dialect.reading(f"{request.method} {path}", content_type).places


def _apply(
    reduced: Reduced,
    dialect: Dialect,
    variables: Variables,
    wanted: Callable[[Place], _Wanted],
) -> None:
    request = reduced.request
    content_type = request.headers.get("Content-Type", "")
    places = places_of(request, dialect)
    if Place.HEADER in places:
        request = _in_headers(request, wanted(Place.HEADER))
    if Place.QUERY in places:
        query = _in_pairs(request.query, variables, wanted(Place.QUERY))
        request = replace(request, query=query)
    if Place.JSON in places:
        body = _in_json(request.body, variables, wanted(Place.JSON))
        request = replace(request, body=body)
    elif Place.FORM in places:
        decide = wanted(Place.FORM)
        body = _in_form(request.body, content_type, variables, decide)
        request = replace(request, body=body)
    reduced.request = request


# ----------------------------------------------------------------------- head and forms


def _in_headers(request: LegacyRequest, wanted: _Wanted) -> LegacyRequest:
    headers: CIMultiDict[str] = CIMultiDict()
    for name, value in request.headers.items():
        if (kept := wanted(name, value)) is not None:
            headers.add(name, kept)
    return replace(request, headers=CIMultiDictProxy(headers))


def _in_pairs(text: str, variables: Variables, wanted: _Wanted) -> str:
    """A query or a form; a pair that stays as it is keeps its spelling."""
    return "&".join(_pairs(text, variables, wanted))


def _pairs(text: str, variables: Variables, wanted: _Wanted) -> Iterator[str]:
    for pair in text.split("&"):
        name, equals, written = pair.partition("=")
        value = unquote_plus(written)
        field_name = unquote_plus(name)
        kept: str | None = value
        if equals or variables.is_whole(field_name):
            kept = wanted(field_name, value)
        if kept == value:
            yield pair
        elif kept is not None:
            yield f"{name}={quote_plus(kept)}"


def _in_form(
    body: bytes, content_type: str, variables: Variables, wanted: _Wanted
) -> bytes:
    if "multipart" not in content_type.lower():
        text = body.decode("utf-8", "surrogateescape")
        return _in_pairs(text, variables, wanted).encode("utf-8", "surrogateescape")
    found = _BOUNDARY.search(content_type)
    if found is None:
        return body
    line = b"--" + found[1].encode("utf-8", "replace")
    kept = []
    for number, part in enumerate(body.split(line)):
        head, blank, content = part.partition(b"\r\n\r\n")
        name = _DISPOSITION.search(head)
        if number and blank and name:
            text = content.removesuffix(b"\r\n").decode("utf-8", "surrogateescape")
            value = wanted(name[1].decode("utf-8", "replace"), text)
            if value is None:
                continue
            if value != text:
                encoded = value.encode("utf-8", "surrogateescape")
                part = head + blank + encoded + b"\r\n"
        kept.append(part)
    return line.join(kept)


# --------------------------------------------------------------------------------- JSON


def _in_json(body: bytes, variables: Variables, wanted: _Wanted) -> bytes:
    text = body.decode("utf-8", "surrogateescape")
    if not variables.are_in(text):
        return body
    quoted = quote_bare(text, variables)
    try:
        document = json.loads(quoted)
    except (ValueError, RecursionError):
        return body
    if not isinstance(document, dict):
        return quoted.encode("utf-8", "surrogateescape")
    return json.dumps(_members(document, wanted), ensure_ascii=False).encode(
        "utf-8", "surrogatepass"
    )


def _members(document: Mapping[str, object], wanted: _Wanted) -> dict[str, object]:
    kept: dict[str, object] = {}
    for name, value in document.items():
        text = value if isinstance(value, str) else json.dumps(value)
        sent = wanted(name, text)
        if sent is not None:
            kept[name] = value if sent == text else sent
    return kept


def quote_bare(text: str, variables: Variables) -> str:
    """JSON whose variables outside strings (``{"ttl": $TTL}``) are strings."""
    parts: list[str] = []
    end = 0
    for string in _JSON_STRING.finditer(text):
        parts += _quoted(text[end : string.start()], variables)
        parts.append(string[0])
        end = string.end()
    parts += _quoted(text[end:], variables)
    return "".join(parts)


def _quoted(text: str, variables: Variables) -> Iterator[str]:
    end = 0
    for found in variables.markers(text):
        yield text[end : found.start()]
        yield f'"{found[0]}"'
        end = found.end()
    yield text[end:]
