"""One place for every door: let in, one durable commit, a receipt."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest

from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.messages import MessageService, Recipient
from pushgo_compat.core.stores.messages import (
    AppendResult,
    NewMessage,
    Stale,
    Unwritten,
)
from pushgo_compat.errors import ChannelNotFound, NativeError, ServerBusy
from pushgo_compat.model import (
    Access,
    KeyClaim,
    MessageExtras,
    NativeMessage,
    Receipt,
    Severity,
    Source,
)
from pushgo_compat.schemas import decode_message
from tests.core.conftest import SECRET, Checks, House
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD

KEY = CHANNEL_ID + PASSWORD
MESSAGE = NativeMessage(title="t", body="b")
Append = Callable[[Sequence[NewMessage]], Awaitable[Sequence[AppendResult]]]


@dataclass
class Scripted:
    """A store whose first answers are given; afterwards the real one answers."""

    append_for_good: Append
    answers: list[Callable[[int], AppendResult]] = field(default_factory=list)
    asked: int = 0

    async def append(self, rows: Sequence[NewMessage]) -> Sequence[AppendResult]:
        self.asked += 1
        if self.answers:
            answer = self.answers.pop(0)
            return [answer(number) for number in range(len(rows))]
        return await self.append_for_good(rows)


@pytest.fixture
def service(house: House) -> MessageService:
    return MessageService(house.gate, house.store, SECRET)


def scripted(
    house: House, *answers: Callable[[int], AppendResult]
) -> tuple[MessageService, Scripted]:
    store = Scripted(house.store.append, list(answers))
    return MessageService(house.gate, store, SECRET), store  # type: ignore[arg-type]  # only append is asked


async def recipient(gate: Gate, source: Source, key: str) -> Recipient:
    ask = partial(gate.open, source, KeyClaim(key=key), Access.SEND)
    return Recipient(grant=await ask(), renew=partial(ask, fresh=True))


def received(result: Receipt | NativeError) -> Receipt:
    assert isinstance(result, Receipt), result
    return result


async def stored(house: House, receipt: Receipt) -> NativeMessage:
    channel = await house.store.channel(receipt.channel_id)
    assert channel is not None
    found = await house.store.get(channel.number, receipt.message_id)
    assert found is not None
    return decode_message(found.payload)


# ------------------------------------------------------------------------------ native


async def test_a_receipt_means_that_the_message_is_there(
    house: House, service: MessageService
) -> None:
    receipt = await service.submit_native(CHANNEL_ID.lower(), PASSWORD, MESSAGE)
    assert receipt == Receipt(
        channel_id=CHANNEL_ID,
        channel_name="NAS",
        message_id=receipt.message_id,
        op_id=f"op-{receipt.message_id}",
        accepted_at_ms=NOW_MS,
    )
    assert await stored(house, receipt) == MESSAGE


async def test_a_repeat_answers_with_the_first_receipt(
    service: MessageService,
) -> None:
    message = NativeMessage(title="t", op_id="op", thing_id="thing", occurred_at_ms=1)
    sent = await asyncio.gather(
        *(service.submit_native(CHANNEL_ID, PASSWORD, message) for _ in range(8))
    )
    assert len({receipt.message_id for receipt in sent}) == 1
    assert [receipt.replayed for receipt in sent].count(False) == 1
    assert {(r.op_id, r.thing_id) for r in sent} == {("op", "thing")}


async def test_a_wrong_password_is_refused_before_the_store_is_asked(
    house: House,
) -> None:
    service, store = scripted(house)
    with pytest.raises(ChannelNotFound):
        await service.submit_native(CHANNEL_ID, "a wrong password", MESSAGE)
    assert store.asked == 0


# ------------------------------------------------------------------ changes by commands


async def test_a_change_elsewhere_is_not_noticed_by_the_sender(
    house: House, service: MessageService, checks: Checks
) -> None:
    await service.submit_native(CHANNEL_ID, PASSWORD, MESSAGE)
    for number in range(3):
        await house.bind(Source.NTFY, f"alias{number}")
        await service.submit_native(CHANNEL_ID, PASSWORD, MESSAGE)
    assert checks.count == 1


async def test_an_old_password_is_refused_by_the_commit(
    house: House, service: MessageService
) -> None:
    await service.submit_native(CHANNEL_ID, PASSWORD, MESSAGE)
    await house.rotate("another password")
    with pytest.raises(ChannelNotFound):
        await service.submit_native(CHANNEL_ID, PASSWORD, MESSAGE)
    await service.submit_native(CHANNEL_ID, "another password", MESSAGE)


async def test_a_batch_keeps_what_was_accepted_and_refuses_what_is_gone(
    house: House, service: MessageService
) -> None:
    await house.bind(Source.BARK, "stays")
    await house.bind(Source.BARK, "goes")
    keys = ("goes", KEY, "stays", "goes")
    recipients = [await recipient(house.gate, Source.BARK, key) for key in keys]
    await house.store.remove_alias("bark:goes")
    results = await service.submit(Source.BARK, MESSAGE, recipients)
    assert [type(result) for result in results] == [
        ChannelNotFound,
        Receipt,
        Receipt,
        ChannelNotFound,
    ]
    ids = [received(result).message_id for result in results[1:3]]
    assert len({*ids}) == 2
    assert ids == sorted(ids)


async def test_who_stays_stale_is_told_to_come_back_with_the_ids(house: House) -> None:
    service, store = scripted(house, *[lambda n: Stale(f"{n:032x}")] * 99)
    with pytest.raises(ServerBusy) as caught:
        await service.submit_native(CHANNEL_ID, PASSWORD, MESSAGE)
    assert caught.value.message_id == "0" * 32
    assert caught.value.op_id == "op-" + "0" * 32
    assert 1 < store.asked < 10


# ---------------------------------------------------------------------- a store in need


@pytest.mark.parametrize("op_id", [None, "chosen"])
async def test_a_message_that_is_not_durable_is_refused_with_its_ids(
    house: House, op_id: str | None
) -> None:
    service, _ = scripted(house, lambda _: Unwritten("0f" * 16))
    message = NativeMessage(title="t", op_id=op_id)
    with pytest.raises(ServerBusy) as caught:
        await service.submit_native(CHANNEL_ID, PASSWORD, message)
    assert caught.value.message_id == "0f" * 16
    assert caught.value.op_id == (op_id or "op-" + "0f" * 16)


async def test_what_is_accepted_stays_so_when_the_rest_is_turned_away(
    house: House,
) -> None:
    """The first commit takes one and finds one stale; the second is turned away."""
    await house.bind(Source.BARK, "backups")
    keys = (KEY, "backups")
    recipients = [await recipient(house.gate, Source.BARK, key) for key in keys]
    service, store = scripted(house)

    async def stale_then_busy(rows: Sequence[NewMessage]) -> Sequence[AppendResult]:
        if store.asked == 1:
            return [*await house.store.append(rows[:1]), Stale("00" * 16)]
        return [Unwritten("ff" * 16)]

    store.append_for_good = stale_then_busy
    first, second = await service.submit(Source.BARK, MESSAGE, recipients)
    assert await stored(house, received(first)) == MESSAGE
    assert isinstance(second, ServerBusy)
    assert second.message_id == "ff" * 16


# -------------------------------------------------------------------------- old calls


async def test_a_numbered_reply_gets_a_number_and_its_token(
    house: House, service: MessageService
) -> None:
    extras = MessageExtras(numbered=True)
    to = await recipient(house.gate, Source.SERVERCHAN, KEY)
    first, second = await service.submit(Source.SERVERCHAN, MESSAGE, [to, to], extras)
    numbers = [received(result).push_number for result in (first, second)]
    assert None not in numbers
    assert len({*numbers}) == 2
    token = received(first).read_token
    assert token is not None
    assert SECRET.is_read_token(numbers[0] or 0, token)
    assert token not in repr(first)


async def test_a_message_without_a_title_takes_the_name_of_the_channel(
    house: House, service: MessageService
) -> None:
    to = await recipient(house.gate, Source.NTFY, KEY)
    message = NativeMessage(title=None, body="b")
    (result,) = await service.submit(Source.NTFY, message, [to])
    assert (await stored(house, received(result))).title == "NAS"


async def test_the_alias_adds_its_tags_and_maps_the_severity(
    house: House, service: MessageService
) -> None:
    severity_map = {Severity.HIGH: Severity.CRITICAL}
    tags = ("nas", "old")
    await house.bind(Source.BARK, "backups", tags=tags, severity_map=severity_map)
    message = NativeMessage(title="t", tags=("old", "x"), severity=Severity.HIGH)
    grants = [await recipient(house.gate, Source.BARK, key) for key in ("backups", KEY)]
    results = await service.submit(Source.BARK, message, grants)
    through_alias, directly = [await stored(house, received(r)) for r in results]
    assert through_alias.tags == ("old", "x", "nas")
    assert through_alias.severity is Severity.CRITICAL
    assert directly == message


async def test_an_alias_never_adds_more_tags_than_a_message_may_have(
    house: House, service: MessageService
) -> None:
    await house.bind(Source.BARK, "backups", tags=("one more",))
    tags = tuple(f"tag {number}" for number in range(32))
    to = await recipient(house.gate, Source.BARK, "backups")
    message = NativeMessage(title="t", tags=tags)
    (result,) = await service.submit(Source.BARK, message, [to])
    assert (await stored(house, received(result))).tags == tags


async def test_a_recipient_shows_neither_key_nor_hash(house: House) -> None:
    shown = repr((await recipient(house.gate, Source.BARK, KEY)).grant)
    assert PASSWORD not in shown


async def test_a_full_outbox_refuses_before_anything_is_written(house: House) -> None:
    full = MessageService(house.gate, house.store, SECRET, outbox_is_full=lambda: True)
    with pytest.raises(ServerBusy) as refused:
        await full.submit_native(CHANNEL_ID, PASSWORD, NativeMessage(title="t"))
    busy = refused.value
    assert busy.detail == "too many deliveries wait"
    assert busy.op_id == f"op-{busy.message_id}"
    assert busy.retry_after_s > 1
    (channel,) = await house.store.channels()
    assert await house.store.page(channel.number, b"", 0, 9) == []
