"""A wire to PostgreSQL that a test can cut or freeze."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

PIECE = 65536


class State(enum.Enum):
    """What happens to bytes."""

    WHOLE = "they pass"
    CUT_AT_ANSWER = "the next answer is lost, and the connection with it"
    FROZEN = "they vanish, and neither end hears of it"


@dataclass
class Wire:
    """All connections through one port."""

    url: str
    state: State = State.WHOLE
    connections: int = 0


@asynccontextmanager
async def wire_to(url: str) -> AsyncIterator[Wire]:
    """A wire to the server's socket; ``Wire.url`` is the database behind it."""
    parts = urlsplit(url)
    socket = f"{parse_qs(parts.query)['host'][0]}/.s.PGSQL.5432"
    done: set[asyncio.Future[None]] = set()
    opened: set[asyncio.WriteTransport] = set()

    async def carry(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool
    ) -> None:
        while piece := await reader.read(PIECE):
            if wire.state is State.CUT_AT_ANSWER and answers:
                return
            if wire.state is not State.FROZEN:
                writer.write(piece)
                await writer.drain()

    async def connect(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add(ended)
        opened.add(writer.transport)
        wire.connections += 1
        there_reader, there_writer = await asyncio.open_unix_connection(socket)
        both = [
            asyncio.ensure_future(carry(reader, there_writer, answers=False)),
            asyncio.ensure_future(carry(there_reader, writer, answers=True)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one_way in both:
                one_way.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            for end in (writer, there_writer):
                end.transport.abort()
            ended.set_result(None)

    server = await asyncio.start_server(connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    wire = Wire(f"postgresql://postgres@127.0.0.1:{port}{parts.path}?sslmode=disable")
    try:
        yield wire
    finally:
        server.close()
        for transport in opened:
            transport.abort()
        await asyncio.gather(*done)
