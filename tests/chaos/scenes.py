"""The runs that there are: who is on stage, and who is killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path

import aiohttp

from tests.chaos.cast import (
    SERVER,
    SETTINGS,
    Cast,
    Victim,
    a_front,
    database,
    each_of,
    postgres_instances,
    the_deliverer,
    the_supervisor,
    the_writer,
)
from tests.chaos.channels import add_targets, make_lines, receiving
from tests.chaos.ledger import Counts
from tests.chaos.run import run
from tests.killable import Instance, KillableServer
from tests.postgres import TestServer
from tests.several import SeveralProcesses

LINES = 3
PAUSE_S = 6.0
"""Longer than the lease of 4 s that the servers of these runs have."""

Scene = Callable[[Path, aiohttp.ClientSession, TestServer, int], Awaitable[Counts]]
"""A run with so many kills, on stores of its own."""


async def _on_postgres(
    choose: Callable[[str, TestServer, Sequence[Instance]], Cast],
    folder: Path,
    session: aiohttp.ClientSession,
    postgres: TestServer,
    kills: int,
) -> Counts:
    """Three instances on one database; ``choose`` says who is killed."""
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        lines = await make_lines(url, LINES)
        base = await stack.enter_async_context(receiving(lines))
        await add_targets(url, lines, base)
        instances = await stack.enter_async_context(
            postgres_instances(folder, session, url)
        )
        cast = choose(url, postgres, instances)
        return await run(cast, lines, session, kills)


async def _on_sqlite(
    server: KillableServer,
    victims: Sequence[Victim],
    session: aiohttp.ClientSession,
    kills: int,
) -> Counts:
    """One server on a file."""
    async with AsyncExitStack() as stack:
        lines = await make_lines(server.db_url, LINES)
        base = await stack.enter_async_context(receiving(lines))
        await add_targets(server.db_url, lines, base)
        await stack.enter_async_context(server)
        return await run(Cast([server], victims), lines, session, kills)


async def _in_one_process(
    folder: Path, session: aiohttp.ClientSession, _: TestServer, kills: int
) -> Counts:
    """The whole server is killed, and started again."""
    server = KillableServer(folder, session, SERVER, **SETTINGS)
    return await _on_sqlite(server, each_of([server]), session, kills)


async def _in_several_processes(
    choose: Callable[[SeveralProcesses], Victim],
    folder: Path,
    session: aiohttp.ClientSession,
    _: TestServer,
    kills: int,
) -> Counts:
    """Two fronts and a writer; ``choose`` says who is killed."""
    server = SeveralProcesses(folder, session, module=SERVER, **SETTINGS)
    return await _on_sqlite(server, [choose(server)], session, kills)


SCENES: Mapping[str, Scene] = {
    "PostgreSQL: one of three instances": partial(
        _on_postgres, lambda url, postgres, servers: Cast(servers, each_of(servers))
    ),
    "PostgreSQL: the database itself": partial(
        _on_postgres,
        lambda url, postgres, servers: Cast(servers, database(postgres, servers)),
    ),
    "PostgreSQL: the deliverer held up": partial(
        _on_postgres,
        lambda url, postgres, servers: Cast(
            servers, [the_deliverer(url, servers, PAUSE_S)], patience_s=2.0
        ),
    ),
    "SQLite: the server": _in_one_process,
    "SQLite: the writer of two fronts": partial(_in_several_processes, the_writer),
    "SQLite: one of two fronts": partial(_in_several_processes, a_front),
    "SQLite: the supervisor of two fronts": partial(
        _in_several_processes, the_supervisor
    ),
}
