"""The parameters of a query, a urlencoded form and a multipart body.

Names are compared in lower case in each place (docs/dialects/bark.md 3.4).
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.bark.draft import Layer, Sent
from adapters.bark.notes import UNREAD, shown_name
from adapters.bark.reading.costly import Unread
from adapters.bark.refusals import BAD_FORM
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
"""The beginning of a form's type: ``,charset=UTF-8`` and more may follow."""
MULTIPART = "multipart/form-data"


def form_layer(pairs: Sequence[tuple[str, str]], notes: list[Note]) -> Layer:
    """The parameters of a query or a urlencoded form: the last of a name wins."""
    layer: Layer = {}
    for name, text in pairs:
        lowered = name.lower()
        if lowered in layer:
            notes.append(Note(shown_name(layer[lowered].name), "overruled"))
        layer[lowered] = Sent(name, text, True)
    if len(pairs) >= MAX_PAIRS:
        notes.insert(0, UNREAD)
    return layer


def is_form(content_type: str) -> bool:
    """Whether a Content-Type announces a form of either kind."""
    return media_type(content_type).startswith((FORM, MULTIPART))


def is_multipart(content_type: str) -> bool:
    """Whether a Content-Type announces a form in parts."""
    return media_type(content_type).startswith(MULTIPART)


def read_form(request: LegacyRequest, content_type: str, notes: list[Note]) -> Layer:
    """The fields of a urlencoded or multipart body; a body of another type has none.

    The method does not matter: bark-python sends its forms with GET. The type counts
    in any case; bark-server knows the urlencoded one in lower case only and loses the
    text otherwise.

    Raises LegacyRefusal for a broken multipart body, and Unread for more than 64 KB
    when the request is ``sparing``.
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
    """The text parts as they are, nothing decoded: the first of a name wins."""
    layer: Layer = {}
    try:
        parts = list(parse_multipart(request.body, boundary))
    except ValueError as error:
        message = f"cannot read multipart/form-data body: {error}"
        raise LegacyRefusal(failure(request, 400, message), BAD_FORM) from error
    for name, content in parts:
        lowered = name.lower()
        if lowered in layer:
            notes.append(Note(shown_name(name), "overruled"))
        else:
            layer[lowered] = Sent(name, decode_utf8(content))
    if len(parts) >= MAX_PAIRS:
        notes.insert(0, UNREAD)
    return layer
