"""Stored message → delivery: what every target of a channel gets, made once."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

import orjson

from pushgo_compat.core.delivery import Delivery
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.delivery.lanes.lane import Lane
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.schemas.payload import decode_message

MAX_REMEMBERED = 256

Forward = Callable[
    [NativeMessage, Mapping[str, object] | None, str], Mapping[str, object]
]
"""Makes an old sender's own parameters from message, view and message id."""


class DeliveryMaker:
    """Decodes each message once, however many targets get it."""

    def __init__(
        self,
        store_id: str,
        max_age_ms: int,
        forwards: Mapping[Source, Forward],
        poll_id: Callable[[str], str] = str,
    ) -> None:
        """``poll_id``: the id by which ntfy's clients know a message."""
        self._store_id = store_id
        self._max_age_ms = max_age_ms
        self._forwards = forwards
        self._poll_id = poll_id
        self._made: OrderedDict[tuple[bytes, int], Delivery] = OrderedDict()

    def delivery_for(self, lane: Lane, stored: StoredMessage) -> Delivery | None:
        """The delivery, in the old sender's own words where the kind speaks them.

        None when the target shall not have it: hidden messages go to targets of their
        own dialect alone, what has come home from another store goes nowhere, nor does
        what is held, and what was past its ttl when it became visible is of no use.
        """
        own = lane.group.kind.dialect is stored.source
        if (stored.hidden and not own) or stored.held:
            return None
        if self._store_id in stored.via:
            return None
        delivery = self._delivery(lane, stored)
        if delivery.expires_at_ms <= delivery.accepted_at_ms:
            return None
        if own and delivery.forward is not None:
            return delivery
        return replace(delivery, forward=None) if delivery.forward else delivery

    def _delivery(self, lane: Lane, stored: StoredMessage) -> Delivery:
        key = stored.position, stored.channel
        made = self._made.get(key)
        if made is not None:
            return made
        message = decode_message(stored.payload)
        visible_at_ms = int.from_bytes(stored.position[:6], "big")
        forward = self._forwards.get(stored.source)
        view = None if stored.view is None else orjson.loads(stored.view)
        words = forward(message, view, stored.message_id) if forward else {}
        made = Delivery(
            message=message,
            message_id=stored.message_id,
            channel_id=lane.target.channel.channel_id,
            source=stored.source,
            accepted_at_ms=visible_at_ms,
            expires_at_ms=int(
                min(message.ttl_ms or math.inf, visible_at_ms + self._max_age_ms)
            ),
            dialect_id=self._poll_id(stored.message_id),
            hidden=stored.hidden,
            forward=words or None,
            via=(*stored.via, self._store_id),
        )
        self._made[key] = made
        if len(self._made) > MAX_REMEMBERED:
            self._made.popitem(last=False)
        return made
