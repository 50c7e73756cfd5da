"""Sends the messages of an old call once more, by the operator's right.

The native messages are stored again; the call itself is kept masked, and cannot be
repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from pushgo_compat.core.calls.service import WholeCall
from pushgo_compat.core.stores.files import FILE_NAME_LENGTH
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    NewMessage,
    Stale,
)
from pushgo_compat.core.stores.store import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import (
    Channel,
    NativeMessage,
    Receipt,
    Scalar,
    Source,
    derived_op_id,
)
from pushgo_compat.schemas import encode_message

MAX_TRIES = 5
"""How often a commit is tried again because keys changed under it."""
REPLAY_OF = "pushgo.replay_of"
"""The metadata that names the call."""
TTL_IS_OVER = "its ttl is over, so it is sent without one"
FILE_IS_GONE = "its file is gone, so it is sent without it"
_FILE = re.compile(
    rf"https?://[^?#]*/file/([A-Za-z0-9]{{{FILE_NAME_LENGTH}}})(?:\.[A-Za-z0-9]+)?"
)
"""The address of an upload; those of other servers have ids of other lengths."""


class NothingToSend(LookupError):
    """A call has no message that can be sent again; says why."""


class Replayed(NamedTuple):
    """What was sent again."""

    receipts: Sequence[Receipt]
    left_out: Sequence[str]
    """What is not as it was the first time."""


async def replay(
    store: Store,
    call: WholeCall,
    to: Channel | None,
    now_ms: Callable[[], int],
    *,
    once: str | None = None,
) -> Replayed:
    """Store the native messages of a call again, under new ids, in one commit.

    Each goes to its own channel, or all to another, and at once: also those that were
    delayed. With the same ``once`` it is done once; later calls tell of the first.
    Raises ServerBusy, NothingToSend.
    """
    left_out: list[str] = []
    sending = [
        (home, await _anew(store, message, call.entry.call_id, now_ms(), left_out))
        for home, message in await _found(store, call, to)
    ]
    results: Sequence[AppendResult] = ()
    for _ in range(MAX_TRIES):
        generation = await store.generation()
        rows = [
            NewMessage(
                channel=home.number,
                generation=generation,
                source=Source.NATIVE,
                payload=encode_message(message),
                op_id=once and f"replay-{once}-{number}",
                thing_id=message.thing_id,
            )
            for number, (home, message) in enumerate(sending)
        ]
        results = await store.append(rows)
        if not any(isinstance(result, Stale) for result in results):
            break
    receipts = [
        _receipt(result, message, home)
        for result, (home, message) in zip(results, sending, strict=True)
    ]
    return Replayed(receipts, list(dict.fromkeys(left_out)))


async def _found(
    store: Store, call: WholeCall, to: Channel | None
) -> list[tuple[Channel, NativeMessage]]:
    """The messages that are still there, and where each goes."""
    if not call.messages:
        raise NothingToSend("this call made no message, so there is nothing to send")
    channels = {channel.number: channel for channel in await store.channels()}
    homes = [channels.get(number) for number in call.channels]
    if len(homes) < len(call.messages) or not all(homes):
        raise NothingToSend("its channel is gone, and its messages with it")
    found = []
    ids = call.entry.message_ids
    for home, message, message_id in zip(homes, call.messages, ids, strict=True):
        # Not one that told ntfy's or Bark's clients to delete or clear another.
        if home and await store.get(home.number, message_id) is not None:
            found.append((to or home, message))
    if not found:
        raise NothingToSend(
            "this call took back or cleared a message, or its own was deleted: there is"
            " nothing to send"
        )
    return found


async def _anew(
    store: Store,
    message: NativeMessage,
    call_id: str,
    now_ms: int,
    left_out: list[str],
) -> NativeMessage:
    """The message as it is sent now."""
    metadata: dict[str, Scalar] = {**message.metadata, REPLAY_OF: call_id}
    # A new id must not meet the one of the first time.
    anew = replace(message, op_id=None, metadata=metadata)
    if anew.ttl_ms is not None and anew.ttl_ms <= now_ms:
        left_out.append(TTL_IS_OVER)
        anew = replace(anew, ttl_ms=None)
    for address in [*anew.images, anew.url, *metadata.values()]:
        if isinstance(address, str) and await _is_gone(store, address, now_ms):
            left_out.append(FILE_IS_GONE)
            anew = _without(anew, address)
    return anew


async def _is_gone(store: Store, address: str, now_ms: int) -> bool:
    """Whether an address is that of an upload which nobody can fetch any more."""
    found = _FILE.fullmatch(address)
    if found is None:
        return False
    file = await store.file(found[1])
    return file is None or file.expires_at_ms <= now_ms


def _without(message: NativeMessage, address: str) -> NativeMessage:
    """The message without a file, and without what else is said of it.

    That is the metadata beside its address: ``…attachment_name`` beside
    ``…attachment_url``.
    """
    beside = tuple(
        name.removesuffix("url")
        for name, value in message.metadata.items()
        if value == address and name.endswith("_url")
    )
    return replace(
        message,
        url=None if message.url == address else message.url,
        images=tuple(image for image in message.images if image != address),
        metadata={
            name: value
            for name, value in message.metadata.items()
            if value != address and not name.startswith(beside or ("\0",))
        },
    )


def _receipt(result: AppendResult, message: NativeMessage, home: Channel) -> Receipt:
    if not isinstance(result, Committed):
        raise ServerBusy
    return Receipt(
        channel_id=home.channel_id,
        channel_name=home.name,
        message_id=result.message_id,
        op_id=derived_op_id(result.message_id),
        accepted_at_ms=result.accepted_at_ms,
        thing_id=message.thing_id,
    )
