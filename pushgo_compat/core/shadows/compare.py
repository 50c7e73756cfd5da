"""Compares two answers to one call.

Some fields differ by nature: ids, times, ServerChan's numbers and the hosts of links
are compared by their form. ``client_visible`` is what the client that called can tell.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson

from pushgo_compat.core.shadows.answers import MAX_ANSWER_BYTES, Answer
from pushgo_compat.core.shadows.clients import UNKNOWN_FIELDS, ClientRule
from pushgo_compat.core.stores.old_calls.shadows import Difference

STATUS, SHAPE, BODY = "status", "shape", "body"
BY_FORM = frozenset({"id", "time", "expires", "timestamp", "pushid", "readkey"})
"""Fields whose values differ by nature, wherever they stand."""
_TIMES = frozenset({"time", "expires", "timestamp"})
_RUN = re.compile("[A-Za-z0-9]+")
_FILE = re.compile(r"/file/[A-Za-z0-9]+")
_NO_JSON = object()
_PACKED = object()
"""In a way that we cannot undo: brotli, zstd."""
_PACKINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": 15}


class Terms(NamedTuple):
    """How the answers to one call are compared."""

    old_root: str
    our_root: str
    """Where each server lives: links to it are compared by what follows."""
    passed_over: Collection[str] = ()
    """Fields at the top that our success has and the old server's may lack."""
    rule: ClientRule | None = None
    """The client; None: unknown."""


def compare(old: Answer, ours: Answer, terms: Terms) -> list[Difference]:
    """Every difference, once."""
    old_body, our_body = _document(old), _document(ours)
    found = dict.fromkeys(_kinds(old, ours, old_body, our_body, terms))
    seen = _visible(terms.rule, old, ours, old_body, our_body)
    return [Difference(kind, _is_visible(kind, seen, terms.rule)) for kind in found]


def is_visible(kind: str, old: Answer, ours: Answer, rule: ClientRule | None) -> bool:
    """Whether a client can tell a difference of this kind between two answers."""
    seen = _visible(rule, old, ours, _document(old), _document(ours))
    return _is_visible(kind, seen, rule)


def unpacked(answer: Answer) -> bytes:
    """The body, its packing undone where we know it."""
    coding = _coding(answer)
    if coding not in _PACKINGS:
        return answer.body
    try:
        packed = zlib.decompressobj(_PACKINGS[coding])
        return packed.decompress(answer.body, MAX_ANSWER_BYTES)
    except zlib.error:
        return answer.body


def _coding(answer: Answer) -> str:
    return answer.headers.get("Content-Encoding", "").strip().lower()


def _document(answer: Answer) -> object:
    if _coding(answer) not in _PACKINGS.keys() | {"", "identity"}:
        return _PACKED
    try:
        return orjson.loads(unpacked(answer))
    except orjson.JSONDecodeError:
        return _NO_JSON


def _kinds(
    old: Answer, ours: Answer, old_body: object, our_body: object, terms: Terms
) -> Iterator[str]:
    if old.status != ours.status:
        yield STATUS
    if old_body is _PACKED:
        return
    if old_body is _NO_JSON and our_body is _NO_JSON:
        if unpacked(old).strip() != unpacked(ours).strip():
            yield BODY
    elif old_body is _NO_JSON or our_body is _NO_JSON:
        yield SHAPE
    else:
        yield from _walk("", old_body, our_body, terms)


def _walk(path: str, old: object, ours: object, terms: Terms) -> Iterator[str]:
    if _kind_of(old) != _kind_of(ours):
        yield SHAPE
    elif isinstance(old, dict) and isinstance(ours, dict):
        for name in {**old, **ours}:
            if name in old and name in ours:
                below = f"{path}.{name}" if path else name
                yield from _walk(below, old[name], ours[name], terms)
            elif path or name not in terms.passed_over:
                yield SHAPE
    elif isinstance(old, list) and isinstance(ours, list):
        if len(old) != len(ours):
            yield SHAPE
        for one, other in zip(old, ours, strict=False):
            yield from _walk(path, one, other, terms)
    elif not _agree(path.rpartition(".")[2], old, ours, terms):
        yield path


def _kind_of(value: object) -> object:
    """JSON's own types: a number is a number."""
    match value:
        case bool():
            return bool
        case int() | float():
            return float
        case _:
            return type(value)


def _agree(name: str, old: object, ours: object, terms: Terms) -> bool:
    if old == ours:
        return True
    if name in BY_FORM:
        return _form(name, old) == _form(name, ours)
    if isinstance(old, str) and isinstance(ours, str):
        return _placeless(old, terms.old_root) == _placeless(ours, terms.our_root)
    return False


def _form(name: str, value: object) -> object:
    """The form of a value: a time's digits, an id's length, the signs of a text."""
    if isinstance(value, str):
        return len(value) if name == "id" else _RUN.sub("x", value)
    return len(str(value)) if name in _TIMES else ""


def _placeless(text: str, root: str) -> str:
    """A link without the server that it leads to, and a file without its name."""
    if not text.startswith(("http://", "https://")):
        return text
    if text.startswith(root):
        return _FILE.sub("/file/x", text[len(root) :])
    parts = urlsplit(text)
    return _FILE.sub("/file/x", text.partition(parts.netloc)[2])


class _Visible(NamedTuple):
    """What the client can tell of the two answers as wholes."""

    status: bool
    shape: bool


def _visible(
    rule: ClientRule | None, old: Answer, ours: Answer, old_body: object, mine: object
) -> _Visible:
    if rule is None:
        return _Visible(old.status != ours.status, shape=True)
    return _Visible(
        rule.is_success(old.status) != rule.is_success(ours.status),
        _fits(rule, old_body) != _fits(rule, mine)
        or _read(rule, old_body) != _read(rule, mine),
    )


def _fits(rule: ClientRule, body: object) -> bool:
    if rule.body == "object":
        return isinstance(body, dict)
    return rule.body == "any" or body is not _NO_JSON


def _read(rule: ClientRule, body: object) -> Mapping[str, object]:
    """The fields that the client reads."""
    if not isinstance(body, dict):
        return {}
    return {name: body[name] for name in sorted(rule.fields) if name in body}


def _is_visible(kind: str, seen: _Visible, rule: ClientRule | None) -> bool:
    if kind == STATUS:
        return seen.status
    if kind == SHAPE:
        return seen.shape
    fields = UNKNOWN_FIELDS if rule is None else rule.fields
    return kind.rpartition(".")[2] in fields if rule is None else kind in fields
