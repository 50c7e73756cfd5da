"""What an operator's settings, other clocks and broken connections must not change."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress

import asyncpg
import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import Committed, Unwritten
from pushgo_compat.core.stores.store import StoreTooNew
from pushgo_compat.core.stores.targets import (
    DeliveredElsewhere,
    LaneMove,
    NewOutcome,
    OutcomeState,
)
from pushgo_compat.errors import ServerBusy
from pushgo_compat.storage.postgres.engine import (
    database,
    keepalive,
    migrations,
    wake_ups,
)
from pushgo_compat.storage.postgres.engine.database import Database, Session
from pushgo_compat.storage.postgres.engine.faults import is_lost, reason_of
from pushgo_compat.storage.postgres.engine.lease import Owner, RowLease
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.golden import NOW_MS
from tests.patience import until
from tests.postgres import TestServer
from tests.storage.conformance.feed import Ear
from tests.storage.conformance.targets import added
from tests.storage.conftest import Clock, Desk
from tests.storage.postgres.wire import State, wire_to


@pytest.fixture
async def url(postgres: TestServer) -> str:
    """A database of the test's own, which may be set as an operator does."""
    return await postgres.new_database()


async def execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


async def open_store(url: str, clock: Clock, **more: object) -> PostgresStore:
    return await PostgresStore.open(
        url,
        owner=Owner(),
        clock=clock,
        **more,  # type: ignore[arg-type]  # as they are
    )


# ------------------------------------------------------------------ isolation, commits


@pytest.mark.parametrize("isolation", ["serializable", "repeatable read"])
@pytest.mark.parametrize("is_pooled", [False, True])
async def test_a_database_set_to_another_isolation_refuses_no_message(
    postgres: TestServer,
    clock: Clock,
    monkeypatch: pytest.MonkeyPatch,
    isolation: str,
    is_pooled: bool,
) -> None:
    url = await postgres.new_database()
    name = url.partition("?")[0].rpartition("/")[2]
    await execute(
        url,
        f"ALTER DATABASE {name} SET default_transaction_isolation = '{isolation}'",
    )
    if is_pooled:
        monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda self: 0)
    stores = [await open_store(url, clock) for _ in range(3)]
    desks = [await Desk.at(store) for store in stores]

    async def send(desk: Desk) -> None:
        for number in range(40):
            (result,) = await desk.store.append([desk.row(op_id=f"op:{number}")])
            assert isinstance(result, Committed), result

    await asyncio.gather(*(send(desk) for desk in desks))
    assert len(await desks[0].ids()) == 40
    for store in stores:
        await store.close()


async def test_a_transaction_that_failed_inside_is_not_taken_for_committed(
    url: str, clock: Clock
) -> None:
    """COMMIT ends it without an error, and undoes everything."""
    store = await open_store(url, clock)

    async def fail_quietly(db: Session) -> None:
        with suppress(asyncpg.DivisionByZeroError):
            await db.execute("SELECT 1 / 0")

    with pytest.raises(ServerBusy):
        await store._database.change(fail_quietly)
    await store.close()


async def test_a_commit_whose_answer_was_lost_is_refused_and_its_repeat_finds_it(
    url: str, clock: Clock
) -> None:
    async with wire_to(url) as wire:
        store = await open_store(wire.url, clock)
        desk = await Desk.at(store)
        first = await desk.send(op_id="before")
        wire.state = State.CUT_AT_ANSWER
        (lost,) = await store.append([desk.row(op_id="op")])
        assert isinstance(lost, Unwritten)
        wire.state = State.WHOLE
        again = await desk.send(op_id="op")
        assert again.replayed
        assert await desk.ids() == [first.message_id, again.message_id]
        await store.close()


