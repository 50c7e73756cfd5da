"""Limits of a connection that hold before any key is known, each from both sides."""

from __future__ import annotations

import asyncio
import gc
from ipaddress import ip_network

import pytest

from pushgo_compat.errors import ServerBusy
from pushgo_compat.web.connection.forwarded import Callers
from pushgo_compat.web.connection.limits import KIB, ConnectionLimits
from tests.web.bare_server import BareServer, bare_server, is_closed, until

HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = ConnectionLimits()
SMALL = LIMITS.small_body_bytes
TIGHT = ConnectionLimits(bodies_bytes=1024 * KIB)
"""An address may hold 256 KiB."""
ROOM_FOR_FOUR = ConnectionLimits(spare_descriptors=4)
ROOM_FOR_TWO = ConnectionLimits(spare_descriptors=2)


async def seen(server: BareServer, total: int) -> None:
    """Wait until bodies of so many bytes are counted, heads included."""
    await until(lambda: server.guard.room.total_bytes >= total)


# ------------------------------------------------------------------------------ heads


async def test_a_head_has_twenty_seconds_from_its_first_byte() -> None:
    async with bare_server(LIMITS) as server:
        reader, writer = await server.connect()
        writer.write(GET[:9])
        await until(lambda: len(server.guard.watch) == 1)
        server.after(19)
        writer.write(GET[9:12])  # a few more bytes do not begin it anew
        await asyncio.sleep(0.05)
        server.after(0.5)
        assert not server.dropped
        server.after(1)
        assert await is_closed(reader)
        assert server.dropped == {"slow_head": 1}


async def test_a_head_that_ends_in_time_is_answered() -> None:
    async with bare_server(LIMITS) as server:
        reader, writer = await server.connect()
        writer.write(GET[:9])
        await until(lambda: len(server.guard.watch) == 1)
        server.after(19)
        writer.write(GET[9:])
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert len(server.guard.watch) == 0
        server.after(60)
        assert not server.dropped


