"""Read the parameters of a push: which places count, and which of them wins.

The Content-Type alone chooses between two readings (bark.md, 3.4): V1, where the path
beats the form and the form the query, and V2, where the query stands between the path
and the JSON body.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote

from adapters.bark.json_body import is_json, read_object, value_text
from adapters.bark.notes import shown_name
from adapters.bark.reply import EMPTY_KEY, failure
from adapters.bark.routes import Route
from adapters.values import (
    clean_text,
    decode_utf8,
    form_decode,
    media_type,
    multipart_boundary,
    parse_form,
    parse_multipart,
    parse_pairs,
)
from pushgo_compat.legacy import KeyClaim, LegacyRefusal, LegacyRequest, Note

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Everything a push says, merged."""

    fields: Layer
    device_key: str
    """From the path, or else the parameter; empty when there is none."""
    device_keys: tuple[str, ...] | None = field(default=None, repr=False)
    """The receivers of a batch; None for a push to ``device_key`` alone."""
    notes: tuple[Note, ...] = ()
    """What was lost in reading."""


def read_parameters(request: LegacyRequest, route: Route) -> Parameters:
    """Merge path, query and body. Raises LegacyRefusal as bark-server refuses them."""
    content_type = request.headers.get("Content-Type", "")
    notes: list[Note] = []
    device_keys: tuple[str, ...] | None = None
    query = form_layer(parse_pairs(request.query)) if request.query else {}
    if is_json(media_type(content_type)):
        document = read_object(request, "request bind failed")
        if document is None:
            # A nil map in the original: no key on /push, a crash elsewhere.
            raise LegacyRefusal(failure(request, 400, EMPTY_KEY))
        body, lifted = _json_layers(document, notes)
        device_keys = _batch_keys(request, query, document)
        layers = (_path_layer(request, route), query, body, lifted)
    else:
        body = read_form(request, content_type)
        layers = (_path_layer(request, route), body, query, {})
    fields = _merge(layers, notes)
    if device_keys is not None:
        fields.pop("device_keys", None)
    named = fields.pop("device_key", None)
    if named is not None and (route.key or device_keys):
        notes.append(Note(named.name, "key_overruled"))
    return Parameters(
        fields=fields,
        device_key=route.key or (named.text if named else ""),
        device_keys=device_keys,
        notes=tuple(notes),
    )


def key_claim(key: str) -> KeyClaim:
    """The key as it stands, and percent-decoded for clients that escape it.

    Many send ``%3A`` for a colon, in a path and in JSON alike (barky, onepush).
    """
    key = clean_text(key)
    if "%" not in key:
        return KeyClaim(key=key)
    return KeyClaim(key=key, alternatives=(clean_text(unquote(key)),))


def form_layer(pairs: Iterable[tuple[str, str]]) -> Layer:
    """Parameters of a query or a urlencoded form: the last of a name wins."""
    return {name.lower(): Parameter(name, text, True) for name, text in pairs}


def read_form(request: LegacyRequest, content_type: str) -> Layer:
    """The fields of a urlencoded or multipart body; any other body says nothing.

    bark-python sends its forms with GET. The original knows the urlencoded type in
    lower case only; we do not lose the text of those who shout.
    """
    if not request.body:
        return {}
    media = media_type(content_type)
    if media == "application/x-www-form-urlencoded":
        return form_layer(parse_form(request.body))
    if media != "multipart/form-data":
        return {}
    boundary = multipart_boundary(content_type)
    return {} if boundary is None else _multipart_layer(request, boundary)


def _multipart_layer(request: LegacyRequest, boundary: bytes) -> Layer:
    """Text parts as they are, nothing decoded: the first of a name wins."""
    layer: Layer = {}
    try:
        for name, content in parse_multipart(request.body, boundary):
            layer.setdefault(name.lower(), Parameter(name, decode_utf8(content)))
    except ValueError as error:
        message = f"cannot read multipart/form-data body: {error}"
        raise LegacyRefusal(failure(request, 400, message)) from error
    return layer


def _path_layer(request: LegacyRequest, route: Route) -> Layer:
    """Title, subtitle and body of the path, decoded once as a form would be."""
    return {
        name: Parameter(name, _path_text(request, raw), True)
        for name, raw in route.texts
    }


def _path_text(request: LegacyRequest, raw: str) -> str:
    bad = _BAD_ESCAPE.search(raw)
    if bad is None:
        return form_decode(raw)
    escape = json.dumps(raw[bad.start() : bad.start() + 3], ensure_ascii=False)
    message = f"url path parse failed: invalid URL escape {escape}"
    raise LegacyRefusal(failure(request, 400, message))


def _json_layers(document: dict[str, object], notes: list[Note]) -> tuple[Layer, Layer]:
    """The members of the body, and those lifted out of its objects.

    Old clients wrap their parameters (``"ext_params": {"url": …}``).
    """
    body: Layer = {}
    lifted: Layer = {}
    for name, value in document.items():
        lowered = name.lower()
        if type(value) is str:
            body[lowered] = Parameter(name, value)
        elif isinstance(value, dict):
            notes.append(Note(shown_name(name), "lifted"))
            for inner, content in value.items():
                if inner.lower() in _NEVER_LIFTED:
                    notes.append(Note(inner, "not_lifted"))
                else:
                    _add_value(lifted, inner, content, notes)
        elif lowered not in {"device_key", "device_keys"}:
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


def _batch_keys(
    request: LegacyRequest, query: Layer, document: dict[str, object]
) -> tuple[str, ...] | None:
    """The receivers of a batch: text of the query first, then the JSON member.

    A JSON member in any other case than ``device_keys`` is none.
    """
    given: object
    if "device_keys" in query:
        given = query["device_keys"].text
    elif "device_keys" in document:
        given = document["device_keys"]
    else:
        return None
    if isinstance(given, str):
        return tuple(given.split(","))
    if isinstance(given, list):
        return tuple(_key_text(key) for key in given) or None
    raise LegacyRefusal(failure(request, 400, "invalid type for device_keys"))


def _key_text(key: object) -> str:
    """An element of ``device_keys`` as Go prints it."""
    return "<nil>" if key is None else value_text(key)


def _merge(layers: tuple[Layer, ...], notes: list[Note]) -> Layer:
    """One value for each name, from the first layer that has it."""
    merged: Layer = {}
    for layer in layers:
        if not merged:
            merged = layer
            continue
        for lowered, parameter in layer.items():
            if lowered in merged:
                notes.append(Note(shown_name(parameter.name), "overruled"))
            else:
                merged[lowered] = parameter
    return merged
