"""Keep a translated message within the native limits (docs/native-api.md).

The body of an old call may have 65,536 bytes of UTF-8, the most that any old server
took as text. The rest must fit the 32,768 bytes of JSON that ``POST /message`` takes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import NamedTuple

from adapters.shared.parsing import clip_utf8
from pushgo_compat.model import (
    CHANNEL_ID_LENGTH,
    MAX_LEGACY_BODY_BYTES,
    MAX_NATIVE_JSON_BYTES,
    NativeMessage,
)

_ENVELOPE_BYTES = 512
"""Room for what the estimate leaves out: the names of the fields, the two times, the
channel id, a password of 128 characters, and a title filled in by the core."""
_ROOM_BYTES = MAX_NATIVE_JSON_BYTES - _ENVELOPE_BYTES
_WORST_BYTES_PER_CHAR = 6
"""The size of a control character in JSON, ``\\u00XX``."""
_SHORT_TITLE_CHARS = 1024


class DoesNotFit(Exception):
    """The ciphertext, which cannot be cut, is over the limit."""


class Fitted(NamedTuple):
    """A message within the limits, and what it lost for that."""

    message: NativeMessage
    cut: tuple[str, ...] = ()
    """The native fields that lost something."""
    is_large: bool = False
    """Body and rest together are more than one ``POST /message`` may carry."""


def fit(message: NativeMessage, kept_metadata: Collection[str] = ()) -> Fitted:
    """Cut the body to its limit on a character border, and the rest to what JSON has.

    The rest gives up its title beyond 1,024 characters, then metadata but for the keys
    of ``kept_metadata``, tags and images. Raises DoesNotFit when that does not help (a
    huge ciphertext): the caller words that refusal.
    """
    body = message.body or ""
    chars = _text_chars(message) + len(body)
    if chars * _WORST_BYTES_PER_CHAR < _ROOM_BYTES:
        return Fitted(message)
    cut = []
    clipped = clip_utf8(body, MAX_LEGACY_BODY_BYTES)
    if clipped != body:
        body = "" if clipped.isspace() else clipped
        message = replace(message, body=body or None)
        cut.append("body")
    rest_bytes = _json_bytes_without_body(message)
    for field, shrink in _STEPS:
        if rest_bytes <= _ROOM_BYTES:
            break
        shrunk = shrink(message, kept_metadata)
        if shrunk != message:
            message = shrunk
            cut.append(field)
            rest_bytes = _json_bytes_without_body(message)
    if rest_bytes > _ROOM_BYTES:
        raise DoesNotFit
    is_large = rest_bytes + _json_bytes(body) > _ROOM_BYTES
    return Fitted(message, tuple(cut), is_large)


def _shorten_title(message: NativeMessage, _kept: Collection[str]) -> NativeMessage:
    title = message.title
    return replace(message, title=title and title[:_SHORT_TITLE_CHARS].rstrip())


def _drop_metadata(message: NativeMessage, kept: Collection[str]) -> NativeMessage:
    metadata = {k: value for k, value in message.metadata.items() if k in kept}
    return replace(message, metadata=metadata)


def _drop_tags(message: NativeMessage, _kept: Collection[str]) -> NativeMessage:
    return replace(message, tags=())


def _drop_images(message: NativeMessage, _kept: Collection[str]) -> NativeMessage:
    return replace(message, images=())


_STEPS: tuple[
    tuple[str, Callable[[NativeMessage, Collection[str]], NativeMessage]], ...
] = (
    ("title", _shorten_title),
    ("metadata", _drop_metadata),
    ("tags", _drop_tags),
    ("images", _drop_images),
)
"""Native field → its shortening, in the order in which they are tried."""


def _text_chars(message: NativeMessage) -> int:
    """Characters of every field but the body, with room for quotes and commas."""
    metadata, texts = message.metadata, (*message.tags, *message.images)
    chars = CHANNEL_ID_LENGTH + len(message.title or "")
    chars += len(message.url or "") + len(message.ciphertext or "")
    chars += sum(map(len, texts)) + 4 * len(texts)
    chars += sum(map(len, metadata)) + sum(map(len, map(str, metadata.values())))
    return chars + 8 * len(metadata)


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