async def test_line_ends_behind_a_body_begin_no_head() -> None:
    async with bare_server(LIMITS) as server:
        reader, writer = await server.connect()
        writer.write(HEAD % 2 + b"ab\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        server.after(30)
        assert not server.dropped


# ----------------------------------------------------------------------------- bodies


async def test_a_body_that_brings_too_little_is_dropped() -> None:
    async with bare_server(LIMITS) as server:
        reader, writer = await server.connect()
        writer.write(HEAD % (100 * KIB))
        await until(lambda: len(server.guard.watch) == 1)
        writer.write(bytes(16 * KIB - 1))
        await seen(server, 16 * KIB - 1)
        server.after(19)
        assert not server.dropped
        server.after(1)
        assert await is_closed(reader)
        assert server.dropped == {"slow_body": 1}
        await until(lambda: len(server.faults) == 1)
        assert issubclass(server.faults[0], ConnectionError)
        assert not server.bodies


async def test_a_slow_body_may_take_minutes_and_end_with_a_small_piece() -> None:
    async with bare_server(LIMITS) as server:
        reader, writer = await server.connect()
        writer.write(HEAD % (5 * 16 * KIB + 1))
        await until(lambda: len(server.guard.watch) == 1)
        for number in range(1, 6):
            writer.write(bytes(16 * KIB))
            await seen(server, number * 16 * KIB)
            server.after(20)
        writer.write(b"x")
        assert (await reader.readline()).startswith(b"HTTP/1.1 200")
        assert not server.dropped
        assert len(server.bodies[0]) == 5 * 16 * KIB + 1


async def test_a_sender_that_we_hold_back_is_not_slow() -> None:
    async with bare_server(TIGHT) as server:
        _, first = await server.connect()
        first.write(HEAD % (1024 * KIB) + bytes(250 * KIB))
        await seen(server, 250 * KIB)
        _, second = await server.connect()
        second.write(HEAD % (1024 * KIB) + bytes(100 * KIB))
        await until(lambda: server.guard.room.waiting == 1)
        first.write(bytes(16 * KIB))
        server.after(9)
        assert not server.dropped


async def test_small_bodies_never_wait() -> None:
    async with bare_server(TIGHT) as server:
        _, filler = await server.connect()
        filler.write(HEAD % (1024 * KIB) + bytes(300 * KIB))
        await seen(server, 260 * KIB)
        for _ in range(8):
            reader, writer = await server.connect()
            body = bytes(SMALL - 200)
            writer.write(HEAD % len(body) + body[:100])
            await asyncio.sleep(0.01)
            writer.write(body[100:])
            assert (await reader.readline()).startswith(b"HTTP/1.1 200")


async def test_a_large_body_waits_for_room_and_then_comes_in() -> None:
    async with bare_server(TIGHT) as server:
        first_reader, first = await server.connect()
        first.write(HEAD % (260 * KIB) + bytes(255 * KIB))
        await seen(server, 255 * KIB)
        second_reader, second = await server.connect()
        second.write(HEAD % (200 * KIB) + bytes(100 * KIB))
        await until(lambda: server.guard.room.waiting == 1)
        second.write(bytes(100 * KIB))
        server.after(9)
        first.write(bytes(5 * KIB))
        assert (await first_reader.readline()).startswith(b"HTTP/1.1 200")
        assert (await second_reader.readline()).startswith(b"HTTP/1.1 200")
        assert sorted(map(len, server.bodies)) == [200 * KIB, 260 * KIB]
        assert server.guard.room.total_bytes == 0


async def test_a_body_that_waits_too_long_is_told_that_the_server_is_busy() -> None:
    async with bare_server(TIGHT) as server:
        _, first = await server.connect()
        first.write(HEAD % (1024 * KIB) + bytes(250 * KIB))
        await seen(server, 250 * KIB)
        reader, writer = await server.connect()
        writer.write(HEAD % (1024 * KIB) + bytes(100 * KIB))
        await until(lambda: server.guard.room.waiting == 1)
        server.after(10)
        assert (await reader.readline()).startswith(b"HTTP/1.1 503")
        assert server.faults == [ServerBusy]
        assert server.guard.room.total_bytes < 260 * KIB  # the first one's


async def test_when_too_many_wait_the_next_is_refused_at_once() -> None:
    limits = ConnectionLimits(bodies_bytes=1024 * KIB, waiting_bodies=4)
    async with bare_server(limits) as server:
        _, first = await server.connect()
        first.write(HEAD % (1024 * KIB) + bytes(250 * KIB))
        await seen(server, 250 * KIB)
        _, second = await server.connect()
        second.write(HEAD % (1024 * KIB) + bytes(100 * KIB))
        await until(lambda: server.guard.room.waiting == 1)
        reader, third = await server.connect()
        third.write(HEAD % (1024 * KIB) + bytes(100 * KIB))
        assert (await reader.readline()).startswith(b"HTTP/1.1 503")
        assert server.guard.room.waiting == 1


async def test_an_address_has_a_quarter_and_a_trusted_proxy_names_it() -> None:
    callers = Callers(trusted=[ip_network("127.0.0.0/8")])
    async with bare_server(TIGHT, callers=callers) as server:

        async def send(address: str) -> asyncio.StreamReader:
            reader, writer = await server.connect()
            head = HEAD[:-2] + b"X-Forwarded-For: " + address.encode() + b"\r\n\r\n"
            writer.write(head % (1024 * KIB) + bytes(200 * KIB))
            return reader

        for number, address in enumerate(["2001:db8::1", "192.0.2.1", "192.0.2.2"], 1):
            await send(address)
            await seen(server, number * 200 * KIB)
        assert server.guard.room.waiting == 0
        await send("2001:db8:0:0:9::1")  # the same /64
        await until(lambda: server.guard.room.waiting == 1)


# -------------------------------------------------------------------------- hanging up


async def test_what_a_hung_up_call_held_is_free_without_the_collector() -> None:
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        async with bare_server(LIMITS) as server:
            _, writer = await server.connect()
            writer.write(HEAD % (4096 * KIB) + bytes(1024 * KIB))
            await seen(server, 1024 * KIB)
            writer.transport.abort()
            await until(lambda: server.guard.room.total_bytes == 0)
            await until(lambda: len(server.faults) == 1)
            await until(lambda: len(server.guard.open) == 0)
            await asyncio.sleep(0.05)
            gc.collect()
            kept = sum(
                len(part)
                for found in gc.garbage
                for part in gc.get_referents(found)
                if isinstance(part, bytes | bytearray)
            )
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert kept < 64 * KIB


# ----------------------------------------------------------------------------- answers


async def test_an_answer_that_nobody_takes_is_given_up_after_a_minute() -> None:
    async with bare_server(LIMITS, answer=bytes(32 * 1024 * KIB)) as server:
        reader, writer = await server.connect()
        reader._transport.pause_reading()  # type: ignore[attr-defined]  # a reader that does not read
        writer.write(GET)
        await until(lambda: len(server.guard.watch) == 1)
        server.after(59)
        assert not server.dropped
        server.after(1)
        await until(lambda: len(server.guard.open) == 0)
        assert server.dropped == {"unread": 1}


async def test_a_slow_reader_gets_all_of_it() -> None:
    size = 32 * 1024 * KIB
    async with bare_server(LIMITS, answer=bytes(size)) as server:
        reader, writer = await server.connect()
        writer.write(GET)
        await reader.readuntil(b"\r\n\r\n")
        for _ in range(16):
            await reader.readexactly(size // 16)
            server.after(40)
        assert not server.dropped


# --------------------------------------------------------------------- how many at once


async def test_the_connection_that_idles_longest_makes_room() -> None:
    async with bare_server(ROOM_FOR_FOUR, descriptors=8) as server:
        streams = []
        for _ in range(4):
            reader, writer = await server.connect()
            writer.write(GET)
            await reader.readuntil(b"done")
            streams.append((reader, writer))
        streams[0][1].write(GET)  # so that the second is idle for longest
        await streams[0][0].readuntil(b"done")
        reader, writer = await server.connect()
        writer.write(GET)
        await reader.readuntil(b"done")
        assert await is_closed(streams[1][0])
        assert server.dropped == {"made_room": 1}
        for number in (0, 2, 3):
            streams[number][1].write(GET)
            await streams[number][0].readuntil(b"done")


async def test_unfinished_heads_make_room_next_and_busy_ones_never() -> None:
    async with bare_server(ROOM_FOR_TWO, descriptors=4) as server:
        head_reader, head = await server.connect()
        head.write(GET[:5])
        await until(lambda: len(server.guard.watch) == 1)
        _, body = await server.connect()
        body.write(HEAD % 10)
        await until(lambda: len(server.guard.watch) == 2)
        _, third = await server.connect()
        assert await is_closed(head_reader)
        third.write(HEAD % 10)
        await until(lambda: len(server.guard.watch) == 2)
        refused, _ = await server.connect()
        assert await is_closed(refused)
        assert server.dropped == {"made_room": 1, "too_many": 1}


@pytest.mark.parametrize(
    ("descriptors", "most"), [(1024, 824), (300, 150), (100, 50), (65536, 65336)]
)
def test_two_hundred_descriptors_are_kept_from_connections(
    descriptors: int, most: int
) -> None:
    assert LIMITS.most_connections(descriptors) == most


async def test_an_idle_connection_is_closed_and_has_five_minutes() -> None:
    assert LIMITS.idle_s == 300
    limits = ConnectionLimits(idle_s=0.05)
    async with bare_server(limits) as server:
        reader, writer = await server.connect()
        writer.write(GET)
        await reader.readuntil(b"done")
        assert await is_closed(reader)
