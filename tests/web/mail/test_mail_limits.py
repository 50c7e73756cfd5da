"""Bounds of the e-mail door that take time or room: idle peers, slow mails, an end."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import orjson
import pytest

from adapters.ntfy import NTFY, NtfyMail
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Receipt
from pushgo_compat.web.listeners.sites import CannotListen
from pushgo_compat.web.mail import protocol
from pushgo_compat.web.mail.door import MailDoor
from pushgo_compat.web.mail.limits import MailLimits, MailRoom
from pushgo_compat.web.mail.listener import MailListener
from pushgo_compat.web.services import Services
from tests.golden import KEY

MAIL = NtfyMail(domain="mail.test")
RCPT = f"RCPT TO:<{KEY}@mail.test>\r\n".encode()
TO_DATA = b"HELO x\r\nMAIL FROM:<a@b.test>\r\n" + RCPT + b"DATA\r\n"
OK = b"250 2.0.0 OK: queued"

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[bytes], Awaitable[Peer]]


@asynccontextmanager
async def listening(
    services: Services, **limits: float
) -> AsyncIterator[tuple[MailListener, Connect]]:
    """A listener, and what opens a peer that says something at once."""
    listener = MailListener(
        MailDoor(MAIL, NTFY, services, None),
        limits=MailLimits(**limits),  # type: ignore[arg-type]  # names are the caller's
    )
    async with AsyncExitStack() as stack, listener.listening("127.0.0.1", 0) as port:

        async def connect(said: bytes) -> Peer:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            stack.callback(writer.close)
            writer.write(said)
            return reader, writer

        yield listener, connect


async def until(reader: asyncio.StreamReader, start: bytes) -> bytes:
    """The first line that begins so."""
    while line := await reader.readline():
        if line.startswith(start):
            return line.rstrip()
    raise AssertionError("the peer has hung up")


async def test_an_idle_peer_and_one_that_trickles_are_hung_up_on(
    services: Services,
) -> None:
    async with listening(services, idle_s=0.05, data_window_s=0.05) as (_, connect):
        for said in (b"", b"HELO x\r\n", b"NO", TO_DATA + b"Subject: slow"):
            reader, _writer = await connect(said)
            await reader.read()


async def test_a_mail_that_comes_in_pieces_is_taken_whole(services: Services) -> None:
    async with listening(services, data_window_bytes=64) as (_, connect):
        reader, writer = await connect(TO_DATA)
        await until(reader, b"354 ")
        for _ in range(40):
            writer.write(b"x" * 50)
            await writer.drain()
            await asyncio.sleep(0)
        writer.write(b"\r\n.\r")
        await writer.drain()
        writer.write(b"\n")
        assert await until(reader, b"2") == OK


async def test_a_mail_without_room_is_refused_for_now(services: Services) -> None:
    async with listening(services, held_bytes=4_000, small_bytes=500) as (_, connect):
        reader, _writer = await connect(TO_DATA + b"y" * 2_000 + b"\r\n.\r\n")
        await until(reader, b"452 4.3.1 ")
        reader, _writer = await connect(TO_DATA + b"y" * 900 + b"\r\n.\r\n")
        assert await until(reader, b"250 2.0") == OK


async def test_a_mail_without_end_is_cut_off_at_twice_its_size(
    services: Services,
) -> None:
    async with listening(services, size_bytes=100_000) as (_, connect):
        reader, writer = await connect(TO_DATA)
        writer.write(b"z" * 300_000)
        await until(reader, b"552 ")


async def test_room_is_shared_among_addresses_and_given_back() -> None:
    room = MailRoom(MailLimits(held_bytes=400))
    assert room.take("a", 100)
    assert not room.take("a", 1)
    assert room.take("b", 100)
    room.let_go("a", 100)
    assert room.take("a", 100)
    assert room.total_bytes == 200


async def test_a_store_that_cannot_write_answers_451(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: object, **_kwargs: object) -> list[ServerBusy]:
        return [ServerBusy()]

    monkeypatch.setattr(services.messages, "submit", refuse)
    async with listening(services) as (_, connect):
        reader, _writer = await connect(TO_DATA + b"x\r\n.\r\n")
        await until(reader, b"451 4.3.0 ")


async def test_a_fault_of_ours_answers_451_and_tells_nothing_of_it(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_args: object, **_kwargs: object) -> list[Receipt]:
        raise RuntimeError("secret words")

    monkeypatch.setattr(services.messages, "submit", fail)
    async with listening(services) as (_, connect):
        reader, _writer = await connect(TO_DATA + b"x\r\n.\r\nNOOP\r\n")
        assert b"secret" not in await until(reader, b"451 4.3.0 ")
        await until(reader, b"250 OK")


async def test_a_mail_under_way_is_finished_when_the_server_stops(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on = asyncio.Event(), asyncio.Event()
    submit = services.messages.submit

    async def wait(*args: object, **kwargs: object) -> object:
        started.set()
        await go_on.wait()
        return await submit(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(services.messages, "submit", wait)
    async with AsyncExitStack() as stack:
        listener, connect = await stack.enter_async_context(listening(services))
        reader, _writer = await connect(TO_DATA + b"Subject: s\r\n\r\nx\r\n.\r\n")
        idle, _idle_writer = await connect(b"HELO x\r\n")
        await until(idle, b"250 ")
        await started.wait()
        stopping = asyncio.create_task(stack.aclose())
        await until(idle, b"421 4.3.2 ")
        assert listener.is_stopping
        go_on.set()
        assert await until(reader, b"250 2.0") == OK
        await stopping


async def test_a_mail_is_stored_although_its_peer_hangs_up_meanwhile(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    started, go_on, done = asyncio.Event(), asyncio.Event(), asyncio.Event()
    submit = services.messages.submit

    async def wait(*args: object, **kwargs: object) -> object:
        started.set()
        await go_on.wait()
        results = await submit(*args, **kwargs)  # type: ignore[arg-type]
        done.set()
        return results

    lost = asyncio.Event()
    monkeypatch.setattr(services.messages, "submit", wait)
    monkeypatch.setattr(MailListener, "gone", lambda *_: lost.set())
    async with listening(services, stop_s=0) as (_, connect):
        _reader, writer = await connect(TO_DATA + b"x\r\n.\r\n")
        await started.wait()
        peer = writer.get_extra_info("socket")
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()  # a reset, and not the half-close of who listens on
        await lost.wait()
        go_on.set()
        await done.wait()


async def test_an_address_that_is_taken_cannot_be_listened_on(
    services: Services,
) -> None:
    async with listening(services) as (listener, _):
        server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(CannotListen):
            async with listener.listening("127.0.0.1", port):
                pass
        server.close()


async def test_a_login_needs_starttls_unless_it_comes_from_this_machine(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "is_loopback", lambda _address: False)
    async with listening(services) as (_, connect):
        reader, _writer = await connect(b"EHLO x\r\nAUTH PLAIN AGEAYg==\r\n")
        lines = []
        while not (line := await reader.readline()).startswith(b"538 "):
            lines.append(line)
        assert lines
        assert not any(b"AUTH" in line for line in lines)


async def test_refused_mails_are_counted_and_kept_in_the_journal(
    services: Services,
) -> None:
    async with listening(services) as (_, connect):
        said = b"HELO x\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<nobody@mail.test>\r\n"
        reader, _writer = await connect(said + b"RCPT TO:<v1@mail.test>\r\n")
        await until(reader, b"550 5.7.1 ")
        await until(reader, b"550 5.1.1 ")
        deep = b"".join(
            b"Content-Type: multipart/a; boundary=%c\r\n\r\n--%c\r\n" % (sign, sign)
            for sign in b"abc"
        )
        reader, _writer = await connect(TO_DATA + deep + b"\r\n.\r\n")
        await until(reader, b"554 5.6.0 ")
    rows = [orjson.loads(row.record) for row in services.journal._waiting]
    records = [CallRecord(*row) for row in rows]
    assert {record.mount for record in records} == {"smtp"}
    reasons = [row.reason for row in services.journal._waiting]
    assert reasons == ["unknown_key", "dialect", "dialect"]
    assert records[2].route == "MAIL {topic}"
    assert KEY not in str(rows)
