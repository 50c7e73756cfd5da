"""The processes of a run: those that clients talk to, and those that are killed."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import asyncpg

from tests.killable import Instance, KillableServer
from tests.patience import PATIENCE_S
from tests.postgres import TestServer
from tests.several import SeveralProcesses, all_gone

SERVER = "tests.delivery.quick_server"
SETTINGS = {
    "PUSHGO_DELIVERY_RATE": "20000",
    "PUSHGO_DELIVERY_ALLOW_PRIVATE": "127.0.0.0/8",
    "PUSHGO_LOG_LEVEL": "error",
}


@dataclass(frozen=True, slots=True)
class Victim:
    """A process that can be killed and started again."""

    name: str
    kill: Callable[[], Awaitable[None]]
    revive: Callable[[], Awaitable[None]]
    leaves_others: bool = True
    """Whether messages are still accepted while it is away."""


@dataclass(frozen=True, slots=True)
class Cast:
    """All processes on one store."""

    doors: Sequence[KillableServer]
    """The servers that clients know; each is tried in turn."""
    victims: Sequence[Victim]
    patience_s: float = 30.0
    """How long a sender waits for an answer."""


@asynccontextmanager
async def postgres_instances(
    folder: Path,
    session: aiohttp.ClientSession,
    url: str,
    count: int = 3,
    module: str = SERVER,
) -> AsyncIterator[list[Instance]]:
    """Servers on one database, which end with the block."""
    async with AsyncExitStack() as stack:
        instances = [
            Instance(folder, session, url, module, **SETTINGS) for _ in range(count)
        ]
        for instance in instances:
            stack.push_async_callback(instance.end, signal.SIGKILL)
        await asyncio.gather(*(instance.start() for instance in instances))
        yield instances


def each_of(servers: Sequence[KillableServer]) -> list[Victim]:
    """The servers, one after another."""
    return [
        Victim(
            f"server {number}",
            partial(server.end, signal.SIGKILL),
            server.start,
            leaves_others=len(servers) > 1,
        )
        for number, server in enumerate(servers)
    ]


def the_deliverer(
    url: str, instances: Sequence[KillableServer], pause_s: float
) -> Victim:
    """The instance that delivers, held up for so long as if it collected garbage.

    Longer than its lease: another one delivers meanwhile.
    """
    held: list[int] = []

    async def hold() -> None:
        pids = {instance.pid for instance in instances}
        async with asyncio.timeout(PATIENCE_S):
            while (pid := await deliverer(url)) not in pids:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        held.append(pid)
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(pause_s)

    async def let_go() -> None:
        os.kill(held.pop(), signal.SIGCONT)

    return Victim("the instance that delivers, held up", hold, let_go, False)


def the_writer(server: SeveralProcesses) -> Victim:
    """The process that writes for the fronts; the server ends and says so."""

    async def kill() -> None:
        processes = server.processes()
        processes[0].kill()
        assert await server.ended() == 1
        assert await all_gone(processes)

    return Victim("the writer", kill, server.start, leaves_others=False)


def the_supervisor(server: SeveralProcesses) -> Victim:
    """The process that was started; those that it has started end by themselves."""

    async def kill() -> None:
        processes = server.processes()
        await server.end(signal.SIGKILL)
        assert await all_gone(processes)

    return Victim("the supervisor", kill, server.start, leaves_others=False)


def a_front(server: SeveralProcesses) -> Victim:
    """The front that has run for longest; its supervisor starts another."""
    killed: list[int] = []

    async def kill() -> None:
        front = server.fronts()[0]
        killed.append(front.pid)
        front.kill()

    async def is_back() -> None:
        await server.until_complete(without=frozenset({killed.pop()}))

    return Victim("a front", kill, is_back)


async def deliverer(url: str) -> int:
    """The process that has the lease to deliver; 0 where none has it."""
    connection = await asyncpg.connect(url)
    try:
        owner = await connection.fetchval(
            "SELECT owner FROM leases WHERE ends_at > clock_timestamp()"
        )
    finally:
        await connection.close()
    return int(owner.rpartition("-")[2]) if owner else 0


def database(postgres: TestServer, servers: Sequence[KillableServer]) -> list[Victim]:
    """PostgreSQL, by kill -9 and by an immediate shutdown in turn.

    While it is away every server says so, and none has to be started again.
    """

    async def kill(how: signal.Signals) -> None:
        await asyncio.to_thread(postgres.kill, how)
        await asyncio.gather(*(is_away(server) for server in servers))

    async def revive() -> None:
        await asyncio.to_thread(postgres.restart)

    return [
        Victim(f"PostgreSQL, {how.name}", partial(kill, how), revive, False)
        for how in (signal.SIGKILL, signal.SIGQUIT)
    ]


async def is_away(server: KillableServer) -> None:
    """A server without its database: the process is up, but not ready, and says why."""
    assert (await server.get("/healthz"))[0] == 200
    async with asyncio.timeout(5):  # /readyz answers from the last second
        while (answer := await server.get("/readyz"))[0] == 200:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
    status, body = answer
    assert (status, body["error_code"]) == (503, "server_busy"), answer
    assert "database" in body["error"] or "connection" in body["error"], answer
