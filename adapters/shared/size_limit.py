"""Keep a translated message within native.md's 32,768 bytes."""

from __future__ import annotations

import dataclasses
import json

from adapters.shared.parsing import clip_utf8
from pushgo_compat.model import (
    CHANNEL_ID_LENGTH,
    MAX_NATIVE_JSON_BYTES,
    NativeMessage,
)

_ENVELOPE_BYTES = 512
"""Room for what the estimate leaves out: the names of the fields, the two times,
channel id and a password of 128 characters, and a title filled in by the core."""
_WORST_BYTES_PER_CHAR = 6
"""A control character as ``\\u00XX``."""


class DoesNotFit(Exception):
    """Everything but the body is already over the limit."""


def fit_native(message: NativeMessage) -> tuple[NativeMessage, bool]:
    """Return the message, its body cut if it must be, and whether it was cut.

    The cut falls on a character border. Raises DoesNotFit when cutting the whole body
    would not help (a huge ciphertext): the caller words that refusal.
    """
    body = message.body or ""
    if _WORST_BYTES_PER_CHAR * (_text_chars(message) + len(body)) < (
        MAX_NATIVE_JSON_BYTES - _ENVELOPE_BYTES
    ):
        return message, False
    room = MAX_NATIVE_JSON_BYTES - _ENVELOPE_BYTES - _json_bytes_without_body(message)
    if room < 0:
        raise DoesNotFit
    if _json_bytes(body) <= room:
        return message, False
    return dataclasses.replace(message, body=_cut(body, room) or None), True


def _text_chars(message: NativeMessage) -> int:
    """Characters in every field but the body, generously counted."""
    return (
        len(message.title or "")
        + len(message.url or "")
        + len(message.ciphertext or "")
        + sum(len(tag) + 4 for tag in message.tags)
        + sum(len(image) + 4 for image in message.images)
        + sum(len(name) + len(str(v)) + 8 for name, v in message.metadata.items())
        + CHANNEL_ID_LENGTH
    )


def _json_bytes(value: object) -> int:
    """Size of the value as compact JSON in UTF-8."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode("utf-8", "replace"))


def _json_bytes_without_body(message: NativeMessage) -> int:
    return sum(
        _json_bytes(value)
        for value in (
            message.title,
            message.url,
            message.ciphertext,
            message.tags,
            message.images,
            dict(message.metadata),
            message.op_id,
            message.thing_id,
        )
        if value
    )


def _cut(body: str, room_bytes: int) -> str:
    """The longest beginning whose JSON, quotes included, fits the room."""
    low, high = 0, len(clip_utf8(body, room_bytes))
    while low < high:
        middle = (low + high + 1) // 2
        if _json_bytes(body[:middle]) <= room_bytes:
            low = middle
        else:
            high = middle - 1
    return body[:low]
