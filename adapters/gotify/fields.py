"""What a client sent, read as gin's binding reads it (``binding`` of gin 1.12).

JSON counts where the Content-Type says so, and nothing of the query beside it. A form
counts together with the query, the form first; a multipart body alone. With any other
Content-Type the query alone is read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from adapters.gotify.go_json import go_json
from adapters.gotify.refusals import (
    BAD_FORM,
    BAD_JSON,
    BAD_MULTIPART,
    EXTRAS,
    NO_MESSAGE,
    NOT_TEXT,
    PRIORITY,
    TOO_LARGE,
)
from adapters.gotify.reply import refusal
from adapters.shared.json_text import NotJson, refuse_constant
from adapters.shared.parsing import (
    decode_utf8,
    form_decode,
    multipart_boundary,
    parse_multipart,
    split_pairs,
)
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Place

Extras = Mapping[str, object]

TEXTS = ("title", "message")
_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_FORM = "application/x-www-form-urlencoded"
_BODY_PLACES = {
    _JSON: (Place.JSON,),
    _MULTIPART: (Place.FORM,),
    _FORM: (Place.FORM, Place.QUERY),
}
_WHOLE = re.compile(r"-?[0-9]+")
_FORM_NUMBER = re.compile(r"[+-]?[0-9]+")
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2}).{0,2}", re.S)
_MAX_INT = 2**63 - 1
_SIGNED_64 = range(-(2**63), 2**63)


class _Number(float):
    """A JSON number that remembers how it was written."""

    __slots__ = ("text",)
    text: str


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Fields:
    """The members of a message, as sent."""

    title: str = ""
    message: str = ""
    priority: int | None = None
    extras: Extras = field(default_factory=dict)
    extras_json: str = ""
    """The same as Go prints it again; "" for none."""
    others: tuple[str, ...] = ()
    """Names that Gotify does not know, or not in this place."""


def read_fields(request: LegacyRequest) -> Fields:
    """Read a message, or raise LegacyRefusal in the words of Gotify."""
    if request.body_truncated:
        raise refusal(413, "http: request body too large", TOO_LARGE)
    content_type = request.headers.get("Content-Type", "")
    kind = _gin_type(content_type)
    if kind == _JSON:
        fields = _read_json(request.body)
    elif kind == _MULTIPART:
        fields = _from_pairs(_multipart(request.body, content_type))
    else:
        body = decode_utf8(request.body) if kind == _FORM else ""
        fields = _from_pairs([*_form(body), *_form(request.query)])
    if not fields.message:
        raise refusal(400, "Field 'message' is required", NO_MESSAGE)
    return fields


def body_places(content_type: str) -> tuple[Place, ...]:
    """Where fields stand in a request of this Content-Type, what counts most first."""
    return _BODY_PLACES.get(_gin_type(content_type), (Place.QUERY,))


def _gin_type(content_type: str) -> str:
    """The type as it is written, cut at a blank or a semicolon: so gin compares it."""
    return re.split(r"[ ;]", content_type, maxsplit=1)[0]


# --------------------------------------------------------------------------- forms


def _form(text: str) -> Iterator[tuple[str, str]]:
    for name, value in split_pairs(text):
        if ";" in name or ";" in value:
            raise refusal(400, "invalid semicolon separator in query", BAD_FORM)
        for part in (name, value):
            if bad := _BAD_ESCAPE.search(part):
                words = f'invalid URL escape "{bad[0]}"'
                raise refusal(400, words, BAD_FORM)
        yield form_decode(name), form_decode(value)


def _multipart(body: bytes, content_type: str) -> list[tuple[str, str]]:
    boundary = multipart_boundary(content_type)
    if boundary is None:
        text = "no multipart boundary param in Content-Type"
        raise refusal(400, text, BAD_MULTIPART)
    try:
        return [(name, decode_utf8(v)) for name, v in parse_multipart(body, boundary)]
    except ValueError:
        raise refusal(400, "multipart: NextPart: EOF", BAD_MULTIPART) from None


def _from_pairs(pairs: Iterator[tuple[str, str]] | list[tuple[str, str]]) -> Fields:
    """The first of each name counts."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values.setdefault(name, value)
    priority = values.get("priority")
    return Fields(
        title=values.get("title", ""),
        message=values.get("message", ""),
        priority=None if priority is None else _form_number(priority),
        others=_strangers(values, (*TEXTS, "priority", "token")),
    )


def _form_number(text: str) -> int:
    """A number as Go's ``ParseInt`` reads it; an empty one is zero."""
    if not text:
        return 0
    if not _FORM_NUMBER.fullmatch(text):
        raise _no_number(text, "invalid syntax")
    number = _int(text)
    if number is None:
        raise _no_number(text, "value out of range")
    return number


def _no_number(text: str, why: str) -> LegacyRefusal:
    words = f"strconv.ParseInt: parsing {_quoted(text)}: {why}"
    return refusal(400, words, PRIORITY, "priority")


