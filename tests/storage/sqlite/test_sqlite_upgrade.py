"""A store of an earlier release keeps what it holds and what it has answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import orjson
import pytest

from adapters import DIALECTS
from pushgo_compat.core.calls.filters import CallFilter
from pushgo_compat.core.calls.service import Calls
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.model import Source
from pushgo_compat.storage.sqlite.engine import connection
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


EARLIER_RECEIPT = [
    "POST /{topic}",
    "curl/8",
    "POST",
    "/jaEU…SqY",
    {"Title": "t"},
    "body",
    [["Title", "title", ""]],
    False,
    "jaEU…SqY",
]


async def test_a_store_from_before_the_records_of_calls_lists_its_old_calls(
    path: Path, open_store: OpenStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Release 9 of the tables: receipts end with the key's hint."""
    migrations = connection._migrations()
    with monkeypatch.context() as earlier:
        earlier.setattr(connection, "_migrations", lambda: migrations[:9])
        connection.migrate(path)
    assert migrations[9][0] == 10
    desk = await Desk.at(await open_store())
    receipt = orjson.dumps(EARLIER_RECEIPT)
    sent = await desk.send("Backup", source=Source.NTFY, receipt=receipt)
    calls = Calls(desk.store.calls, desk.store.channels, ReceiptReader(DIALECTS))
    (entry,) = (await calls.list(CallFilter())).calls
    assert (entry.call_id, entry.title) == (sent.message_id, "Backup")
    assert (entry.at_ms, entry.duration_ms) == (sent.accepted_at_ms, None)
    whole = await calls.get(sent.message_id, Reader("https://push.test"))
    assert whole is not None
    assert whole.receipt["call_id"] == sent.message_id
    assert whole.receipt["mount"] is None
