"""Accept messages: authenticate, one durable commit, receipt.

Every door ends here, the native one and every dialect: one place for authentication,
idempotency and durability.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import orjson

from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.deliveries import WAITING, DeliveryReader, progress_of
from pushgo_compat.core.stores.messages import (
    AppendResult,
    Committed,
    MessageStore,
    NewMessage,
    Stale,
    StoredMessage,
)
from pushgo_compat.errors import NativeError, ServerBusy
from pushgo_compat.model import (
    MAX_TAGS,
    Channel,
    MessageExtras,
    NativeMessage,
    PushStatus,
    Receipt,
    Source,
    derived_op_id,
)
from pushgo_compat.schemas import decode_message, encode_message

OUTBOX_FULL_RETRY_S = 30
MAX_RENEWALS = 5
"""How often a sender is let in anew because channels changed under its commit."""


class Recipient(NamedTuple):
    """One channel that a call may write to, and how to ask again whether it may."""

    grant: Grant
    renew: Callable[[], Awaitable[Grant]]
    receipt: bytes | None = None
    """What is kept of the old call, its keys masked."""


_NO_EXTRAS = MessageExtras()
Then = Callable[[Receipt | Exception], None]
"""Hears what became of one message: its receipt, a NativeError, or a fault of ours."""


class MessageService:
    """Turns messages into receipts. A receipt means: on disk."""

    def __init__(
        self,
        gate: Gate,
        store: MessageStore,
        secret: SecretKey,
        wake_schedule: Callable[[], None] = lambda: None,
        outbox_is_full: Callable[[], bool] = lambda: False,
        deliveries: DeliveryReader | None = None,
    ) -> None:
        """``wake_schedule`` hears that a message was accepted that has to wait.

        While ``outbox_is_full`` nothing is accepted: what is accepted is delivered.
        Without ``deliveries`` nothing is known of targets.
        """
        self._deliveries = deliveries
        self._gate = gate
        self._store = store
        self._secret = secret
        self._wake_schedule = wake_schedule
        self._outbox_is_full = outbox_is_full
        self._renewing: set[asyncio.Task[None]] = set()

    async def submit_native(
        self,
        channel_id: str,
        password: str,
        message: NativeMessage,
        *,
        address: str = "",
        via: str | None = None,
    ) -> Receipt:
        """Accept a native message that came from this address.

        ``via`` names the stores that it came through, commas between.

        A repeated op_id answers with the first message's receipt, ``replayed`` set.
        Raises ChannelNotFound, RateLimited, ServerBusy.
        """
        login = partial(self._gate.login, channel_id, password, address=address)
        grant = await login()
        recipient = Recipient(grant=grant, renew=partial(login, fresh=True))
        (result,) = await self.submit(Source.NATIVE, message, [recipient], via=via)
        if isinstance(result, NativeError):
            raise result
        return result

    async def submit(
        self,
        source: Source,
        message: NativeMessage,
        recipients: Sequence[Recipient],
        extras: MessageExtras = _NO_EXTRAS,
        *,
        via: str | None = None,
    ) -> list[Receipt | NativeError]:
        """Accept one message for each recipient, all in one commit.

        One result a recipient, in order: refused ones do not hold up the others.
        """
        if self._outbox_is_full():
            return [_outbox_full(message) for _ in recipients]
        write = partial(self._write, source, message, extras, via)
        results, stale = await write(recipients)
        for _ in range(MAX_RENEWALS):
            if not stale:
                break
            renewed = await _renew({i: recipients[i] for i in stale}, results)
            again, outdated = await write(tuple(renewed.values()))
            places = tuple(renewed)
            for place, result in zip(places, again, strict=True):
                results[place] = result
            stale = [places[i] for i in outdated]
        return results

    def submit_one(
        self,
        source: Source,
        message: NativeMessage,
        recipient: Recipient,
        extras: MessageExtras = _NO_EXTRAS,
        *,
        via: str | None = None,
        then: Then,
    ) -> None:
        """As ``submit`` to one recipient, without waiting: ``then`` hears the result.

        It may hear of a refusal before this returns.
        """
        if self._outbox_is_full():
            then(_outbox_full(message))
            return
        row = _row(source, message, extras, via, recipient)

        def written(results: list[AppendResult]) -> None:
            result = results[0]
            if extras.deliver_at_ms is not None:
                self._wake_schedule()
            if type(result) is Stale:
                task = asyncio.create_task(renew())
                self._renewing.add(task)
                task.add_done_callback(self._renewing.discard)
            else:
                then(self._receipt(recipient.grant, message, extras, result))

        async def renew() -> None:
            result: Receipt | Exception
            try:
                (result,) = await self.submit(
                    source, message, [recipient], extras, via=via
                )
            except Exception as fault:
                result = fault
            then(result)

        self._store.append_then([row], written)

    async def find_push(self, push_number: int, read_token: str) -> PushStatus | None:
        """What became of a numbered message; None unless the token goes with it."""
        if not self._secret.is_read_token(push_number, read_token):
            return None
        found = await self._store.find_push(push_number)
        if found is None:
            return None
        channel, stored = found
        message = decode_message(stored.payload)
        receipt = replace(receipt_of(stored, channel, message), read_token=read_token)
        if self._deliveries is None:
            return PushStatus(receipt=receipt, message=message)
        deliveries = await self._deliveries.of_message(channel, stored)
        return PushStatus(
            receipt=receipt,
            message=message,
            progress=progress_of(deliveries),
            updated_at_ms=max(
                (each.at_ms for each in deliveries if each.state != WAITING),
                default=None,
            ),
        )

    async def _write(
        self,
        source: Source,
        message: NativeMessage,
        extras: MessageExtras,
        via: str | None,
        recipients: Sequence[Recipient],
    ) -> tuple[list[Receipt | NativeError], list[int]]:
        """Try one commit: its results, and who has to be let in anew."""
        rows = [_row(source, message, extras, via, to) for to in recipients]
        written = await self._store.append(rows)
        results = [
            self._receipt(recipient.grant, message, extras, result)
            for recipient, result in zip(recipients, written, strict=True)
        ]
        if extras.deliver_at_ms is not None:
            self._wake_schedule()
        return results, [i for i, r in enumerate(written) if type(r) is Stale]

    def _receipt(
        self,
        grant: Grant,
        message: NativeMessage,
        extras: MessageExtras,
        result: AppendResult,
    ) -> Receipt | NativeError:
        op_id = message.op_id or derived_op_id(result.message_id)
        if not isinstance(result, Committed):
            return ServerBusy(message_id=result.message_id, op_id=op_id)
        number = result.push_number
        return Receipt(
            channel_id=grant.channel.channel_id,
            channel_name=grant.channel.name,
            message_id=result.message_id,
            op_id=op_id,
            accepted_at_ms=result.accepted_at_ms,
            thing_id=message.thing_id,
            replayed=result.replayed,
            deliver_at_ms=extras.deliver_at_ms,
            push_number=number,
            read_token=None if number is None else self._secret.read_token(number),
        )


async def _renew(
    stale: Mapping[int, Recipient], results: list[Receipt | NativeError]
) -> dict[int, Recipient]:
    """Let recipients in anew; who is refused now gets the refusal as its result."""
    renewed = {}
    for index, recipient in stale.items():
        try:
            grant = await recipient.renew()
        except NativeError as error:
            results[index] = error
        else:
            renewed[index] = recipient._replace(grant=grant)
    return renewed


def receipt_of(
    stored: StoredMessage, channel: Channel, message: NativeMessage
) -> Receipt:
    """What was promised about a stored message; its read token is not kept."""
    return Receipt(
        channel_id=channel.channel_id,
        channel_name=channel.name,
        message_id=stored.message_id,
        op_id=message.op_id or derived_op_id(stored.message_id),
        accepted_at_ms=stored.accepted_at_ms,
        thing_id=message.thing_id,
        deliver_at_ms=stored.deliver_at_ms,
        push_number=stored.push_number,
    )


def _outbox_full(message: NativeMessage) -> ServerBusy:
    """The refusal, with the id that the message would have had."""
    message_id = secrets.token_hex(16)
    return ServerBusy(
        message_id=message_id,
        op_id=message.op_id or derived_op_id(message_id),
        retry_after_s=OUTBOX_FULL_RETRY_S,
        detail="too many deliveries wait",
    )


def _row(
    source: Source,
    message: NativeMessage,
    extras: MessageExtras,
    via: str | None,
    recipient: Recipient,
) -> NewMessage:
    """The row of one recipient: the one place where a message meets its channel."""
    grant = recipient.grant
    message = addressed(message, grant)
    return NewMessage(
        channel=grant.channel.number,
        generation=grant.generation,
        source=source,
        payload=encode_message(message),
        op_id=message.op_id,
        thing_id=message.thing_id,
        view=None if extras.view is None else orjson.dumps(extras.view),
        receipt=recipient.receipt,
        numbered=extras.numbered,
        deliver_at_ms=extras.deliver_at_ms,
        hidden=extras.hidden,
        sequence_id=extras.sequence_id,
        cancels=extras.cancels,
        file=extras.file,
        via=via,
        held=grant.alias is not None and grant.alias.holds,
    )


def addressed(message: NativeMessage, grant: Grant) -> NativeMessage:
    """The message as this channel gets it.

    The channel's name stands for a title that is missing; the alias adds its tags and
    maps the severity.
    """
    if message.title is None:
        message = replace(message, title=grant.channel.name)
    alias = grant.alias
    if alias is None:
        return message
    if alias.tags:
        tags = tuple(dict.fromkeys((*message.tags, *alias.tags)))[:MAX_TAGS]
        message = replace(message, tags=tags)
    if alias.severity_map:
        severity = alias.severity_map.get(message.severity, message.severity)
        message = replace(message, severity=severity)
    return message
