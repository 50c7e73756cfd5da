"""Read the parameters of a push: which places count, and which of them wins.

The Content-Type alone chooses between two readings (bark.md, 3.4): V1, where the path
beats the form and the form the query, and V2, where the query stands between the path
and the JSON body.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from urllib.parse import unquote

from adapters.bark.costly import is_json
from adapters.bark.json_body import read_object, value_text
from adapters.bark.layers import (
    Layer,
    Parameter,
    form_layer,
    json_layers,
    read_form,
)
from adapters.bark.notes import shown_name
from adapters.bark.reply import EMPTY_KEY, failure
from adapters.bark.routes import Route
from adapters.shared.parsing import (
    clean_text,
    form_decode,
    media_type,
    parse_pairs,
)
from pushgo_compat.legacy import KeyClaim, LegacyRefusal, LegacyRequest, Note

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


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


def read_parameters(request: LegacyRequest, route: Route, max_batch: int) -> Parameters:
    """Merge path, query and body. Raises LegacyRefusal as bark-server refuses them."""
    content_type = request.headers.get("Content-Type", "")
    notes: list[Note] = []
    device_keys: tuple[str, ...] | None = None
    query = form_layer(parse_pairs(request.query), notes) if request.query else {}
    if is_json(media_type(content_type)):
        document = read_object(request, "request bind failed")
        if document is None:
            # A nil map in the original: no key on /push, a crash elsewhere.
            raise LegacyRefusal(failure(request, 400, EMPTY_KEY))
        body, lifted = json_layers(document, notes)
        device_keys = _batch_keys(request, query, document, max_batch)
        layers = (_path_layer(request, route), query, body, lifted)
    else:
        body = read_form(request, content_type, notes)
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


def _batch_keys(
    request: LegacyRequest,
    query: Layer,
    document: dict[str, object],
    max_batch: int,
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
    keys = given.split(",") if isinstance(given, str) else given
    if not isinstance(keys, list):
        raise LegacyRefusal(failure(request, 400, "invalid type for device_keys"))
    if len(keys) > max_batch:
        message = f"batch push count exceeds the maximum limit: {max_batch}"
        raise LegacyRefusal(failure(request, 400, message))
    return tuple(map(_key_text, keys)) or None


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
