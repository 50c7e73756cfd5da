"""The parameters of a push: which places count, and which of them wins.

The Content-Type alone chooses between two readings (docs/dialects/bark.md 3.4): V1,
where the path beats the form and the form the query, and V2, where the query stands
between the path and the JSON body.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from adapters.bark.draft import Layer, Sent
from adapters.bark.notes import shown_name
from adapters.bark.parameters.receiver import NO_KEY, read_batch, take_keys
from adapters.bark.reading.costly import is_json
from adapters.bark.reading.forms import form_layer, read_form
from adapters.bark.reading.json_body import json_layers, read_object
from adapters.bark.refusals import BAD_ESCAPE
from adapters.bark.reply import EMPTY_KEY, failure
from adapters.bark.routes import Route
from adapters.shared.parsing import form_decode, parse_pairs
from pushgo_compat.legacy import LegacyRefusal, LegacyRequest, Note

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")


@dataclass(slots=True, kw_only=True)
class Parameters:
    """Everything that a push says, merged."""

    fields: Layer
    """The parameters by lower-case name, without the receivers."""
    device_key: str = field(repr=False)
    """From the path, or else the parameter; empty when there is none."""
    device_keys: tuple[str, ...] | None = field(repr=False)
    """The receivers of a batch; None for a push to ``device_key`` alone."""
    notes: list[Note]
    """What reading has lost."""


def read_parameters(request: LegacyRequest, route: Route, max_batch: int) -> Parameters:
    """Merge path, query and body. Raises LegacyRefusal as bark-server refuses them."""
    content_type = request.headers.get("Content-Type", "")
    notes: list[Note] = []
    batch: tuple[str, ...] | None = None
    query = form_layer(parse_pairs(request.query), notes) if request.query else {}
    if is_json(content_type):
        document = read_object(request, "request bind failed")
        if document is None:
            # null is a nil map in bark-server: no key on /push, a crash elsewhere.
            raise LegacyRefusal(failure(request, 400, EMPTY_KEY), NO_KEY)
        body, lifted = json_layers(document, notes)
        if query or "device_keys" in document:
            batch = read_batch(request, query, document, max_batch)
        layers = (_path_layer(request, route), query, body, lifted)
    else:
        body = read_form(request, content_type, notes)
        layers = (_path_layer(request, route), body, query, {})
    fields = _merge(layers, notes)
    key = take_keys(fields, route.key, batch, notes)
    return Parameters(fields=fields, device_key=key, device_keys=batch, notes=notes)


def read_arguments(arguments: dict[str, object], path_key: str) -> Parameters:
    """The parameters of a push by MCP: its arguments alone, and the key of the path."""
    notes: list[Note] = []
    if "device_keys" in arguments:
        notes.append(Note("device_keys", "batch_needs_json"))
    fields = _merge(json_layers(arguments, notes), notes)
    fields.pop("device_keys", None)
    key = take_keys(fields, path_key, None, notes)
    return Parameters(fields=fields, device_key=key, device_keys=None, notes=notes)


def _path_layer(request: LegacyRequest, route: Route) -> Layer:
    """The texts of the path, decoded once by the rules of forms."""
    return {
        name: Sent(name, _path_text(request, raw), True) for name, raw in route.texts
    }


def _path_text(request: LegacyRequest, raw: str) -> str:
    bad = _BAD_ESCAPE.search(raw)
    if bad is None:
        return form_decode(raw)
    escape = json.dumps(raw[bad.start() : bad.start() + 3], ensure_ascii=False)
    message = f"url path parse failed: invalid URL escape {escape}"
    raise LegacyRefusal(failure(request, 400, message), BAD_ESCAPE)


def _merge(layers: tuple[Layer, ...], notes: list[Note]) -> Layer:
    """One value for each name, from the first layer that has it."""
    merged: Layer = {}
    for layer in layers:
        if not merged:
            merged = layer
            continue
        for lowered, sent in layer.items():
            if lowered in merged:
                notes.append(Note(shown_name(sent.name), "overruled"))
            else:
                merged[lowered] = sent
    return merged
