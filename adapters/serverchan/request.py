"""The fields of a request, from its query and body (docs/dialects/serverchan.md 3).

Old clients rely on what PHP did: the last of a repeated name wins, the body beats the
query, and a form needs no escaping.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import chain, islice

from adapters.serverchan.draft import Fields
from adapters.serverchan.parameters import TABLE
from adapters.shared.json_text import refuse_constant
from adapters.shared.parsing import (
    MAX_PAIRS,
    decimal_text,
    multipart_boundary,
    parse_multipart,
    split_pairs,
    unescape,
)
from pushgo_compat.legacy import LegacyRequest

_NOTHING = Fields()
_FIRST_TYPE = re.compile(r"\s*([^\s;,]+)")


def read_fields(request: LegacyRequest) -> Fields:
    """Collect the fields of query and body; a GET's body is ignored. Never raises.

    A JSON body that cannot be read leaves no fields at all, not even the query's.
    """
    query = _NOTHING
    if request.query:
        query = _read_form(request.query.encode("utf-8", "replace"), "")
    if request.method != "POST" or not request.body or request.body.isspace():
        return query
    content_type = request.headers.get("Content-Type", "")
    read_body = _READERS.get(_first_type(content_type), _read_form)
    body = read_body(request.body, content_type)
    if body is None:
        return _NOTHING
    if not query.values:
        return body
    twice = [name for name in query.values if name in body.values]
    return Fields(
        values={**query.values, **body.values},
        nested=body.nested,
        overruled=(*twice, *query.overruled, *body.overruled),
    )


def is_json(content_type: str) -> bool:
    """Whether a body of this Content-Type is read as JSON."""
    return _READERS.get(_first_type(content_type)) is _read_json


def _first_type(content_type: str) -> str:
    """The type that the value begins with, lower case.

    CDNs join two lines with a comma, and people forget the semicolon.
    """
    found = _FIRST_TYPE.match(content_type)
    return found[1].lower() if found else ""


def _read_form(body: bytes, _content_type: str) -> Fields:
    """Read a query or form, escaped or not, and undo what escaping there is."""
    text = body.decode("latin-1").replace("+", " ")
    pairs = [(name.lstrip(" "), value) for name, value in split_pairs(text) if name]
    if "%" not in text and text.isascii():
        return _fields_of(pairs)
    return _decoded(
        [
            (
                unescape(name.encode("latin-1")).lstrip(b" "),
                unescape(value.encode("latin-1")),
            )
            for name, value in pairs
        ]
    )


def _read_multipart(body: bytes, content_type: str) -> Fields:
    boundary = multipart_boundary(content_type)
    if boundary is None:
        return _NOTHING
    pairs: list[tuple[bytes, bytes]] = []
    # PHP keeps the parts of a body that breaks off.
    with contextlib.suppress(ValueError):
        for name, content in parse_multipart(body, boundary):
            pairs.append((name.encode(), content))
    return _decoded(pairs)


_JSON = json.JSONDecoder(parse_int=str, parse_constant=refuse_constant)
"""Integers keep their digits: ids longer than a float come through whole."""


def _read_json(body: bytes, _content_type: str) -> Fields | None:
    try:
        document = _JSON.decode(body.decode(_charset_of(body), "replace"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(document, dict):
        return None
    values: dict[str, str] = {}
    nested: list[str] = []
    for name, value in islice(document.items(), MAX_PAIRS):
        match value:
            case str():
                values[name] = value
            case bool() | float():
                values[name] = decimal_text(value)
            case list() | dict():
                text = _joined(name, value)
                if text is None:
                    nested.append(name)
                else:
                    values[name] = text
            case _:  # null: a Python client posts every option it was not given
                pass
    return Fields(values=values, nested=nested)


def _joined(name: str, value: Sequence[object] | dict[str, object]) -> str | None:
    """One text of an array's texts, numbers and booleans; None where it says nothing.

    Integers are texts already: see ``_JSON``.
    """
    known = TABLE.get(name)
    if known is None or known.list_joint is None or isinstance(value, dict):
        return None
    return known.list_joint.join(
        item if isinstance(item, str) else decimal_text(item)
        for item in value[:MAX_PAIRS]
        if isinstance(item, str | float | bool)
    )


_READERS: Mapping[str, Callable[[bytes, str], Fields | None]] = {
    "application/json": _read_json,
    "multipart/form-data": _read_multipart,
}
"""By media type; any other is read as a form."""


def _decoded(pairs: Sequence[tuple[bytes, bytes]]) -> Fields:
    """Read all names and values in the one charset that fits every one of them."""
    charset = _charset_of(b"\n".join(chain.from_iterable(pairs)))
    return _fields_of(
        [
            (name.decode(charset, "replace"), value.decode(charset, "replace"))
            for name, value in pairs
        ]
    )


def _fields_of(pairs: Sequence[tuple[str, str]]) -> Fields:
    """The last value of each name."""
    values = dict(pairs)
    if len(values) == len(pairs):
        return Fields(values=values)
    times = Counter(name for name, _ in pairs)
    return Fields(values=values, overruled=[n for n in times if times[n] > 1])


def _charset_of(raw: bytes) -> str:
    """UTF-8, unless only GB18030 fits: Windows shells in China send GBK."""
    for charset in ("utf-8", "gb18030"):
        try:
            raw.decode(charset)
        except UnicodeDecodeError:
            continue
        return charset
    return "utf-8"
