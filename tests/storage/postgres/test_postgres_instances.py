"""Several processes on one database: each store here stands for one of them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import asyncpg
import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import Committed, Stale, Unwritten
from pushgo_compat.core.stores.store import StoreTooNew
from pushgo_compat.core.stores.targets import DeliveredElsewhere, LaneMove
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.postgres.engine import lease as leases
from pushgo_compat.storage.postgres.engine import wake_ups
from pushgo_compat.storage.postgres.engine.database import Database
from pushgo_compat.storage.postgres.engine.lease import Owner, RowLease
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.golden import NOW_MS
from tests.patience import PATIENCE_S
from tests.postgres import TestServer
from tests.storage.conformance.feed import Ear
from tests.storage.conformance.targets import added
from tests.storage.conftest import Clock, Desk

SOON_MS = NOW_MS + 1000


@pytest.fixture
async def url(postgres: TestServer) -> AsyncIterator[str]:
    url = await postgres.new_database()
    yield url
    await postgres.give_back(url)


@pytest.fixture
async def desks(url: str, clock: Clock) -> AsyncIterator[list[Desk]]:
    """Three stores on one database."""
    async with AsyncExitStack() as stack:
        desks = []
        for _ in range(3):
            store = await PostgresStore.open(url, owner=Owner(), clock=clock)
            stack.push_async_callback(store.close)
            desks.append(await Desk.at(store))
        generation = await desks[0].store.generation()
        yield [
            Desk(store=desk.store, channel=desk.channel, generation=generation)
            for desk in desks
        ]


async def test_ten_thousand_submits_of_a_thousand_operations_are_a_thousand_messages(
    desks: list[Desk],
) -> None:
    async def submit(number: int) -> Committed:
        desk = desks[number % 3]
        (result,) = await desk.store.append([desk.row(op_id=f"op-{number % 1000}")])
        assert isinstance(result, Committed), result
        return result

    done = await asyncio.gather(*(submit(number) for number in range(10_000)))
    first = Counter(each.message_id for each in done if not each.replayed)
    assert len(first) == first.total() == 1000
    by_operation = [{each.message_id for each in done[n::1000]} for n in range(1000)]
    assert all(len(ids) == 1 for ids in by_operation)
    assert sorted(await desks[0].ids()) == sorted(first)


async def test_positions_of_all_processes_are_in_the_order_of_commits(
    desks: list[Desk],
) -> None:
    """What is committed after something was read stands behind it."""
    seen: list[str] = []

    async def send(desk: Desk) -> None:
        for _ in range(40):
            before = await desk.store.last_position(desk.channel.number)
            sent = await desk.send(numbered=True)
            assert bytes.fromhex(sent.message_id) > before
            seen.append(sent.message_id)

    await asyncio.gather(*(send(desk) for desk in desks))
    assert sorted(seen) == await desks[0].ids()


async def test_what_is_due_is_released_once_by_whoever_comes_first(
    desks: list[Desk],
) -> None:
    sent = [await desks[0].send(deliver_at_ms=SOON_MS) for _ in range(30)]
    ears = []
    for desk in desks:
        ears.append(Ear())
        hub = Hub()
        hub.join(ears[-1], [desk.channel.number])
        desk.store._feed = hub  # type: ignore[attr-defined]  # no other process is heard
    await asyncio.gather(*(desk.store.release_due(SOON_MS) for desk in desks * 3))
    assert await desks[0].ids() == [done.message_id for done in sent]


async def test_a_change_of_keys_turns_away_what_other_processes_let_in_before(
    desks: list[Desk],
) -> None:
    assert await desks[0].store.set_password(desks[0].channel.channel_id, "new")
    for desk in desks:
        (result,) = await desk.store.append([desk.row()])
        assert isinstance(result, Stale)
    assert await desks[0].ids() == []


async def test_eight_processes_make_the_tables_once(postgres: TestServer) -> None:
    url = await postgres.empty_database()
    stores = await asyncio.gather(
        *(PostgresStore.open(url, owner=Owner()) for _ in range(8))
    )
    ids = {await store.store_id() for store in stores}
    for store in stores:
        await store.close()
    assert len(ids) == 1


async def test_a_store_for_newer_programs_is_refused(url: str) -> None:
    connection = await asyncpg.connect(url)
    known = await connection.fetchval("SELECT max(number) FROM migrations")
    try:
        await connection.execute(f"UPDATE store SET oldest_program = {known + 1}")
        with pytest.raises(StoreTooNew):
            await PostgresStore.open(url, owner=Owner())
        await connection.execute(f"UPDATE store SET oldest_program = {known}")
        await connection.execute(f"INSERT INTO migrations VALUES ({known + 7})")
        store = await PostgresStore.open(url, owner=Owner())
        await store.check_writable()
        await store.close()
        await connection.execute(f"DELETE FROM migrations WHERE number > {known}")
    finally:
        await connection.close()


# ------------------------------------------------------------------------- delivery


async def test_one_process_delivers_until_it_gives_the_lease_back(url: str) -> None:
    one, two = RowLease(url, Owner()), RowLease(url, Owner())
    assert await one.take()
    assert not await two.take()
    assert await one.take()
    await one.give_back()
    assert await two.take()
    assert not await one.take()
    await two.give_back()
    await one.give_back()


async def test_who_overslept_its_lease_moves_no_lane(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, other = Owner(), Owner()
    sleeper, successor = RowLease(url, owner), RowLease(url, other)
    store = await PostgresStore.open(url, owner=owner, clock=clock)
    target = await added(await Desk.at(store))
    monkeypatch.setattr(
        leases, "_TAKE", leases._TAKE.replace("15 s", "-1 s")
    )  # it has run out by the time it is had
    assert await sleeper.take()
    await store.lanes.settle([LaneMove(target.number, b"\x01" * 16)])
    assert await successor.take()
    with pytest.raises(DeliveredElsewhere):
        await store.lanes.settle([LaneMove(target.number, b"\x02" * 16)])
    (lane,) = await store.lanes.lanes()
    assert lane.cursor == b"\x01" * 16
    operator = await PostgresStore.open(url, owner=Owner(), clock=clock)
    await operator.lanes.settle([LaneMove(target.number, b"\x03" * 16)])
    for each in (operator, store):
        await each.close()
    for each_lease in (sleeper, successor):
        await each_lease.give_back()


async def test_a_process_that_is_cut_off_stops_before_another_begins(
    postgres: TestServer, url: str
) -> None:
    now_s = 0.0
    lease = RowLease(url, Owner(), lambda: now_s)
    assert await lease.take()
    assert lease._database is not None
    await lease._database.close()  # as if the network were gone
    now_s = leases.LEASE_S - 6
    assert await lease.take()
    now_s = leases.LEASE_S - 4
    assert not await lease.take()


# ------------------------------------------------------------------ broken connections


async def test_a_connection_that_was_ended_costs_one_refusal_at_most(
    url: str, clock: Clock
) -> None:
    store = await PostgresStore.open(url, owner=Owner(), clock=clock)
    desk = await Desk.at(store)
    await desk.send()
    connection = await asyncpg.connect(url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await connection.close()
    assert await store.generation() >= 1
    (result,) = await store.append([desk.row()])
    if isinstance(result, Unwritten):
        (result,) = await store.append([desk.row()])
    assert isinstance(result, Committed)
    await store.close()


async def test_rows_that_cannot_be_written_are_refused_with_their_ids(
    url: str, clock: Clock
) -> None:
    store = await PostgresStore.open(url, owner=Owner(), clock=clock)
    desk = await Desk.at(store)
    connection = await asyncpg.connect(url)
    await connection.execute(
        "ALTER TABLE messages ADD CONSTRAINT no_room CHECK (view <> '\\x00')"
    )
    rows = [desk.row(op_id="1"), desk.row(op_id="2", view=b"\0")]
    results = await store.append(rows)
    assert {type(result) for result in results} == {Unwritten}
    assert len({result.message_id for result in results}) == 2
    assert await desk.ids() == []
    await connection.execute("ALTER TABLE messages DROP CONSTRAINT no_room")
    await connection.close()
    assert not (await desk.send(op_id="1")).replayed
    await store.close()
    with pytest.raises(ServerBusy):
        await store.check_writable()


async def listening(url: str, clock: Clock, listen_dsn: str) -> tuple[Desk, Ear, Hub]:
    """A process in which somebody listens."""
    hub, ear = Hub(), Ear()
    store = await PostgresStore.open(
        url, owner=Owner(), feed=hub, clock=clock, listen_dsn=listen_dsn
    )
    desk = await Desk.at(store)
    hub.read_from(store)
    hub.join(ear, [desk.channel.number])
    await hub.settled([desk.channel.number])
    return desk, ear, hub


async def test_without_wake_ups_the_looks_find_what_others_commit(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wake_ups, "LOOK_EVERY_S", 0.05)
    nowhere = "postgresql://127.0.0.1:1/none"
    here, ear, hub = await listening(url, clock, nowhere)
    there = await Desk.at(await PostgresStore.open(url, owner=Owner(), clock=clock))
    sent = [(await there.send()).message_id for _ in range(3)]
    assert await ear.ids(3) == sent
    await hub.close()
    await here.store.close()
    await there.store.close()


async def test_who_listens_is_woken_and_catches_up_after_the_connection_broke(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, ear, hub = await listening(url, clock, url)
    there = await Desk.at(await PostgresStore.open(url, owner=Owner(), clock=clock))
    foreign = here.store._foreign  # type: ignore[attr-defined]  # its own connection
    async with asyncio.timeout(PATIENCE_S):
        while foreign._listening is None:  # noqa: ASYNC110 - made in its own time
            await asyncio.sleep(0.01)
    sent = [(await there.send()).message_id]
    assert await ear.ids(1) == sent
    monkeypatch.setattr(wake_ups, "LOOK_EVERY_S", 0.05)
    foreign._listening.terminate()
    sent += [(await there.send()).message_id for _ in range(3)]
    foreign._hurry.set()  # the look that would come within 5 s
    assert await ear.ids(4) == sent
    await hub.close()
    await here.store.close()
    await there.store.close()


# ---------------------------------------------------------------------------- poolers


async def test_behind_a_pooler_every_statement_stands_in_a_transaction(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pgbouncer makes up the process id that it tells."""
    monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda self: 0)
    store = await PostgresStore.open(url, owner=Owner(), clock=clock)
    database: Database = store._database
    assert database.is_pooled
    desk = await Desk.at(store)
    sent = [await desk.send(), await desk.send(op_id="op")]
    assert (await desk.send(op_id="op")).replayed
    assert await desk.ids() == [done.message_id for done in sent]
    assert await database.value("SELECT now() < clock_timestamp()")
    prepared = await database.value("SELECT count(*) FROM pg_prepared_statements")
    assert prepared == 0
    await store.close()
