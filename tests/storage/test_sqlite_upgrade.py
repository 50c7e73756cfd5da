"""A store of an earlier release keeps what it holds and what it has answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.storage.conftest import Clock, Desk, OpenStore

DAY_MS = 86_400_000


def test_the_number_of_a_source_never_moves() -> None:
    numbers = {source.number: str(source) for source in Source.all()}
    wanted = {0: "native", 1: "ntfy", 2: "bark", 3: "serverchan"}
    assert numbers.items() >= wanted.items()


def test_every_source_has_a_number_of_its_own() -> None:
    for source in Source.all():
        assert Source.numbered(source.number) is source is Source(str(source))
        with pytest.raises(ValueError, match="declared already"):
            Source.declare("another", source.number)
        with pytest.raises(ValueError, match="declared already"):
            Source.declare(source, 1_000)


def test_a_name_that_nobody_declared_is_no_source() -> None:
    with pytest.raises(ValueError, match="no source is called 'pushover'"):
        Source("pushover")


@pytest.fixture
async def upgraded(desk: Desk, outside: sqlite3.Connection) -> tuple[Desk, int]:
    """A store with a number that was made of the clock, and that number."""
    sent = await desk.send(numbered=True)
    number = (1_764_000_000_000 - 1_577_836_800_000) << 10
    outside.execute("UPDATE push_numbers SET number = ?", (number,))
    outside.execute("UPDATE messages SET push_number = ?", (number,))
    assert sent.push_number != number
    return desk, number


async def test_a_number_made_of_the_clock_stays_readable(
    upgraded: tuple[Desk, int],
) -> None:
    desk, number = upgraded
    found = await desk.store.find_push(number)
    assert found is not None
    assert found[1].push_number == number


async def test_new_numbers_are_small_in_an_upgraded_store(
    upgraded: tuple[Desk, int], open_store: OpenStore, path: Path
) -> None:
    desk, _ = upgraded
    reopened = await Desk.at(await open_store())
    for sender in (desk, reopened):
        number = (await sender.send(numbered=True)).push_number
        assert number is not None
        assert number < 2**31


async def test_a_number_made_of_the_clock_goes_with_its_message(
    upgraded: tuple[Desk, int], clock: Clock
) -> None:
    desk, number = upgraded
    clock.now_ms += DAY_MS
    await desk.store.append([desk.row(numbered=True) for _ in range(600)])
    await desk.store.purge(clock.now_ms)
    assert await desk.store.find_push(number) is None
