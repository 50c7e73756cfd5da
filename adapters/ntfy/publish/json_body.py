"""Publishing as JSON at the root (docs/dialects/ntfy.md 5).

Go's decoder is strict about types. Each field replaces the header of the same meaning.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from adapters.ntfy.errors import refusal
from adapters.ntfy.json_object import load_object
from adapters.ntfy.parameters import FROM_JSON
from adapters.ntfy.parameters.found import Sent
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.publish.reading import unknown
from pushgo_compat.legacy import LegacyRefusal, Note

MAX_JSON_BYTES = 8192
"""A body of this many bytes or more is refused (41303)."""

_ROUTE_KEYS = frozenset({"topic", "message"})


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
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
    for name, value in load_object(body).items():
        key = name.lower()
        if key in _ROUTE_KEYS:
            text = "" if value is None else _read(name, read_text, value)
            if key == "topic":
                topic = text
            else:
                message, message_field = text, name
        elif key in FROM_JSON:
            header, read = FROM_JSON[key]
            if value is not None and (text := _read(name, read, value)):
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


def _read(name: str, read: Callable[[object], str], value: object) -> str:
    try:
        return read(value)
    except LegacyRefusal as refused:
        refused.name_field(name)
        raise
