"""Bodies that cost far more to read than to send, and the keys seen in them.

bark-server reads the JSON before it looks at the key, and its answers show that order.
So a body is read for a stranger as well, but only up to 64 KB.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from itertools import islice

from adapters.bark.parameters.receiver import NAMES
from adapters.bark.reading.packing import beginning, is_packed
from adapters.shared.parsing import (
    decode_utf8,
    form_decode,
    media_type,
    parse_pairs,
)
from pushgo_compat.legacy import SPARING_BYTES, LegacyRequest

_NAME = b"device_key"
_JSON_VALUE = re.compile(rb's?"[ \t\r\n]{0,64}:')
_FORM_VALUE = re.compile(rb"s?=([^&]{1,512})")
_PART_VALUE = re.compile(rb's?"?\r?\n\r?\n([^\r\n]{1,512})')
_MOST_KEYS = 8
"""Keys that are tried at most; each may cost a password check."""
_MOST_BYTES_OF_KEYS = 4096
_DECODER = json.JSONDecoder()


class Unread(Exception):
    """The body is longer than what may be read for a stranger."""


def is_json(content_type: str) -> bool:
    """Whether a Content-Type selects the V2 reading, as Fiber tells it.

    So does ``application/json, application/json``: two lines that a CDN has joined.
    """
    if content_type == "application/json":
        return True
    media = media_type(content_type)
    return media.startswith("application/") and media.endswith("json")


def is_costly(request: LegacyRequest) -> bool:
    """Whether the body is over 64 KB, or compressed JSON."""
    if len(request.body) > SPARING_BYTES:
        return True
    coding = request.headers.get("Content-Encoding")
    return coding is not None and is_packed(coding) and _has_json(request)


def seen_keys(request: LegacyRequest, path_key: str) -> tuple[str, ...]:
    """At most 8 keys: the path's, then those of query and body, wherever keys stand.

    Of a compressed body the first 64 KB are unpacked; any other is searched, not read.
    """
    return tuple(islice(_all_keys(request, path_key), _MOST_KEYS))


def _all_keys(request: LegacyRequest, path_key: str) -> Iterator[str]:
    if path_key:
        yield path_key
    if "device_key" in request.query:
        for name, value in parse_pairs(request.query):
            if name.lower() in NAMES:
                yield from filter(None, value.split(","))
    yield from _json_keys(request) if _has_json(request) else _form_keys(request.body)


def _json_keys(request: LegacyRequest) -> Iterator[str]:
    body = request.body
    if coding := request.headers.get("Content-Encoding"):
        body = beginning(body, coding, SPARING_BYTES)
    for end in _names_in(body):
        if found := _JSON_VALUE.match(body, end):
            start = found.end()
            yield from _json_texts(body[start : start + _MOST_BYTES_OF_KEYS])


def _form_keys(body: bytes) -> Iterator[str]:
    for end in _names_in(body):
        if found := _FORM_VALUE.match(body, end):
            yield form_decode(decode_utf8(found[1]))
        elif found := _PART_VALUE.match(body, end):
            yield decode_utf8(found[1])


def _names_in(body: bytes) -> Iterator[int]:
    """Where the first few mentions of a key end, found without reading the body."""
    end = 0
    for _ in range(_MOST_KEYS):
        start = body.find(_NAME, end)
        if start < 0:
            return
        end = start + len(_NAME)
        yield end


def _json_texts(piece: bytes) -> Iterator[str]:
    """The texts of a JSON value that may be cut off."""
    text = decode_utf8(piece).lstrip()
    if text.startswith("["):
        text = text[1:].lstrip()
    while text.startswith('"'):
        try:
            key, end = _DECODER.raw_decode(text)
        except ValueError:
            return
        yield from filter(None, str(key).split(","))
        text = text[end:].lstrip(" \t\r\n,")


def _has_json(request: LegacyRequest) -> bool:
    return is_json(request.headers.get("Content-Type", ""))
