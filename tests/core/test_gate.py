"""The gate's memory: argon2 once a key, and no success that outlives a rotation."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Mapping

import pytest

from pushgo_compat.core.auth.authenticator import FAILURE_REMEMBERED_MS, Grant
from pushgo_compat.core.auth.verifier import MAX_CHECKS_AT_ONCE, MAX_CHECKS_WAITING
from pushgo_compat.errors import ChannelNotFound, RateLimited
from pushgo_compat.legacy import Access, KeyClaim
from pushgo_compat.model import Source
from tests.core.conftest import NOBODY_ID, Checks, Clock, House
from tests.golden import CHANNEL_ID, PASSWORD

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
        asyncio.ensure_future(house.gate.login(CHANNEL_ID, f"guess number {n}"))
        for n in range(room)
    ]
    await let_run()
    with pytest.raises(RateLimited):
        await house.gate.login(CHANNEL_ID, PASSWORD)
    assert checks.count == 2
    checks.go_on.set()
    results = await asyncio.gather(*guesses, return_exceptions=True)
    assert {type(result) for result in results} == {ChannelNotFound}
    assert (checks.count, checks.most_at_once) == (room, 2)
    # Being turned away is no failure: nothing of it is remembered.
    await let_in(house)


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
