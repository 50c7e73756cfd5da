"""The receivers of a push: device_key and device_keys (docs/dialects/bark.md 6)."""

from __future__ import annotations

from urllib.parse import unquote

from adapters.bark.draft import Layer
from adapters.bark.parameters.parameter import FromJson, Parameter, lose
from adapters.bark.reply import failure
from adapters.shared.json_text import value_text
from adapters.shared.parsing import clean_text
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyRequest,
    Note,
    NoteText,
    RefusalText,
    Verdict,
)
from pushgo_compat.model import KeyClaim

NAMES = ("device_key", "device_keys")
NO_KEY = "device_key.empty"
"""The code of a refusal."""


def key_claim(key: str) -> KeyClaim:
    """The key as it stands, and percent-decoded for clients that escape it.

    barky and onepush send ``%3A`` for a colon, in a path and in JSON alike.
    """
    key = clean_text(key)
    if "%" not in key:
        return KeyClaim(key=key)
    return KeyClaim(key=key, alternatives=(clean_text(unquote(key)),))


def read_batch(
    request: LegacyRequest,
    query: Layer,
    document: dict[str, object],
    max_batch: int,
) -> tuple[str, ...] | None:
    """The keys of a batch, None when the push is none; the query beats the JSON.

    The JSON member is known by the exact spelling ``device_keys`` alone. Raises
    LegacyRefusal for a value of another type and for more than ``max_batch`` keys.
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
        reply = failure(request, 400, "invalid type for device_keys")
        raise LegacyRefusal(reply, "device_keys.type", "device_keys")
    if len(keys) > max_batch:
        message = f"batch push count exceeds the maximum limit: {max_batch}"
        reply = failure(request, 400, message)
        raise LegacyRefusal(reply, "device_keys.many", "device_keys")
    return tuple(map(_key_text, keys)) or None


def take_keys(
    fields: Layer,
    path_key: str,
    batch: tuple[str, ...] | None,
    notes: list[Note],
) -> str:
    """Take the receivers out of the parameters; the key of a push that is no batch.

    The key of the path beats the parameter. Empty when neither names one.
    """
    if batch is not None:
        fields.pop("device_keys", None)
    named = fields.pop("device_key", None)
    if named is None:
        return path_key
    if path_key or batch:
        notes.append(Note(named.name, "key_overruled"))
    return path_key or named.text


def _key_text(key: object) -> str:
    """An element of ``device_keys`` as Go prints it."""
    return "<nil>" if key is None else value_text(key)


PARAMETERS = (
    Parameter(
        name="device_key",
        # ``take_keys`` takes it out of every push before the parameters are read.
        translate=lose("key_overruled"),
        from_json=FromJson.STRING,
        from_object=False,
        notes={
            "key_overruled": NoteText(
                Verdict.CHANGED,
                None,
                "The path or a list of device keys names the receiver.",
                "接收者由路径或设备 key 列表决定。",
                outdone=True,
            ),
        },
        refusals={
            NO_KEY: RefusalText(
                "The call names no device key",
                "调用里没有 device key",
            ),
        },
    ),
    Parameter(
        name="device_keys",
        translate=lose("batch_needs_json"),
        from_json=FromJson.APART,
        from_object=False,
        notes={
            "batch_needs_json": NoteText(
                Verdict.CHANGED,
                None,
                "Only device_keys in a JSON request names several devices.",
                "只有 JSON 请求里的 device_keys 才能指定多台设备。",
            ),
        },
        refusals={
            "device_keys.type": RefusalText(
                "device_keys is no list",
                "device_keys 不是列表",
            ),
            "device_keys.many": RefusalText(
                "device_keys has more keys than PUSHGO_BARK_MAX_BATCH lets in",
                "device_keys 里的密钥数超过 PUSHGO_BARK_MAX_BATCH",
            ),
        },
    ),
)
