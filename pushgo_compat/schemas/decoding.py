"""From bytes and query strings to the fields that the schema reads.

Strict JSON: no NaN, no Infinity, no lone surrogate, no broken byte. A key that comes
twice in one object has its last value, as in most readers (RFC 8259, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl

import orjson

from pushgo_compat.errors import InvalidRequest

_LISTS = frozenset({"images", "tags"})


def parse_json_object(body: bytes) -> dict[str, object]:
    """Read a request body.

    Raises InvalidRequest: invalid_json_syntax; invalid_json_data when it is not an
    object or U+0000 stands anywhere in it.
    """
    try:
        data = orjson.loads(body)
    except orjson.JSONDecodeError:
        # The cause is left behind: it holds the whole document.
        raise InvalidRequest("invalid_json_syntax") from None
    if not isinstance(data, dict):
        raise InvalidRequest("invalid_json_data", detail="object")
    # A raw NUL is a syntax error already, so only the escape is worth a walk.
    if b"u0000" in body and _has_nul(data):
        raise InvalidRequest("invalid_json_data", detail="U+0000")
    return data


def parse_query(raw: str) -> dict[str, object]:
    """Read the undecoded query of ``GET /message``.

    ``images`` and ``tags`` are split at commas, empty pieces dropped, and add up when
    repeated. Any other repeated name becomes a list, which no such field accepts.

    Raises InvalidRequest: invalid_json_syntax for bytes that are not UTF-8,
    invalid_json_data for U+0000.
    """
    try:
        raw.encode()  # a lone surrogate stands for a byte that is not UTF-8
        pairs = parse_qsl(raw, keep_blank_values=True, errors="strict")
    except UnicodeError:
        raise InvalidRequest("invalid_json_syntax") from None
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    data = {name: _query_value(name, texts) for name, texts in values.items()}
    if _has_nul(data):
        raise InvalidRequest("invalid_json_data", detail="U+0000")
    return data


def _query_value(name: str, texts: list[str]) -> object:
    if name in _LISTS:
        return [piece for text in texts for piece in text.split(",") if piece.strip()]
    if len(texts) > 1:
        return texts
    return _json_or_text(texts[0]) if name == "metadata" else texts[0]


def _json_or_text(text: str) -> object:
    """The JSON value, or the text itself, which the schema refuses in its turn."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _has_nul(value: object) -> bool:
    match value:
        case str():
            return "\0" in value
        case Mapping():
            return any(_has_nul(k) or _has_nul(v) for k, v in value.items())
        case list():
            return any(_has_nul(item) for item in value)
        case _:
            return False
