"""A stored message as a reading client sees it."""

from __future__ import annotations

import orjson

from pushgo_compat.core.interfaces import StoredMessage
from pushgo_compat.model import Channel


def wire_fields(stored: StoredMessage, channel: Channel) -> dict[str, object]:
    """The native fields (no password) plus message_id, accepted_at and source.

    Fields that were not sent are absent; op_id, severity and occurred_at always stand.
    """
    return {
        "channel_id": channel.channel_id,
        "message_id": stored.message_id,
        "op_id": f"op-{stored.message_id}",
        "occurred_at": stored.accepted_at_ms,
        **orjson.loads(stored.payload),
        "accepted_at": stored.accepted_at_ms,
        "source": stored.source,
    }
