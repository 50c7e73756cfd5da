"""Publishing as JSON at the root (docs/dialects/ntfy.md 5).

Go's decoder is strict about types. Each field replaces the header of the same meaning.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ntfy.errors import refusal
from adapters.ntfy.parameters import FROM_JSON
from adapters.ntfy.parameters.found import Sent
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.publish.reading import unknown
from adapters.shared.parsing import decode_utf8
from pushgo_compat.legacy import Note

MAX_JSON_BYTES = 8192
"""A body of this many bytes or more is refused (41303)."""

_JSON_BLANKS = " \t\r\n"
_ROUTE_KEYS = frozenset({"topic", "message"})


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonPublish:
    """The parts of a publish at the root."""

    topic: str
    message: str
    message_field: str = "message"
    overrides: Mapping[str, Sent]
    """Header name → value, for every field that is set."""
    notes: tuple[Note, ...] = ()


def parse_json_publish(body: bytes) -> JsonPublish:
    """Read the body. Refuses with 41303 or 40024."""
    if len(body) >= MAX_JSON_BYTES:
        raise refusal(41303)
    topic = message = ""
    message_field = "message"
    overrides: dict[str, Sent] = {}
    notes = []
    for name, value in _load_object(body).items():
        key = name.lower()
        if key in _ROUTE_KEYS:
            text = "" if value is None else read_text(value)
            if key == "topic":
                topic = text
            else:
                message, message_field = text, name
        elif key in FROM_JSON:
            header, read = FROM_JSON[key]
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
    """The first JSON value. Text behind it is ignored; null is an empty object."""
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
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