async def test_a_change_whose_answer_was_lost_is_no_success(
    url: str, clock: Clock
) -> None:
    async with wire_to(url) as wire:
        store = await open_store(wire.url, clock)
        desk = await Desk.at(store)
        sent = await desk.send()
        wire.state = State.CUT_AT_ANSWER
        with pytest.raises(ServerBusy):
            await store.delete(desk.channel.number, sent.message_id)
        wire.state = State.WHOLE
        await store.delete(desk.channel.number, sent.message_id)
        assert await desk.ids() == []
        await store.close()


@pytest.mark.parametrize("is_pooled", [False, True])
async def test_every_connection_over_a_network_finds_out_that_its_other_end_is_gone(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, is_pooled: bool
) -> None:
    """A firewall forgets a quiet one; a statement would wait for its whole limit."""
    if is_pooled:
        monkeypatch.setattr(asyncpg.Connection, "get_server_pid", lambda self: 0)
    async with wire_to(url) as wire:
        here, _, hub = await listening(wire.url, clock, wire.url)
        await here.send()
        store = here.store
        listener = store._foreign._listening  # type: ignore[attr-defined]
        writer = store._writer._connection  # type: ignore[attr-defined]
        pool = store._database._pool  # type: ignore[attr-defined]
        async with pool.acquire() as pooled:
            for connection in (listener, writer, pooled):
                end = connection._transport.get_extra_info("socket")
                assert end.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                for option, value in (
                    (socket.TCP_KEEPIDLE, keepalive.QUIET_S),
                    (socket.TCP_USER_TIMEOUT, keepalive.UNANSWERED_MS),
                ):
                    assert end.getsockopt(socket.IPPROTO_TCP, option) == value
        await hub.close()
        await store.close()


def test_a_connection_that_the_database_ended_as_quiet_is_one_to_be_replaced() -> None:
    ended = asyncpg.IdleSessionTimeoutError("terminating connection")
    assert is_lost(ended)
    assert reason_of(ended) == "the database ended a quiet connection"


# --------------------------------------------------------------------------- delivery


async def test_results_of_a_lease_that_was_had_and_given_back_by_another_are_refused(
    url: str, clock: Clock
) -> None:
    owner = Owner()
    sleeper, successor = RowLease(url, owner), RowLease(url, Owner())
    store = await PostgresStore.open(url, owner=owner, clock=clock)
    desk = await Desk.at(store)
    target = await added(desk)
    sent = await desk.send()
    position = bytes.fromhex(sent.message_id)
    assert await sleeper.take()
    await execute(url, "UPDATE leases SET ends_at = now() - interval '1 s'")
    assert await successor.take()
    await successor.give_back()
    late = NewOutcome(
        target=target.number,
        position=position,
        state=OutcomeState.FAILED,
        at_ms=NOW_MS,
        attempts=1,
        reason="late",
        provider_id=None,
    )
    with pytest.raises(DeliveredElsewhere):
        await store.lanes.settle([LaneMove(target.number, position)], [late])
    assert await store.lanes.outcomes_of(position) == []
    assert await sleeper.take()
    await store.lanes.settle([LaneMove(target.number, position)])
    await sleeper.give_back()
    await store.close()


