"""Which fields a call brought, for an operator who has to guess whose call it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import unquote_plus

import orjson

from pushgo_compat.legacy import LegacyRequest

MOST_NAMES = 32
MAX_BODY_BYTES = 4096
"""Of a longer body only the length is told: nobody knows yet who sends it."""
BODY, UNNAMED = "(body)", "(unnamed)"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,31}")
_FORM = "application/x-www-form-urlencoded"

_Pair = tuple[str, int]


def field_lengths(
    request: LegacyRequest, key: str, *, reads_forms: bool
) -> Mapping[str, int]:
    """Names and lengths of a call's parameters, in characters; of the body in bytes.

    What does not look like a name may be the text of a message (``curl -d 'disk=full'``
    is sent as a form), and what holds the key is none either: those are told as
    unnamed.
    """
    lengths: dict[str, int] = {}
    pairs = [*_form_pairs(request.query), *_body_pairs(request, reads_forms)]
    for name, length in pairs[:MOST_NAMES]:
        named = _NAME.fullmatch(name) and key.lower() not in name.lower()
        lengths[name if named else UNNAMED] = length
    if request.body:
        lengths[BODY] = len(request.body)
    return lengths


def _body_pairs(request: LegacyRequest, reads_forms: bool) -> Iterator[_Pair]:
    body = request.body
    if len(body) > MAX_BODY_BYTES:
        return
    if body.lstrip()[:1] == b"{":
        yield from _json_pairs(body)
    elif reads_forms:
        content_type = request.headers.get("Content-Type", "")
        if content_type.partition(";")[0].strip().lower() == _FORM:
            yield from _form_pairs(body.decode("latin-1"))


def _json_pairs(body: bytes) -> Iterator[_Pair]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return
    if isinstance(document, dict):
        for name, value in document.items():
            text = value if isinstance(value, str) else orjson.dumps(value).decode()
            yield name, len(text)


def _form_pairs(text: str) -> Iterator[_Pair]:
    for pair in text.split("&", MOST_NAMES)[:MOST_NAMES]:
        name, equals, value = pair.partition("=")
        if pair:
            yield unquote_plus(name) if equals else UNNAMED, len(unquote_plus(value))
