"""Publishing as JSON at the root: Go's strictness, and fields laid over the headers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ntfy.actions import JsonTypeError, parse_action_objects
from adapters.ntfy.errors import refusal
from adapters.ntfy.params import Sent, unknown
from adapters.shared.parsing import decode_utf8
from pushgo_compat.legacy import Note

MAX_JSON_BYTES = 8192
"""This many bytes and more are refused."""

_MAX_INT64 = 2**63
_JSON_BLANKS = " \t\r\n"
_TEXT_KEYS: Mapping[str, str] = {
    "title": "x-title",
    "click": "x-click",
    "attach": "x-attach",
    "filename": "x-filename",
    "icon": "x-icon",
    "email": "x-email",
    "delay": "x-delay",
    "call": "x-call",
    "cache": "x-cache",
    "firebase": "x-firebase",
    "sequence_id": "x-sequence-id",
}
"""JSON key of a string → the header that it overwrites."""
_ROUTE_KEYS = frozenset({"topic", "message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPublish:
    """A publish at the root, taken apart."""

    topic: str
    message: str
    message_field: str = "message"
    overrides: Mapping[str, Sent]
    """Header name → value, for every field that is set."""
    notes: tuple[Note, ...] = ()


def parse_json_publish(body: bytes) -> JsonPublish:
    """Read the body; refuses with 41303 or 40024."""
    if len(body) >= MAX_JSON_BYTES:
        raise refusal(41303)
    topic = message = ""
    message_field = "message"
    overrides: dict[str, Sent] = {}
    notes = []
    for name, value in _load_object(body).items():
        key = name.lower()
        if key in _ROUTE_KEYS:
            text = "" if value is None else _text(value)
            if key == "topic":
                topic = text
            else:
                message, message_field = text, name
        elif key in _TEXT_KEYS:
            if value is not None and (text := _text(value)):
                overrides[_TEXT_KEYS[key]] = Sent(name, text)
        elif key in _TYPED_KEYS:
            header, read = _TYPED_KEYS[key]
            if value is not None and (text := read(value)):
                overrides[header] = Sent(name, text)
        else:
            notes.append(unknown(name))
    return JsonPublish(
        topic=topic,
        message=message,
        message_field=message_field,
        overrides=overrides,
        notes=tuple(notes),
    )


def _load_object(body: bytes) -> dict[str, object]:
    """The first JSON value; what follows it is ignored, null is an empty object."""
    text = decode_utf8(body).lstrip(_JSON_BLANKS)
    try:
        value, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError) as error:
        raise refusal(40024) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refusal(40024)
    return value


def _refuse_constant(name: str) -> object:
    """NaN and Infinity are Python's, not JSON's."""
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise refusal(40024)
    return value if value.isascii() else _without_surrogates(value)


def _without_surrogates(text: str) -> str:
    r"""Halves of a pair, ``\ud800``, become U+FFFD as in Go."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _integer(value: object) -> str:
    """A whole number; booleans are none in Go, 0 is the same as unset."""
    if type(value) is not int or not -_MAX_INT64 <= value < _MAX_INT64:
        raise refusal(40024)
    return str(value) if value else ""


def _flag(value: object) -> str:
    if not isinstance(value, bool):
        raise refusal(40024)
    return "yes" if value else ""


def _joined(value: object) -> str:
    if not isinstance(value, list):
        raise refusal(40024)
    return ",".join("" if item is None else _text(item) for item in value)


def _actions(value: object) -> str:
    """Written out again: as a header the actions go through the same rules."""
    try:
        actions = parse_action_objects(value)
    except JsonTypeError as error:
        raise refusal(40024) from error
    return (
        _without_surrogates(json.dumps(actions, ensure_ascii=False)) if actions else ""
    )


_TYPED_KEYS = {
    "priority": ("x-priority", _integer),
    "tags": ("x-tags", _joined),
    "markdown": ("x-markdown", _flag),
    "actions": ("x-actions", _actions),
}
"""JSON key of another type → its header and how the value is written there."""