def test_a_process_that_was_forked_is_another_owner(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    owner = Owner()
    name = owner.name
    assert owner.name == name
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert owner.name != name


# --------------------------------------------------------------------------- wake-ups


async def listening(url: str, clock: Clock, listen_dsn: str) -> tuple[Desk, Ear, Hub]:
    hub, ear = Hub(), Ear()
    store = await open_store(url, clock, feed=hub, listen_dsn=listen_dsn)
    desk = await Desk.at(store)
    hub.read_from(store)
    hub.join(ear, [desk.channel.number])
    await hub.settled([desk.channel.number])
    foreign = store._foreign
    assert foreign is not None
    await until(lambda: foreign._listening is not None)
    return desk, ear, hub


@pytest.mark.parametrize("ahead_ms", [-3_600_000, 3_600_000])
async def test_who_listens_is_woken_by_an_instance_whose_clock_is_an_hour_off(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch, ahead_ms: int
) -> None:
    monkeypatch.setattr(wake_ups, "LOOK_EVERY_S", 3600.0)
    here, ear, hub = await listening(url, clock, url)
    there = await Desk.at(await open_store(url, Clock(NOW_MS + ahead_ms)))
    connection = await asyncpg.connect(url)
    listened_until = "SELECT listened_until FROM state"
    while not await connection.fetchval(listened_until):  # noqa: ASYNC110 - elsewhere
        await asyncio.sleep(0.01)
    await connection.close()
    sent = [(await there.send()).message_id for _ in range(3)]
    assert await ear.ids(3) == sent
    await hub.close()
    await here.store.close()
    await there.store.close()


async def test_a_connection_that_hears_nothing_any_more_is_made_again(
    url: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its other end went without a word: to this one it seems open."""
    monkeypatch.setattr(wake_ups, "LOOK_EVERY_S", 0.05)
    monkeypatch.setattr(wake_ups, "CONNECT_TIMEOUT_S", 0.5)
    async with wire_to(url) as wire:
        here, ear, hub = await listening(url, clock, wire.url)
        wire.state = State.FROZEN
        await until(lambda: wire.connections > 1)
        wire.state = State.WHOLE
        seen = wire.connections
        await until(lambda: wire.connections > seen or _hears(here))
        there = await Desk.at(await open_store(url, clock))
        sent = (await there.send()).message_id
        assert await ear.ids(1) == [sent]
        await hub.close()
        await here.store.close()
        await there.store.close()


def _hears(desk: Desk) -> bool:
    listening = desk.store._foreign._listening  # type: ignore[attr-defined]
    return listening is not None and not listening.is_closed()


# ------------------------------------------------------------------------- migrations

SLOW = "SELECT pg_sleep(0.5); CREATE TABLE of_the_next_program (number integer)"


async def test_a_migration_may_take_longer_than_any_statement(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await postgres.empty_database()
    name = url.partition("?")[0].rpartition("/")[2]
    await execute(url, f"ALTER DATABASE {name} SET statement_timeout = '300ms'")
    steps = migrations._migrations()
    slow = [*steps, (steps[-1][0] + 1, SLOW)]
    monkeypatch.setattr(migrations, "_migrations", lambda: slow)
    monkeypatch.setattr(database, "COMMAND_TIMEOUT_S", 0.3)
    stores = await asyncio.gather(
        *(PostgresStore.open(url, owner=Owner()) for _ in range(3))
    )
    for store in stores:
        await store.close()


@pytest.mark.parametrize("oldest_program", [False, True])
async def test_two_versions_that_start_at_once_bring_the_tables_up_to_date_once(
    postgres: TestServer, oldest_program: bool
) -> None:
    """The older one goes on beside the newer one's tables, unless those forbid it."""
    url = await postgres.empty_database()
    old = migrations._migrations()
    script = SLOW
    if oldest_program:
        script += f"; UPDATE store SET oldest_program = {old[-1][0] + 1}"
    new = [*old, (old[-1][0] + 1, script)]

    async def start(steps: list[tuple[int, str]]) -> str:
        place = await Database.connect(url)
        connection = await place.patient_connection()
        try:
            await migrations.migrate(connection, steps)
        except StoreTooNew:
            return "too new"
        finally:
            await connection.close()
            await place.close()
        return "started"

    began = await asyncio.gather(*(start(steps) for steps in (new, old) * 4))
    assert began[::2] == ["started"] * 4
    assert set(began[1::2]) <= {"started", "too new"}
    assert await start(old) == ("too new" if oldest_program else "started")
    assert await start(new) == "started"
    connection = await asyncpg.connect(url)
    numbers = await connection.fetch("SELECT number FROM migrations ORDER BY 1")
    await connection.close()
    assert [row[0] for row in numbers] == [number for number, _ in new]
