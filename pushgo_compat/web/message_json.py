"""A stored message as a reading client sees it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import orjson
from aiohttp import web

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import MessageNotFound
from pushgo_compat.model import Source, derived_op_id

MESSAGE_ID_FORM = re.compile(r"[0-9a-f]{32}")
DerivedMetadata = Mapping[Source, Callable[[str], Mapping[str, str]]]
"""For the messages of a dialect: what it says of one by its id alone."""


def wire_fields(
    stored: StoredMessage, channel_id: str, derived: DerivedMetadata
) -> dict[str, object]:
    """The native fields (no password) plus message_id, accepted_at and source.

    Fields that were not sent are absent; op_id, severity and occurred_at always stand.
    """
    fields: dict[str, Any] = {
        "channel_id": channel_id,
        "message_id": stored.message_id,
        "op_id": derived_op_id(stored.message_id),
        "occurred_at": stored.accepted_at_ms,
        **orjson.loads(stored.payload),
        "accepted_at": stored.accepted_at_ms,
        "source": stored.source,
    }
    derive = derived.get(stored.source)
    if derive is not None and (known := derive(stored.message_id)):
        fields["metadata"] = {**fields.get("metadata", {}), **known}
    return fields


def message_id_of(request: web.Request) -> str:
    """The message id of the path. Raises MessageNotFound for what cannot be one."""
    text = request.match_info["message_id"]
    if not MESSAGE_ID_FORM.fullmatch(text):
        raise MessageNotFound
    return text
