"""What each place of a request says: its query, its form, its JSON.

Every place is read into a layer of its own, names in lower case; ``request.py`` decides
which layer wins. What a place loses on the way is noted.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import NamedTuple

from adapters.bark.costly import Unread
from adapters.bark.json_body import value_text
from adapters.bark.notes import UNNAMED, shown_name
from adapters.bark.reply import failure
from adapters.shared.parsing import (
    MAX_PAIRS,
    decode_utf8,
    media_type,
    multipart_boundary,
    parse_form,
    parse_multipart,
)
from pushgo_compat.legacy import SPARING_BYTES, LegacyRefusal, LegacyRequest, Note

FORM = "application/x-www-form-urlencoded"
"""What a form's type begins with; ``,charset=UTF-8`` and more stand behind it."""
MULTIPART = "multipart/form-data"
_NEVER_LIFTED = frozenset({"title", "subtitle", "body", "device_key", "device_keys"})
_NEVER_COMPOSED = frozenset(
    {
        "body",
        "ciphertext",
        "delete",
        "image",
        "level",
        "markdown",
        "subtitle",
        "title",
        "ttl",
        "url",
    }
)
"""Parameters for which the JSON text of an array would mean nothing."""


class Parameter(NamedTuple):
    """One parameter under its lower-case name."""

    name: str
    """As the sender spelled it."""
    text: str
    form_decoded: bool = False
    """Came through form decoding, which makes a bare ``+`` a space."""


Layer = dict[str, Parameter]
"""What one place of the request says, by lower-case name."""


def form_layer(pairs: Sequence[tuple[str, str]], notes: list[Note]) -> Layer:
    """Parameters of a query or a urlencoded form: the last of a name wins."""
    layer: Layer = {}
    for name, text in pairs:
        lowered = name.lower()
        if lowered in layer:
            notes.append(Note(shown_name(layer[lowered].name), "overruled"))
        layer[lowered] = Parameter(name, text, True)
    _note_unread(len(pairs), notes)
    return layer


def read_form(request: LegacyRequest, content_type: str, notes: list[Note]) -> Layer:
    """The fields of a urlencoded or multipart body; any other body says nothing.

    bark-python sends its forms with GET. The original knows the urlencoded type in
    lower case only; we do not lose the text of those who shout.
    """
    if not request.body:
        return {}
    media = media_type(content_type)
    if request.sparing and len(request.body) > SPARING_BYTES:
        raise Unread
    if media.startswith(FORM):
        return form_layer(parse_form(request.body), notes)
    if media.startswith(MULTIPART):
        boundary = multipart_boundary(content_type)
        if boundary is not None:
            return _multipart_layer(request, boundary, notes)
    notes.append(Note("body", "body_unread"))
    return {}


def _multipart_layer(
    request: LegacyRequest, boundary: bytes, notes: list[Note]
) -> Layer:
    """Text parts as they are, nothing decoded: the first of a name wins."""
    layer: Layer = {}
    try:
        parts = list(parse_multipart(request.body, boundary))
    except ValueError as error:
        message = f"cannot read multipart/form-data body: {error}"
        raise LegacyRefusal(failure(request, 400, message)) from error
    for name, content in parts:
        lowered = name.lower()
        if lowered in layer:
            notes.append(Note(shown_name(name), "overruled"))
        else:
            layer[lowered] = Parameter(name, decode_utf8(content))
    _note_unread(len(parts), notes)
    return layer


def _note_unread(read: int, notes: list[Note]) -> None:
    """Tell that a place has been read as far as we read, and no further."""
    if read >= MAX_PAIRS:
        notes.insert(0, Note(UNNAMED, "unread"))


def json_layers(document: dict[str, object], notes: list[Note]) -> tuple[Layer, Layer]:
    """The members of the body, and those lifted out of its objects.

    Old clients wrap their parameters (``"ext_params": {"url": …}``).
    """
    body: Layer = {}
    lifted: Layer = {}
    _note_unread(len(document), notes)
    for name, value in islice(document.items(), MAX_PAIRS):
        lowered = name.lower()
        if type(value) is str:
            body[lowered] = Parameter(name, value)
        elif isinstance(value, dict):
            notes.append(Note(shown_name(name), "lifted"))
            _note_unread(len(value) + len(lifted), notes)
            for inner, content in islice(value.items(), MAX_PAIRS - len(lifted)):
                if inner.lower() in _NEVER_LIFTED:
                    notes.append(Note(inner, "not_lifted"))
                else:
                    _add_value(lifted, inner, content, notes)
        elif lowered == "device_key":
            notes.append(Note(name, "not_text"))
        elif lowered != "device_keys":
            _add_value(body, name, value, notes)
    return body, lifted


def _add_value(layer: Layer, name: str, value: object, notes: list[Note]) -> None:
    """Put a JSON value into the layer as text, or note that it says nothing."""
    lowered = name.lower()
    if value is None:
        notes.append(Note(shown_name(name), "null"))
    elif isinstance(value, list | dict) and lowered in _NEVER_COMPOSED:
        notes.append(Note(shown_name(name), "not_text"))
    else:
        layer[lowered] = Parameter(name, value_text(value))
