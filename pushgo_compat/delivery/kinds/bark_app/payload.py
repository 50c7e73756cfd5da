"""The push that Bark's app understands, as bark-server makes it.

Source: bark-server 1091c91, ``route_push.go`` and ``apns/apns.go``; how the app reads
each key: Finb/Bark abbd3ba, its service extension.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.delivery.sending.cut import fit_body
from pushgo_compat.model import NativeMessage, Severity

TOPIC = "me.fin.bark"
EMPTY_MESSAGE = "Empty Message"
_CATEGORY = "myNotificationCategory"
_DEFAULT_SOUND = "1107"
_IN_APS = frozenset({"title", "subtitle", "body", "sound", "device_key", "device_keys"})
_LEVELS: Mapping[Severity, str] = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "timeSensitive",
    Severity.NORMAL: "active",
    Severity.LOW: "passive",
}
_INTERRUPTION = {
    "critical": "critical",
    "timesensitive": "time-sensitive",
    "passive": "passive",
}
"""iOS shows the plain alert with this when the app's extension is killed."""
_MAX_COLLAPSE_BYTES = 64
"""Apple answers BadCollapseId to more."""
_PLAIN_BODY_CHARS = 400
"""Of a Markdown body beside the Markdown itself: what shows when nothing else runs."""


def parameters_of(delivery: Delivery) -> dict[str, str]:
    """The parameters that a Bark sender would write, names in lower case."""
    if delivery.forward is not None:
        return {name.lower(): str(value) for name, value in delivery.forward.items()}
    return _from_native(delivery.message)


def _from_native(message: NativeMessage) -> dict[str, str]:
    given = {
        "title": message.title,
        "markdown": message.body,
        "body": _plain(message.body) if message.body else None,
        "level": _LEVELS[message.severity],
        "url": message.url,
        "image": message.images[0] if message.images else None,
        "group": message.tags[0] if message.tags else None,
        "ciphertext": message.ciphertext,
    }
    return {name: value for name, value in given.items() if value}


def _plain(body: str) -> str:
    return body[:_PLAIN_BODY_CHARS]


def build_payload(parameters: Mapping[str, str], limit_bytes: int) -> tuple[bytes, str]:
    """The JSON within the limit, and what was cut. Raises cut.DoesNotFit."""
    if is_delete(parameters):
        return orjson.dumps(_delete(parameters)), ""
    longest = "markdown" if parameters.get("markdown") else "body"
    fields: dict[str, object] = dict(parameters)
    return fit_body(fields, _encode, limit_bytes, body=longest, then_drop=("image",))


def is_delete(parameters: Mapping[str, str]) -> bool:
    """Whether the push removes an earlier notification."""
    return parameters.get("delete") == "1"


def _delete(parameters: Mapping[str, str]) -> dict[str, object]:
    aps = {"content-available": 1, "mutable-content": 1}
    beside = {n: v for n, v in parameters.items() if n not in _IN_APS}
    return {"aps": aps, **beside}


def _encode(fields: Mapping[str, object]) -> bytes:
    given = {name: str(value) for name, value in fields.items()}
    texts = {n: given[n] for n in ("title", "subtitle", "body") if given.get(n)}
    aps: dict[str, object] = {
        "alert": texts or {"body": EMPTY_MESSAGE},
        "sound": _sound(given.get("sound")),
        "category": _CATEGORY,
        "mutable-content": 1,
    }
    if given.get("group"):
        aps["thread-id"] = given["group"]
    level = _INTERRUPTION.get(given.get("level", "").lower())
    if level not in (None, "critical"):  # critical needs an entitlement that Bark lacks
        aps["interruption-level"] = level
    beside = {n: v for n, v in given.items() if n not in _IN_APS}
    return orjson.dumps({"aps": aps, **beside})


def _sound(given: str | None) -> str:
    if given is None:
        return _DEFAULT_SOUND
    return given if given.endswith(".caf") else f"{given}.caf"


def build_headers(parameters: Mapping[str, str], delivery: Delivery) -> dict[str, str]:
    """The ``apns-…`` headers; the sender's own id replaces and deletes on the phone."""
    own_id = parameters.get("id", "")
    fits = 0 < len(own_id.encode()) <= _MAX_COLLAPSE_BYTES
    headers = {
        "apns-topic": TOPIC,
        "apns-push-type": "alert",
        "apns-expiration": str(delivery.expires_at_ms // 1000),
        "apns-collapse-id": own_id if fits else delivery.message_id,
    }
    if is_delete(parameters):
        # Apple asks for 5 with background pushes; bark-server sends none.
        headers |= {"apns-push-type": "background", "apns-priority": "5"}
    return headers
