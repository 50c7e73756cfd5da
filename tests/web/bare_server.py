"""One listener without any doors, under limits and a clock of the test's own."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.connection.guard import Guard
from pushgo_compat.web.connection.limits import ConnectionLimits
from pushgo_compat.web.connection.protocol import SERVER_KWARGS, LenientServer
from pushgo_compat.web.read_body import read_body

TURNS = 2000
MOST_BYTES = 16 * 1024 * 1024
Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(kw_only=True)
class BareServer:
    """The listener, its guard, and what was seen of it."""

    guard: Guard
    dropped: Counter[str]
    bodies: list[bytes]
    """What the handler has read, whole bodies only."""
    faults: list[type[BaseException]]
    """What the handler met when it read."""
    port: int = 0
    now_s: float = 1000.0
    _writers: list[asyncio.StreamWriter] = field(default_factory=list)

    def after(self, seconds: float) -> None:
        """Turn the clock, and look at what is due."""
        self.now_s += seconds
        self.guard.look()

    async def connect(self) -> Stream:
        """Open a connection to it; the server has noticed it."""
        number = len(self.guard.open)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        most = self.guard.open.most
        await until(lambda: len(self.guard.open) > number or number == most)
        return reader, writer

    async def close(self) -> None:
        """Hang up everywhere; the server has noticed it."""
        for writer in self._writers:
            writer.transport.abort()
        await until(self._is_empty)

    def _is_empty(self) -> bool:
        self.after(1)  # those that wait for room do not notice the end before
        return len(self.guard.open) == 0


@asynccontextmanager
async def bare_server(
    limits: ConnectionLimits,
    *,
    answer: bytes = b"done",
    descriptors: int | None = None,
    callers: Callers | None = None,
) -> AsyncIterator[BareServer]:
    """Serve every request with the same answer, once its body has come."""
    dropped: Counter[str] = Counter()
    bodies: list[bytes] = []
    faults: list[type[BaseException]] = []
    server: BareServer

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        try:
            body, _ = await read_body(request, MOST_BYTES)
        except Exception as fault:
            faults.append(type(fault))
            if isinstance(fault, ConnectionError):
                raise
            return web.Response(status=503)
        bodies.append(body)
        return web.Response(body=answer)

    guard = Guard(
        limits,
        callers=callers,
        dropped=lambda reason: dropped.update([reason]),
        descriptors=descriptors,
        clock=lambda: server.now_s,
    )
    server = BareServer(guard=guard, dropped=dropped, bodies=bodies, faults=faults)
    listener = LenientServer(
        handle,
        word_refusal=lambda request, head, status: web.Response(status=status),
        guard=guard,
        short_way=None,
        **SERVER_KWARGS,
    )
    loop = asyncio.get_running_loop()
    site = await loop.create_server(listener, "127.0.0.1", 0)
    server.port = site.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        await server.close()
        site.close()
        await listener.shutdown(1)
        await site.wait_closed()


async def until(is_so: Callable[[], bool]) -> None:
    """Let the event loop run until something has come about."""
    for _ in range(TURNS):
        if is_so():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


async def is_closed(stream: asyncio.StreamReader) -> bool:
    """Whether the server has closed, after what it still had to say."""
    try:
        async with asyncio.timeout(10):
            await stream.read()
    except ConnectionError:
        pass
    return True
