"""A JSON body as bark-server reads it: unpacked, strict, an object."""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import NoReturn

from adapters.bark.costly import Unread
from adapters.bark.packing import BadPacking, TooMuch, unpacked
from adapters.bark.reply import failure, too_large
from adapters.shared.parsing import decimal_text, decode_utf8
from pushgo_compat.legacy import SPARING_BYTES, LegacyRefusal, LegacyRequest

BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""Fiber's default; what a packed body may unpack to as well."""
_MAX_DIGITS = 308
"""Numbers beyond a double are a syntax error in Go."""
_MAX_VALUES = 50_000
"""In one document; bark-server has no such limit, and no client comes near it."""
_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[,\[{]', re.DOTALL)
"""A text, or what begins a value."""
_BEYOND_DOUBLE = "number out of range"


class NotJson(ValueError):
    """The body is not the JSON that Go would accept."""


def _refuse_constant(name: str) -> NoReturn:
    raise NotJson(f"invalid character '{name[0]}' looking for beginning of value")


def _double(text: str) -> float:
    value = float(text)
    if value in {float("inf"), float("-inf")}:
        raise NotJson(_BEYOND_DOUBLE)
    return value


def _integer(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise NotJson(_BEYOND_DOUBLE)
    return int(text)


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_double, parse_int=_integer
)


def read_object(request: LegacyRequest, prefix: str) -> dict[str, object] | None:
    """The body's object, None for a bare null; ``prefix`` begins a refusal's message.

    Raises LegacyRefusal: 400 for what is no JSON object, 413 for a packed body that
    grows beyond the limit.
    """
    body = request.body
    try:
        most = SPARING_BYTES if request.sparing else BODY_LIMIT_BYTES
        if coding := request.headers.get("Content-Encoding"):
            body = unpacked(body, coding, most)
        if len(body) > most:
            raise TooMuch
        return _decode(body)
    except TooMuch:
        if request.sparing:
            raise Unread from None
        raise LegacyRefusal(too_large(request)) from None
    except RecursionError:
        message = f"{prefix}: exceeded max depth"
        raise LegacyRefusal(failure(request, 400, message)) from None
    except (BadPacking, NotJson) as error:
        message = f"{prefix}: {error}"
        raise LegacyRefusal(failure(request, 400, message)) from error


def _decode(body: bytes) -> dict[str, object] | None:
    if not body:
        raise NotJson("unexpected end of JSON input")
    _check_values(body)
    try:
        document = _DECODER.decode(decode_utf8(body))
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at offset {error.pos}") from error
    if document is None or isinstance(document, dict):
        return document
    raise NotJson("cannot unmarshal a value that is not an object")


def _check_values(body: bytes) -> None:
    """Raise TooMuch for more values than any push has; each costs, not their size.

    Counted exactly only where a look at the bytes does not tell.
    """
    if sum(map(body.count, (b",", b"[", b"{"))) <= _MAX_VALUES:
        return
    marks = (mark for mark in _MARK.finditer(body) if mark[0][:1] != b'"')
    if next(islice(marks, _MAX_VALUES, None), None) is not None:
        raise TooMuch


def value_text(value: object) -> str:
    """A JSON value as text; what is no string, number or boolean as compact JSON.

    Empty for what nests too deeply to be written again.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return decimal_text(value)
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    except RecursionError:
        return ""
