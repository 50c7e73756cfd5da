"""``/register``: the Bark app asks a server to bind its phone to a key.

A key that names a channel is answered as registered, which lets the app restore the key
(docs/dialects/bark.md 7). Whether a phone is bound, or gets a key, the core decides.
"""

from __future__ import annotations

from adapters.bark.draft import Layer, Sent
from adapters.bark.parameters.receiver import key_claim
from adapters.bark.reading.costly import is_json
from adapters.bark.reading.forms import form_layer, is_form, read_form
from adapters.bark.reading.json_body import read_object
from adapters.bark.refusals import LONG_TOKEN, NO_BODY, NO_TOKEN, WRONG_TYPE
from adapters.bark.reply import failure, success
from adapters.shared.parsing import parse_pairs
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Note,
    Register,
)

_BIND_FAILED = "request bind failed2"
"""bark-server's words for POST; the query of GET always binds."""
_MAX_TOKEN_BYTES = 160
"""bark-server's limit (route_register.go)."""
_RETIRES = "deleted"
"""In place of a token: the app gives the key up."""
_FIELDS = frozenset({"device_key", "device_token", "key", "devicetoken"})


def open_register(request: LegacyRequest) -> Register:
    """Check the Apple token, then ask for the phone to be bound to the key.

    Raises LegacyRefusal for a bad token. Without a key bark-server would invent one.
    """
    fields = _read_fields(request)
    token_field, token = _first(fields, "device_token", "devicetoken")
    if not token:
        raise LegacyRefusal(failure(request, 400, "device token is empty"), NO_TOKEN)
    if len(token.encode("utf-8", "replace")) > _MAX_TOKEN_BYTES:
        invalid = failure(request, 400, "device token is invalid")
        raise LegacyRefusal(invalid, LONG_TOKEN, token_field)
    _, key = _first(fields, "device_key", "key")

    def reply(key: str) -> LegacyReply:
        data = {"key": key, "device_key": key, "device_token": token}
        return success(request.received_at_ms, data=data)

    return Register(
        route=f"{request.method} /register",
        claim=key_claim(key) if key else None,
        device_token=token,
        retires=token == _RETIRES,
        reply=reply,
        refusal=no_registration(request),
        unbound=(Note(token_field, "not_bound"),),
    )


def _first(fields: Layer, *names: str) -> tuple[str, str]:
    """The sender's spelling and the text of the first field that has a text."""
    sent = (fields[name] for name in names if name in fields)
    return next(((p.name, p.text) for p in sent if p.text), ("", ""))


def no_registration(request: LegacyRequest) -> LegacyReply:
    """500 for no key, or a key that names no channel: no new key is made."""
    message = "device registration failed: registration is disabled"
    return failure(request, 500, message)


def _read_fields(request: LegacyRequest) -> Layer:
    """The fields of the query for GET, of the body alone for POST; names in any case.

    Raises LegacyRefusal for a body of another type.
    """
    if request.method != "POST":
        return form_layer(parse_pairs(request.query), [])
    content_type = request.headers.get("Content-Type", "")
    if is_json(content_type):
        return _json_fields(request)
    if not is_form(content_type):
        message = f"{_BIND_FAILED}: Unprocessable Entity"
        raise LegacyRefusal(failure(request, 400, message), NO_BODY)
    return read_form(request, content_type, [])


def _json_fields(request: LegacyRequest) -> Layer:
    fields: Layer = {}
    for name, value in (read_object(request, _BIND_FAILED) or {}).items():
        if isinstance(value, str):
            fields[name.lower()] = Sent(name, value)
        elif value is not None and name.lower() in _FIELDS:
            message = f"{_BIND_FAILED}: cannot unmarshal {name.lower()} into a string"
            raise LegacyRefusal(failure(request, 400, message), WRONG_TYPE, name)
    return fields
