"""The runs that there are: who is on stage, and who is killed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from tests.chaos.cast import (
    SERVER,
    SETTINGS,
    Cast,
    Victim,
    database,
    each_of,
    postgres_instances,
)
from tests.chaos.channels import add_targets, make_lines, receiving
from tests.chaos.ledger import Counts
from tests.chaos.run import run
from tests.killable import Instance, KillableServer
from tests.postgres import TestServer

LINES = 3

Choose = Callable[[TestServer, Sequence[Instance]], Sequence[Victim]]


async def on_postgres(
    folder: Path,
    session: aiohttp.ClientSession,
    postgres: TestServer,
    choose: Choose,
    kills: int,
) -> Counts:
    """Three instances on one database; ``choose`` says who is killed."""
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        lines = await make_lines(url, LINES)
        await add_targets(url, lines, await stack.enter_async_context(receiving(lines)))
        instances = await stack.enter_async_context(
            postgres_instances(folder, session, url)
        )
        cast = Cast(instances, choose(postgres, instances))
        return await run(cast, lines, session, kills)


def instances_die(postgres: TestServer, instances: Sequence[Instance]) -> list[Victim]:
    return each_of(instances)


def the_database_dies(
    postgres: TestServer, instances: Sequence[Instance]
) -> list[Victim]:
    return database(postgres, instances)


async def on_sqlite(folder: Path, session: aiohttp.ClientSession, kills: int) -> Counts:
    """One server on a file, which is killed."""
    server = KillableServer(folder, session, SERVER, **SETTINGS)
    async with AsyncExitStack() as stack:
        lines = await make_lines(server.db_url, LINES)
        await add_targets(
            server.db_url, lines, await stack.enter_async_context(receiving(lines))
        )
        await stack.enter_async_context(server)
        return await run(Cast([server], each_of([server])), lines, session, kills)


Scene = Callable[[Path, aiohttp.ClientSession, int], Awaitable[Counts]]
