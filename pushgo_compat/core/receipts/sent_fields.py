"""The fields of a stored request: where each stood, and what it said.

A receipt stores the request, not the values, so they are found again in it. It is
masked already, and of a long body only the beginning is there: a field beyond that has
no value.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from email.message import Message
from itertools import islice
from typing import NamedTuple
from urllib.parse import unquote, unquote_plus

from pushgo_compat.legacy import Place, Reading

MAX_VALUE_CHARS = 300
"""Characters of a value that a note shows."""
BODY_FIELD = "body"
"""The name of a body that is one field."""
PATH_FIELD = "path"
"""The name of what ntfy takes from the path: its last segment."""

_DECODER = json.JSONDecoder(strict=False)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_SEPARATORS = re.compile(r"[\s,]*")
_COLON = re.compile(r"\s*:\s*")
_PART_NAME = re.compile(r'(?i)[;\s]name="?([^";\r\n]*)"?')
_MAX_FIELDS = 2_000
_REPEATING = frozenset({Place.QUERY, Place.FORM})
_MAX_DEPTH = 5
"""Objects within objects that are looked into: no dialect reads a deeper one."""


class StoredRequest(NamedTuple):
    """A masked request, as a receipt keeps it."""

    route: str
    """The method and the pattern of the path."""
    target: str
    headers: Mapping[str, str]
    body: str

    @property
    def content_type(self) -> str:
        """The Content-Type; of several lines the last."""
        return dict(_lower(self.headers)).get("content-type", "")


class SentField(NamedTuple):
    """One field of a request."""

    name: str
    place: Place
    value: str


class SentFields:
    """The fields of one request by name, the one that counts most first."""

    def __init__(self, request: StoredRequest, reading: Reading) -> None:
        self._by_name: defaultdict[str, list[SentField]] = defaultdict(list)
        self._by_lower: defaultdict[str, list[SentField]] = defaultdict(list)
        count = 0
        for place in reading.places:
            sent: Iterable[tuple[str, str]] = _READERS[place](request, reading)
            if reading.last_counts and place in _REPEATING:
                sent = reversed(list(islice(sent, _MAX_FIELDS)))
            for name, value in sent:
                found = SentField(name, place, _shown(value))
                self._by_name[name].append(found)
                self._by_lower[name.lower()].append(found)
                count += 1
                if count >= _MAX_FIELDS:
                    return

    def named(self, name: str) -> Sequence[SentField]:
        """The fields of this name; in another case where none has this spelling."""
        return self._by_name.get(name) or self._by_lower.get(name.lower()) or ()


def _shown(value: str) -> str:
    """The beginning of a value. Half a surrogate pair, as JSON may have, is U+FFFD."""
    value = value[:MAX_VALUE_CHARS]
    if value.isascii():
        return value
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _lower(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((name.lower(), value) for name, value in headers.items())


# ------------------------------------------------------------------------- the head


def _path_fields(request: StoredRequest, _: Reading) -> Iterator[tuple[str, str]]:
    pattern = request.route.partition(" ")[2].strip("/").split("/")
    path = request.target.partition("?")[0]
    segments = path.rstrip("/").split("/")[1:]
    if len(segments) == len(pattern):
        for part, segment in zip(pattern, segments, strict=True):
            if named := _PLACEHOLDER.fullmatch(part):
                yield named[1], unquote_plus(segment)
    for part, segment in zip(pattern[1:], segments[1:], strict=False):
        if _PLACEHOLDER.fullmatch(part):
            yield PATH_FIELD, unquote(segment)


def _header_fields(request: StoredRequest, _: Reading) -> Iterator[tuple[str, str]]:
    yield from request.headers.items()


def _query_fields(request: StoredRequest, _: Reading) -> Iterator[tuple[str, str]]:
    return _pairs(request.target.partition("?")[2])


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for pair in filter(None, text.split("&")):
        name, _, value = pair.partition("=")
        yield unquote_plus(name), unquote_plus(value)


# ------------------------------------------------------------------------- the body


def _body_field(request: StoredRequest, _: Reading) -> Iterator[tuple[str, str]]:
    if request.body:
        yield BODY_FIELD, request.body


def _form_fields(request: StoredRequest, _: Reading) -> Iterator[tuple[str, str]]:
    kind = Message()
    kind["Content-Type"] = request.content_type
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not boundary:
        return _pairs(request.body)
    return _parts(request.body, str(boundary))


def _parts(body: str, boundary: str) -> Iterator[tuple[str, str]]:
    for part in body.split(f"--{boundary}")[1:]:
        head, blank, content = part.replace("\r\n", "\n").partition("\n\n")
        if blank and (named := _PART_NAME.search(head)):
            yield named[1], content.removesuffix("\n")


def _json_fields(request: StoredRequest, reading: Reading) -> Iterator[tuple[str, str]]:
    """The members, then those of the objects in it, by their dotted paths as well."""
    waiting: deque[tuple[tuple[str, ...], object]] = deque()
    members = dict(_members(request.body))
    for name in reading.root:
        inner_object = members.get(name)
        members = inner_object if isinstance(inner_object, dict) else {}
    for name, value in members.items():
        yield name, _as_text(value)
        waiting.append(((name,), value))
    while waiting:
        path, value = waiting.popleft()
        if isinstance(value, dict):
            for name, member in value.items():
                inner = (*path, name)
                text = _as_text(member)
                for start in range(len(inner)):
                    yield ".".join(inner[start:]), text
                if len(inner) < _MAX_DEPTH:
                    waiting.append((inner, member))


def _members(text: str) -> Iterator[tuple[str, object]]:
    """The members of an object that may break off; half a value is text."""
    position = text.find("{") + 1
    if not position:
        return
    while True:
        found = _SEPARATORS.match(text, position)
        position = found.end() if found else position
        try:
            name, position = _DECODER.raw_decode(text, position)
            colon = _COLON.match(text, position)
            if colon is None or not isinstance(name, str):
                return
            position = colon.end()
        except (ValueError, RecursionError):
            return
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            if rest := text[position:]:
                yield name, rest.removeprefix('"')
            return
        yield name, value


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


_READERS: Mapping[
    Place, Callable[[StoredRequest, Reading], Iterator[tuple[str, str]]]
] = {
    Place.PATH: _path_fields,
    Place.HEADER: _header_fields,
    Place.QUERY: _query_fields,
    Place.FORM: _form_fields,
    Place.JSON: _json_fields,
    Place.BODY: _body_field,
}
