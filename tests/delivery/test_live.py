"""The hub: each subscriber hears everything in order, or learns that it did not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest

from pushgo_compat.core.live import MAX_BUFFERED, Hub, Subscription
from pushgo_compat.core.stores.live import Overrun
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Source


def message(number: int, channel: int = 1) -> StoredMessage:
    position = number.to_bytes(16, "big")
    return StoredMessage(
        channel=channel,
        position=position,
        message_id=position.hex(),
        accepted_at_ms=number,
        source=Source.NATIVE,
        payload=b"{}",
    )


def numbers(messages: Iterable[StoredMessage]) -> list[int]:
    return [heard.accepted_at_ms for heard in messages]


async def heard(subscription: Subscription, count: int) -> list[int]:
    return numbers([await subscription.next(1) for _ in range(count)])


async def test_every_listener_hears_its_channels_in_order() -> None:
    hub = Hub()
    one, both = hub.subscribe([1]), hub.subscribe([1, 2, 1])
    hub.publish([message(1), message(2, channel=2), message(3)])
    hub.publish([message(4, channel=3), message(5, channel=2), message(6)])
    assert await heard(one, 3) == [1, 3, 6]
    assert await heard(both, 5) == [1, 2, 3, 5, 6]
    for subscription in (one, both):
        with pytest.raises(TimeoutError):
            await subscription.next(0)


async def test_a_waiting_listener_wakes_up() -> None:
    hub = Hub()
    subscription = hub.subscribe([1])
    waiting = asyncio.ensure_future(subscription.next())
    await asyncio.sleep(0)
    hub.publish([message(1), message(2)])
    assert numbers([await waiting]) == [1]
    assert await heard(subscription, 1) == [2]


async def test_who_gives_up_waiting_misses_nothing() -> None:
    hub = Hub()
    subscription = hub.subscribe([1])
    waiting = asyncio.ensure_future(subscription.next())
    await asyncio.sleep(0)
    hub.publish([message(1)])
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    hub.publish([message(2)])
    assert await heard(subscription, 2) == [1, 2]


async def test_answers_leave_before_the_fan_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A sender's task that the commit woke runs before any listener is served."""
    hub, order = Hub(), list[str]()
    push = Subscription.push

    def push_in_turn(self: Subscription, stored: StoredMessage) -> None:
        order.append("fan-out")
        push(self, stored)

    monkeypatch.setattr(Subscription, "push", push_in_turn)
    loop = asyncio.get_running_loop()
    subscription = hub.subscribe([1])

    async def listen() -> None:
        await subscription.next()
        order.append("listener")

    answer: asyncio.Future[None] = loop.create_future()

    async def send() -> None:
        await answer
        order.append("sender")

    tasks = [asyncio.ensure_future(listen()), asyncio.ensure_future(send())]
    await asyncio.sleep(0)
    answer.set_result(None)
    hub.publish([message(1)])
    await asyncio.gather(*tasks)
    assert order == ["sender", "fan-out", "listener"]


async def test_a_slow_listener_hears_what_fitted_and_then_that_it_missed_some() -> None:
    hub = Hub()
    slow, quick = hub.subscribe([1]), hub.subscribe([1])
    hub.publish([message(number) for number in range(MAX_BUFFERED)])
    assert await heard(quick, MAX_BUFFERED) == [*range(MAX_BUFFERED)]
    hub.publish([message(MAX_BUFFERED)])
    assert await heard(quick, 1) == [MAX_BUFFERED]
    assert await heard(slow, MAX_BUFFERED) == [*range(MAX_BUFFERED)]
    hub.publish([message(MAX_BUFFERED + 1)])
    await asyncio.sleep(0)
    for _ in range(2):  # there is no way back into the order
        with pytest.raises(Overrun):
            await slow.next(0)
    assert await heard(quick, 1) == [MAX_BUFFERED + 1]


async def test_who_leaves_hears_no_more_and_others_still_do() -> None:
    hub = Hub()
    leaving, staying = hub.subscribe([1, 2]), hub.subscribe([1])
    assert (hub.listening(1), hub.listening(2)) == (True, True)
    leaving.close()
    leaving.close()
    assert (hub.listening(1), hub.listening(2)) == (True, False)
    hub.publish([message(1)])
    assert await heard(staying, 1) == [1]
    with pytest.raises(TimeoutError):
        await leaving.next(0)
    staying.close()
    assert not hub.listening(1)


async def test_leaving_while_messages_are_handed_out_disturbs_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = Hub()
    listeners = [hub.subscribe([1]) for _ in range(3)]
    push = Subscription.push

    def push_and_leave(self: Subscription, stored: StoredMessage) -> None:
        listeners[1].close()
        push(self, stored)

    monkeypatch.setattr(Subscription, "push", push_and_leave)
    hub.publish([message(1), message(2)])
    assert await heard(listeners[0], 2) == [1, 2]
    assert await heard(listeners[2], 2) == [1, 2]


async def test_iterating_hears_one_after_the_other() -> None:
    hub = Hub()
    subscription = hub.subscribe([1])
    hub.publish([message(1), message(2)])
    seen = []
    async for stored in subscription:
        seen.append(stored)
        if len(seen) == 2:
            break
    assert numbers(seen) == [1, 2]


async def test_a_listener_that_fails_silences_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hub = Hub()
    faulty, sound = hub.subscribe([1]), hub.subscribe([1])
    push = Subscription.push

    def fail(self: Subscription, stored: StoredMessage) -> None:
        if self is faulty:
            raise ValueError
        push(self, stored)

    monkeypatch.setattr(Subscription, "push", fail)
    hub.publish([message(1), message(2)])
    assert await heard(sound, 2) == [1, 2]


async def test_whoever_is_ended_hears_nothing_more() -> None:
    hub = Hub()
    subscription = hub.subscribe([1])
    waiting = asyncio.ensure_future(subscription.next())
    await asyncio.sleep(0)
    subscription.end()
    with pytest.raises(Overrun):
        await waiting
    hub.publish([message(1)])
    await asyncio.sleep(0)
    with pytest.raises(Overrun):
        await subscription.next(0)
    assert not hub.listening(1)
