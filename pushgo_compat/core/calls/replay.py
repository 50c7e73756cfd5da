"""Sends the messages of an old call once more, by the operator's right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pushgo_compat.core.calls.service import WholeCall
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Stale,
)
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Channel, Receipt, Source, derived_op_id
from pushgo_compat.schemas import encode_message

MAX_TRIES = 5
"""How often a commit is tried again because keys changed under it."""


async def replay(
    store: Store, call: WholeCall, to: Channel | None
) -> Sequence[Receipt]:
    """Store the native messages of a call again, under new ids, in one commit.

    Each goes to its own channel, or all to another. Raises ServerBusy; LookupError
    where the call made no message, or its channel is gone.
    """
    channels = {channel.number: channel for channel in await store.channels()}
    homes = [to or channels[number] for number in call.channels]
    if not homes:
        raise LookupError("no message")
    results: Sequence[AppendResult] = ()
    for _ in range(MAX_TRIES):
        generation = await store.generation()
        rows = [
            NewMessage(
                channel=home.number,
                generation=generation,
                source=Source.NATIVE,
                # A new id must not meet the one of the first time.
                payload=encode_message(replace(message, op_id=None)),
                thing_id=message.thing_id,
            )
            for message, home in zip(call.messages, homes, strict=True)
        ]
        results = await store.append(rows)
        if not any(isinstance(result, Stale) for result in results):
            break
    receipts = []
    for result, message, home in zip(results, call.messages, homes, strict=True):
        if not isinstance(result, Committed):
            raise ServerBusy
        receipts.append(
            Receipt(
                channel_id=home.channel_id,
                channel_name=home.name,
                message_id=result.message_id,
                op_id=derived_op_id(result.message_id),
                accepted_at_ms=result.accepted_at_ms,
                thing_id=message.thing_id,
            )
        )
    return receipts