def _int(text: str) -> int | None:
    """A whole number of 64 bits, None beyond; long digits are not converted at all."""
    digits = text.lstrip("+-").lstrip("0")
    if len(digits) > len(str(_MAX_INT)):
        return None
    number = int(text)
    return number if number in _SIGNED_64 else None


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


# ---------------------------------------------------------------------------- JSON


def _read_json(body: bytes) -> Fields:
    """The first JSON value of the body; what follows it is not looked at."""
    text = decode_utf8(body).lstrip(" \t\r\n")
    if not text:
        raise refusal(400, "EOF", BAD_JSON)
    try:
        document, _ = _DECODER.raw_decode(text)
    except NotJson as error:
        raise refusal(400, str(error), BAD_JSON) from None
    except json.JSONDecodeError as error:
        raise refusal(400, _syntax(text, error), BAD_JSON) from None
    except RecursionError:
        raise refusal(400, "exceeded max depth", BAD_JSON) from None
    if document is None:
        return Fields()
    if not isinstance(document, dict):
        kind = _kind(document)
        raise refusal(
            400,
            f"json: cannot unmarshal {kind} into Go value of type model.CreateMessage",
            BAD_JSON,
        )
    return _from_document(document)


def _from_document(document: Mapping[str, object]) -> Fields:
    """Go finds a member whatever the case of its name; the last one counts."""
    values = {
        name.lower(): value for name, value in document.items() if value is not None
    }
    extras = values.get("extras", {})
    if not isinstance(extras, dict):
        raise _wrong("extras", extras, "map[string]interface {}")
    return Fields(
        title=_text(values, "title"),
        message=_text(values, "message"),
        priority=_whole(values.get("priority")),
        extras=extras,
        extras_json=_printed(extras),
        others=_strangers(document, (*TEXTS, "priority", "extras")),
    )


def _printed(extras: Extras) -> str:
    try:
        return go_json(extras) if extras else ""
    except RecursionError:
        raise refusal(400, "exceeded max depth", BAD_JSON) from None


def _text(values: Mapping[str, object], name: str) -> str:
    value = values.get(name, "")
    if not isinstance(value, str):
        raise _wrong(name, value, "string")
    return value


def _whole(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, _Number) and _WHOLE.fullmatch(value.text):
        number = _int(value.text)
        if number is not None:
            return number
    raise _wrong("priority", value, "int")


_WRONG = {"priority": PRIORITY, "extras": EXTRAS}
"""By the name of a member; the others are texts."""


def _wrong(name: str, value: object, wanted: str) -> LegacyRefusal:
    """Go's refusal of a member of another type."""
    kind = f"number {value.text}" if _is_odd(value, wanted) else _kind(value)  # type: ignore[attr-defined]  # a _Number
    return refusal(
        400,
        f"json: cannot unmarshal {kind} into Go struct field"
        f" CreateMessage.{name} of type {wanted}",
        _WRONG.get(name, NOT_TEXT),
        name,
    )


def _is_odd(value: object, wanted: str) -> bool:
    """Go quotes a number that is one, and does not fit a whole one."""
    return wanted == "int" and isinstance(value, _Number)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "bool"
        case float():
            return "number"
        case str():
            return "string"
        case dict():
            return "object"
        case _:
            return "array"


def _number(text: str) -> _Number:
    number = _Number(text)
    number.text = text
    return number


_DECODER = json.JSONDecoder(
    parse_float=_number, parse_int=_number, parse_constant=refuse_constant
)


_PLACES = {
    "Expecting property name": "looking for beginning of object key string",
    "Expecting ':'": "after object key",
    "Invalid control": "in string literal",
    "Invalid \\escape": "in string escape code",
}
"""Python's words for a fault, and Go's for the place of it."""
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]')


def _syntax(text: str, error: json.JSONDecodeError) -> str:
    """Go's word for text that ends too early, or for the sign that is none."""
    at = error.pos
    place = "looking for beginning of value"
    if error.msg.startswith("Illegal trailing comma"):  # Python 3.13 points at it
        at += len(text[at + 1 :]) - len(text[at + 1 :].lstrip(" \t\r\n")) + 1
        if text[at : at + 1] == "}":
            place = _PLACES["Expecting property name"]
    elif error.msg.startswith("Expecting ','"):
        inside = _in_object(text[:at])
        place = "after object key:value pair" if inside else "after array element"
    else:
        for words, found in _PLACES.items():
            place = found if error.msg.startswith(words) else place
    if at >= len(text) or error.msg.startswith("Unterminated"):
        return "unexpected EOF"
    return f"invalid character {_sign(text[at])} {place}"


def _in_object(text: str) -> bool:
    """Whether the innermost bracket that is open at the end is an object's."""
    open_brackets = []
    for bracket in _BRACKETS.findall(text):
        if bracket in "[{":
            open_brackets.append(bracket)
        elif bracket in "]}" and open_brackets:
            open_brackets.pop()
    return bool(open_brackets) and open_brackets[-1] == "{"


def _sign(sign: str) -> str:
    return {"'": r"'\''", '"': "'\"'"}.get(sign, f"'{sign}'")


def _strangers(values: Mapping[str, object], known: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in values if name.lower() not in known)
