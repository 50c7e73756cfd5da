"""A JSON body as bark-server reads it: unpacked, strict, an object.

``docs/dialects/bark.md`` 3.3 and 3.5 have the rules.
"""

from __future__ import annotations

import json
import re
from itertools import islice

from adapters.bark.draft import Layer, Sent
from adapters.bark.notes import UNREAD, shown_name
from adapters.bark.parameters import TABLE, FromJson
from adapters.bark.reading.costly import Unread
from adapters.bark.reading.packing import BadPacking, TooMuch, unpacked
from adapters.bark.refusals import BAD_JSON, TOO_LARGE
from adapters.bark.reply import failure, too_large
from adapters.shared.json_text import NotJson, refuse_constant, value_text
from adapters.shared.parsing import MAX_PAIRS
from pushgo_compat.legacy import SPARING_BYTES, LegacyRefusal, LegacyRequest, Note

BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""Fiber's default (docs/dialects/bark.md 5); also the limit of an unpacked body."""
_MAX_DIGITS = 308
"""Go refuses a number that a double cannot hold."""
_BEYOND_DOUBLE = "number out of range"
_MAX_VALUES = 50_000
"""Most values of one document. bark-server has no such limit, and no client comes near
it; each value costs time, whatever its size."""
_MARK = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\Z)|[,\[{]', re.DOTALL)
"""A text, or what begins a value."""


def read_object(request: LegacyRequest, prefix: str) -> dict[str, object] | None:
    """The body's object, None for a bare null; ``prefix`` begins a refusal's message.

    Raises LegacyRefusal: 400 for what is no JSON object, 413 for a packed body that
    grows beyond the limit. Raises Unread for more than 64 KB when the request is
    ``sparing``.
    """
    body = request.body
    try:
        most = SPARING_BYTES if request.sparing else BODY_LIMIT_BYTES
        if coding := request.headers.get("Content-Encoding"):
            body = unpacked(body, coding, most)
        if len(body) > most:
            raise TooMuch
        return decode_object(body)
    except TooMuch:
        if request.sparing:
            raise Unread from None
        raise LegacyRefusal(too_large(request), TOO_LARGE) from None
    except RecursionError:
        message = f"{prefix}: exceeded max depth"
        raise LegacyRefusal(failure(request, 400, message), BAD_JSON) from None
    except (BadPacking, NotJson) as error:
        message = f"{prefix}: {error}"
        raise LegacyRefusal(failure(request, 400, message), BAD_JSON) from error


def json_layers(document: dict[str, object], notes: list[Note]) -> tuple[Layer, Layer]:
    """The members of the body, and those lifted out of its objects.

    Old clients wrap their parameters (``"ext_params": {"url": …}``).
    """
    body: Layer = {}
    lifted: Layer = {}
    if len(document) >= MAX_PAIRS:
        notes.insert(0, UNREAD)
    for name, value in islice(document.items(), MAX_PAIRS):
        lowered = name.lower()
        if type(value) is str:
            body[lowered] = Sent(name, value)
        elif isinstance(value, dict):
            notes.append(Note(shown_name(name), "lifted"))
            _lift(lifted, value, notes)
        else:
            _add_value(body, name, value, notes)
    return body, lifted


def _lift(lifted: Layer, members: dict[str, object], notes: list[Note]) -> None:
    if len(members) + len(lifted) >= MAX_PAIRS:
        notes.insert(0, UNREAD)
    for name, value in islice(members.items(), MAX_PAIRS - len(lifted)):
        known = TABLE.get(name.lower())
        if known is not None and not known.from_object:
            notes.append(Note(name, "not_lifted"))
        else:
            _add_value(lifted, name, value, notes)


def _add_value(layer: Layer, name: str, value: object, notes: list[Note]) -> None:
    """Put a JSON value into the layer as text, or note that it has none.

    A string for ``device_key`` does not come here: ``json_layers`` has put it there.
    """
    lowered = name.lower()
    known = TABLE.get(lowered)
    takes = known.from_json if known else FromJson.ARRAY_TOO
    if takes is FromJson.APART:
        return
    if takes is FromJson.STRING:
        notes.append(Note(name, "not_text"))
    elif value is None:
        notes.append(Note(shown_name(name), "null"))
    elif isinstance(value, list | dict) and takes is FromJson.PLAIN:
        notes.append(Note(shown_name(name), "not_text"))
    else:
        layer[lowered] = Sent(name, value_text(value))


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
    parse_constant=refuse_constant, parse_float=_double, parse_int=_integer
)


def decode_object(body: bytes) -> dict[str, object] | None:
    """The object of a body that is not packed, None for a bare null.

    Raises NotJson, TooMuch for more than 50,000 values, and RecursionError.
    """
    if not body:
        raise NotJson("unexpected end of JSON input")
    _check_values(body)
    try:
        document = _DECODER.decode(body.decode("utf-8", "replace"))
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at offset {error.pos}") from error
    if document is None or isinstance(document, dict):
        return document
    raise NotJson("cannot unmarshal a value that is not an object")


def _check_values(body: bytes) -> None:
    """Raise TooMuch for more than 50,000 values.

    They are counted exactly only when neither the length nor the number of separators
    tells.
    """
    if len(body) <= _MAX_VALUES:
        return
    if sum(map(body.count, (b",", b"[", b"{"))) <= _MAX_VALUES:
        return
    marks = (mark for mark in _MARK.finditer(body) if mark[0][:1] != b'"')
    if next(islice(marks, _MAX_VALUES, None), None) is not None:
        raise TooMuch
