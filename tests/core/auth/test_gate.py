"""The gate's memory: argon2 once a key, and no success that outlives a rotation."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Mapping

import pytest

from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.opening import memories, verifier
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.opening.memories import FAILURE_REMEMBERED_MS
from pushgo_compat.core.auth.opening.verifier import (
    MAX_CHECKS_AT_ONCE,
    MAX_CHECKS_WAITING,
)
from pushgo_compat.errors import ChannelNotFound, RateLimited
from pushgo_compat.model import Access, Channel, Credential, KeyClaim, Source
from tests.core.conftest import NOBODY_ID, SECRET, Checks, Clock, House
from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import until

KEY = CHANNEL_ID + PASSWORD
WRONG = "a wrong password"


async def let_run(turns: int = 30) -> None:
    """Give the loop, and the threads beside it, a moment."""
    for _ in range(turns):
        await asyncio.sleep(0.001)


async def refused(house: House, password: str = WRONG, *, fresh: bool = False) -> None:
    with pytest.raises(ChannelNotFound):
        await house.gate.login(CHANNEL_ID, password, fresh=fresh)


async def let_in(house: House, password: str = PASSWORD) -> None:
    grant = await house.gate.login(CHANNEL_ID, password, fresh=True)
    assert grant.channel.channel_id == CHANNEL_ID


async def send_key(house: House, key: str) -> Grant:
    claim = KeyClaim(key=key)
    return await house.gate.open(Source.BARK, claim, Access.SEND)


# ------------------------------------------------------------------- what is remembered


@pytest.mark.parametrize("fresh", [False, True])
async def test_a_password_is_checked_once(
    house: House, checks: Checks, fresh: bool
) -> None:
    for channel_id in (CHANNEL_ID, CHANNEL_ID, CHANNEL_ID):
        grant = await house.gate.login(channel_id, PASSWORD, fresh=fresh)
        assert grant.channel.channel_id == CHANNEL_ID
    assert checks.count == 1


async def test_a_key_is_checked_once(house: House, checks: Checks) -> None:
    grants = [await send_key(house, KEY) for _ in range(3)]
    assert {grant.channel.channel_id for grant in grants} == {CHANNEL_ID}
    assert checks.count == 1


async def test_many_first_requests_share_one_check(
    house: House, checks: Checks
) -> None:
    checks.go_on.clear()
    opening = [asyncio.ensure_future(send_key(house, KEY)) for _ in range(64)]
    await until(lambda: checks.count > 0)
    await let_run()
    assert checks.count == 1
    checks.go_on.set()
    assert len({grant.channel.number for grant in await asyncio.gather(*opening)}) == 1
    assert checks.count == 1


async def test_who_goes_away_does_not_take_the_check_along(
    house: House, checks: Checks
) -> None:
    checks.go_on.clear()
    first = asyncio.ensure_future(send_key(house, KEY))
    second = asyncio.ensure_future(send_key(house, KEY))
    await let_run()
    first.cancel()
    await let_run()
    checks.go_on.set()
    assert (await second).channel.channel_id == CHANNEL_ID


async def test_a_refusal_that_nobody_waits_for_is_no_fault(
    house: House, checks: Checks
) -> None:
    faults: list[Mapping[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, c: faults.append(c))
    checks.go_on.clear()
    asking = asyncio.ensure_future(send_key(house, CHANNEL_ID + WRONG))
    await let_run()
    asking.cancel()
    checks.go_on.set()
    await let_run()
    del asking
    gc.collect()
    assert faults == []


async def test_a_failure_is_remembered_for_a_minute(
    house: House, checks: Checks, clock: Clock
) -> None:
    for _ in range(3):
        await refused(house)
    assert checks.count == 1
    clock.now_ms += FAILURE_REMEMBERED_MS - 1
    await refused(house)
    assert checks.count == 1
    clock.now_ms += 1
    await refused(house)
    assert checks.count == 2


async def test_a_failure_is_forgotten_when_anything_changes(
    house: House, checks: Checks
) -> None:
    await refused(house)
    await house.rotate(WRONG)
    await let_in(house, WRONG)
    assert checks.count == 2


async def test_a_wrong_password_and_an_unknown_channel_cost_the_same(
    house: House, checks: Checks
) -> None:
    await refused(house)
    assert (checks.count, checks.dummies) == (1, 0)
    with pytest.raises(ChannelNotFound):
        await house.gate.login(NOBODY_ID, WRONG)
    assert (checks.count, checks.dummies) == (2, 1)


@pytest.mark.parametrize("password", ["", "short", "x" * 129])
async def test_a_password_that_cannot_be_is_not_checked(
    house: House, checks: Checks, password: str
) -> None:
    await refused(house, password)
    assert checks.count == 0


# ---------------------------------------------------------------------------- rotation


async def test_no_success_outlives_a_rotation(house: House, checks: Checks) -> None:
    await house.gate.login(CHANNEL_ID, PASSWORD)
    await house.rotate("another password")
    await refused(house, PASSWORD, fresh=True)
    await refused(house, PASSWORD)
    await let_in(house, "another password")


async def test_a_sender_from_before_a_rotation_keeps_the_old_generation(
    house: House,
) -> None:
    before = await house.gate.login(CHANNEL_ID, PASSWORD)
    await house.rotate("another password")
    # Unasked, the gate trusts its memory; the commit compares the generation.
    remembered = await house.gate.login(CHANNEL_ID, PASSWORD)
    assert remembered.generation == before.generation
    assert remembered.generation < await house.store.generation()


async def test_a_check_that_began_before_a_rotation_is_not_shared_after_it(
    house: House, checks: Checks
) -> None:
    checks.go_on.clear()
    before = asyncio.ensure_future(house.gate.login(CHANNEL_ID, PASSWORD, fresh=True))
    await let_run()
    await house.rotate("another password")
    after = asyncio.ensure_future(refused(house, PASSWORD, fresh=True))
    await let_run()
    checks.go_on.set()
    await after
    assert (await before).generation < await house.store.generation()


async def test_a_change_elsewhere_costs_no_second_check(
    house: House, checks: Checks
) -> None:
    before = await house.gate.login(CHANNEL_ID, PASSWORD)
    await house.bind(Source.NTFY, "backups")
    after = await house.gate.login(CHANNEL_ID, PASSWORD, fresh=True)
    assert after.generation > before.generation
    assert checks.count == 1


async def test_a_deleted_channel_opens_no_longer(house: House) -> None:
    await house.gate.login(CHANNEL_ID, PASSWORD)
    await house.store.delete_channel(CHANNEL_ID)
    await refused(house, PASSWORD, fresh=True)


# ---------------------------------------------------------------------------- guessing


async def test_two_checks_run_and_32_wait_then_callers_are_turned_away(
    house: House, checks: Checks
) -> None:
    checks.go_on.clear()
    room = MAX_CHECKS_AT_ONCE + MAX_CHECKS_WAITING
    guesses = [
        asyncio.ensure_future(
            house.gate.login(CHANNEL_ID, f"guess number {n}", address=f"192.0.2.{n}")
        )
        for n in range(room + 1)
    ]
    done, _ = await asyncio.wait(guesses, return_when=asyncio.FIRST_COMPLETED)
    with pytest.raises(RateLimited):
        await done.pop()
    assert done == set()
    await until(lambda: checks.count == 2)
    checks.go_on.set()
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert Counter(map(type, results)) == {RateLimited: 1, ChannelNotFound: room}
    assert (checks.count, checks.most_at_once) == (room, 2)
    # Being turned away is no failure: nothing of it is remembered.
    await let_in(house)


async def test_four_checks_of_one_address_wait_and_others_still_have_room(
    house: House, checks: Checks
) -> None:
    checks.go_on.clear()
    guesses = [
        asyncio.ensure_future(
            house.gate.login(CHANNEL_ID, f"guess number {n}", address=f"2001:db8::{n}")
        )
        for n in range(100)
    ]
    await until(lambda: sum(map(asyncio.Future.done, guesses)) == 94)
    good = asyncio.ensure_future(
        house.gate.login(CHANNEL_ID, PASSWORD, address="2001:db8:0:1::1")
    )
    await let_run()
    assert not good.done()
    checks.go_on.set()
    assert (await good).channel.channel_id == CHANNEL_ID
    results = await asyncio.gather(*guesses, return_exceptions=True)
    kinds = [type(result) for result in results]
    assert kinds.count(ChannelNotFound) == MAX_CHECKS_AT_ONCE + 4
    assert kinds.count(RateLimited) == 100 - MAX_CHECKS_AT_ONCE - 4


async def test_addresses_are_served_in_turn(checks: Checks) -> None:
    checks.go_on.clear()
    queue = verifier.Verifier()
    order: list[str] = []

    async def guess(who: str) -> None:
        await queue.matching("hash", [WRONG], who)
        order.append(who)

    running = [asyncio.ensure_future(guess("guesser")) for _ in range(2)]
    waiting = [
        asyncio.ensure_future(guess(who))
        for who in ("guesser", "guesser", "guesser", "first", "second", "second")
    ]
    await until(lambda: checks.count == MAX_CHECKS_AT_ONCE)
    checks.go_on.set()
    await asyncio.gather(*running, *waiting)
    # Two checks run at a time, so neighbours may change places.
    assert order[:2] == ["guesser", "guesser"]
    assert {"first", "second"} <= set(order[2:6])
    assert order[7] == "guesser"


async def test_one_address_does_not_speak_for_another_with_the_same_key(
    house: House, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks.go_on.clear()
    guesses = [
        asyncio.ensure_future(
            house.gate.login(CHANNEL_ID, f"wrong guess {n}", address="a")
        )
        for n in range(7)
    ]
    await until(lambda: any(map(asyncio.Future.done, guesses)))  # no room is left
    look_up, both_ask, asking = house.store.channel, asyncio.Event(), []

    async def held_look_up(channel_id: str) -> Channel | None:
        asking.append(channel_id)
        await both_ask.wait()
        return await look_up(channel_id)

    monkeypatch.setattr(house.store, "channel", held_look_up)
    crowded = asyncio.ensure_future(house.gate.login(CHANNEL_ID, PASSWORD, address="a"))
    await until(lambda: bool(asking))
    other = asyncio.ensure_future(house.gate.login(CHANNEL_ID, PASSWORD, address="b"))
    await let_run()
    both_ask.set()
    with pytest.raises(RateLimited):
        await crowded
    checks.go_on.set()
    assert (await other).channel.channel_id == CHANNEL_ID
    await asyncio.gather(*guesses, return_exceptions=True)


async def test_who_stops_waiting_leaves_his_place(checks: Checks) -> None:
    checks.go_on.clear()
    queue = verifier.Verifier()
    waiting = [
        asyncio.ensure_future(queue.matching("hash", [f"password {n}"], "a"))
        for n in range(6)
    ]
    await let_run()
    waiting[-1].cancel()
    await let_run()
    waiting[-1] = asyncio.ensure_future(queue.matching("hash", ["password"], "a"))
    await let_run()
    assert not waiting[-1].done()
    checks.go_on.set()
    assert await asyncio.gather(*waiting) == [None] * 6


async def test_a_guessers_failures_push_out_nobody_elses(
    house: House, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "MAX_FAILURES_OF_ONE_NETWORK", 10)
    gate = Gate(house.store, SECRET, house.unknown, Clock())

    async def guess(password: str, address: str) -> None:
        with pytest.raises(ChannelNotFound):
            await gate.login(CHANNEL_ID, password, address=address)

    await guess(WRONG, "192.0.2.1")
    for number in range(50):
        await guess(f"guess number {number}", "192.0.2.2")
    before = checks.count
    await guess(WRONG, "192.0.2.1")
    assert checks.count == before
    await guess("guess number 0", "192.0.2.2")
    assert checks.count == before + 1


async def test_what_the_catch_all_takes_pushes_out_no_known_key(
    house: House, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "MAX_REMEMBERED", 10)
    await house.bind(Source.BARK, "*")
    known = await send_key(house, KEY)
    for number in range(50):
        await send_key(house, f"a key of nobody {number}")
    assert await send_key(house, KEY) is known


async def test_a_password_that_was_right_once_is_never_checked_again(
    house: House, checks: Checks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memories, "MAX_REMEMBERED", 10)
    await house.gate.login(CHANNEL_ID, PASSWORD)
    await house.bind(Source.BARK, "old-key")
    logins = [Credential(user="u", secret=f"secret {n}") for n in range(50)]
    for login in logins:
        claim = KeyClaim(key="old-key", credentials=(login,))
        await house.gate.open(Source.BARK, claim, Access.SEND)
    assert (await send_key(house, KEY)).by_password
    assert checks.count == 1


async def test_guessing_does_not_hold_up_who_is_known(
    house: House, checks: Checks
) -> None:
    await house.gate.login(CHANNEL_ID, PASSWORD)
    checks.go_on.clear()
    guess = asyncio.ensure_future(refused(house))
    await let_run()
    await let_in(house)
    checks.go_on.set()
    await guess


async def test_nothing_that_is_remembered_shows_the_key(house: House) -> None:
    grant = await send_key(house, KEY)
    assert PASSWORD not in repr(grant)
    assert PASSWORD not in repr(vars(house.gate))
