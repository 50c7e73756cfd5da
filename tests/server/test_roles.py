"""A writer process and fronts: one server to those outside, whichever they ask."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import aiohttp
import pytest

from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.sharing import Fronts
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.server import deliverer, start
from pushgo_compat.server.base import Base
from pushgo_compat.server.writer import open_writer
from pushgo_compat.settings import Address
from pushgo_compat.storage import parse_store_url
from tests.gateway import SECRET, Clock, administer
from tests.golden import CHANNEL_ID
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "correct-horse"
KEY = CHANNEL_ID + PASSWORD

T = TypeVar("T")
WRITER = """
import socket, sys
from pushgo_compat.config.config import Config
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.server.writer import run_writer
from pushgo_compat.storage import parse_store_url
from tests.gateway import SECRET
config = Config(db_url=parse_store_url(sys.argv[1]))
control = socket.socket(fileno=int(sys.argv[2]))
sys.exit(run_writer(config, SecretKey(SECRET), control))
"""


@dataclass(kw_only=True)
class Front:
    """One front, in this process."""

    base: str
    lost: asyncio.Event


@dataclass(kw_only=True)
class House:
    """A writer and its fronts; all in this process, but for a writer to be killed."""

    config: Config
    clock: Clock
    stack: AsyncExitStack
    session: aiohttp.ClientSession
    fronts: Fronts | None = None
    control: socket.socket | None = None

    async def front(self) -> Front:
        here, there = socket.socketpair()
        if self.fronts is not None:
            await self.fronts.serve(there)
        elif self.control is not None:
            with there:
                socket.send_fds(self.control, [b"F"], [there.fileno()])
        lost = asyncio.Event()
        ports = await start(
            self.stack,
            self.config,
            SecretKey(SECRET),
            self.clock,
            link=here,
            on_lost=lost.set,
        )
        return Front(base=f"http://127.0.0.1:{ports['main']}", lost=lost)

    async def send(self, front: Front, **fields: object) -> tuple[int, dict[str, Any]]:
        """A native message; status and body of its answer."""
        message = {
            "channel_id": CHANNEL_ID,
            "password": PASSWORD,
            "title": "hello",
            **fields,
        }
        url = f"{front.base}/message"
        async with self.session.post(url, json=message) as response:
            return response.status, await response.json()

    async def publish(self, front: Front, text: str, **headers: str) -> str:
        """An ntfy message; its id."""
        url = f"{front.base}/ntfy/{KEY}"
        async with self.session.post(url, data=text, headers=headers) as response:
            assert response.status == 200
            return str((await response.json())["id"])

    async def administer(self, work: Callable[[Administration], Awaitable[T]]) -> T:
        """Work on the store as a command does, beside the server."""
        return await administer(str(self.config.db_url), work, self.clock)

    async def kept(self) -> list[str]:
        """The ids in the file, in the order of reading."""

        async def read(admin: Administration) -> list[str]:
            channel = await admin.store.channel(CHANNEL_ID)
            assert channel is not None
            page = await admin.store.page(channel.number, b"", 0, 100_000)
            return [message.message_id for message in page]

        return await self.administer(read)


@pytest.fixture
async def apart(tmp_path: Path) -> AsyncIterator[House]:
    """A house without a writer."""
    async with AsyncExitStack() as stack:
        house = House(
            config=Config(
                db_url=parse_store_url(f"sqlite:///{tmp_path / 'store.db'}"),
                http_addr=Address("127.0.0.1", 0),
            ),
            clock=Clock(),
            stack=stack,
            session=await stack.enter_async_context(aiohttp.ClientSession()),
        )
        await house.administer(
            lambda admin: admin.create_channel("NAS", CHANNEL_ID, PASSWORD)
        )
        yield house


@pytest.fixture
async def house(apart: House) -> House:
    """Its writer is in this process."""
    base = Base(config=apart.config, secret=SecretKey(SECRET), now_ms=apart.clock)
    apart.fronts = await open_writer(apart.stack, base)
    return apart


@pytest.fixture
async def writer(apart: House) -> AsyncIterator[asyncio.subprocess.Process]:
    """Its writer is a process of its own."""
    apart.control, theirs = socket.socketpair()
    apart.control.setblocking(False)
    with apart.control, theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", WRITER),
            *(str(apart.config.db_url), str(theirs.fileno())),
            pass_fds=[theirs.fileno()],
            env={"PYTHONPATH": str(ROOT)},
        )
        theirs.close()
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(PATIENCE_S):
            assert await loop.sock_recv(apart.control, 1) == b"R"
        yield process
        apart.control.close()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


async def streamed(response: aiohttp.ClientResponse, count: int) -> list[str]:
    """The ids of so many messages of ntfy's JSON stream."""
    ids: list[str] = []
    async with asyncio.timeout(PATIENCE_S):
        while len(ids) < count:
            event = json.loads(await response.content.readline())
            if event["event"] == "message":
                ids.append(event["id"])
    return ids


async def test_what_one_front_takes_the_other_streams_in_order(house: House) -> None:
    one, two = await house.front(), await house.front()
    async with house.session.get(f"{one.base}/ntfy/{KEY}/json") as stream:
        assert stream.status == 200
        await stream.content.readline()  # open
        accepted = []
        for number in range(30):
            status, _ = await house.send((one, two)[number % 2], title=str(number))
            assert status == 200
            accepted.append(str(number))
        titles: list[str] = []
        async with asyncio.timeout(PATIENCE_S):
            while len(titles) < 30:
                event = json.loads(await stream.content.readline())
                if event["event"] == "message":
                    titles.append(event["message"])
    assert titles == accepted
    kept = await house.kept()
    assert len(kept) == 30
    assert kept == sorted(kept)


async def test_an_operation_is_done_once_whichever_front_is_asked(
    house: House,
) -> None:
    fronts = [await house.front() for _ in range(2)]
    answers = await asyncio.gather(
        *(house.send(front, op_id="once") for front in fronts for _ in range(10))
    )
    assert {status for status, _ in answers} == {200}
    assert len({body["data"]["message_id"] for _, body in answers}) == 1
    assert len(await house.kept()) == 1


async def test_a_changed_password_is_refused_at_once_at_every_front(
    house: House,
) -> None:
    one, two = await house.front(), await house.front()
    assert (await house.send(one))[0] == (await house.send(two))[0] == 200
    opened = await house.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
    assert (await house.send(one))[0] == (await house.send(two))[0] == 404
    status, _ = await house.send(two, password=opened.password)
    assert status == 200


async def test_a_delayed_message_of_a_front_is_released_by_the_writer(
    house: House,
) -> None:
    one, two = await house.front(), await house.front()
    async with house.session.get(f"{two.base}/ntfy/{KEY}/json") as stream:
        await stream.content.readline()  # open
        delayed = await house.publish(one, "later", Delay="10s")
        house.clock.now_ms += 11_000
        await house.publish(one, "much later", Delay="1h")  # wakes the schedule
        assert await streamed(stream, 1) == [delayed]


async def test_while_the_outbox_is_full_every_front_refuses(
    apart: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliverer, "NEWS_EVERY_S", 0.001)
    is_full = False
    monkeypatch.setattr(Outbox, "is_full", lambda outbox: is_full)
    base = Base(config=apart.config, secret=SecretKey(SECRET), now_ms=apart.clock)
    apart.fronts = await open_writer(apart.stack, base)
    front = await apart.front()
    for status in (503, 200):
        is_full = status == 503
        async with asyncio.timeout(PATIENCE_S):
            while (await apart.send(front))[0] != status:
                pass


async def test_when_the_writer_dies_nothing_is_lost_that_was_promised(
    apart: House, writer: asyncio.subprocess.Process
) -> None:
    fronts = [await apart.front() for _ in range(2)]
    promised: list[str] = []
    statuses: set[int] = set()

    async def send_on(front: Front) -> None:
        while not front.lost.is_set():
            status, body = await apart.send(front)
            statuses.add(status)
            if status == 200:
                promised.append(body["data"]["message_id"])
                if len(promised) == 300:
                    writer.kill()

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(send_on(front) for front in fronts for _ in range(16)))
        assert await writer.wait() == -9
        for front in fronts:
            assert (await apart.send(front))[0] == 503
    assert statuses == {200, 503}
    assert set(promised) <= set(await apart.kept())


async def test_the_writer_ends_after_the_last_front_of_whoever_started_it(
    apart: House, writer: asyncio.subprocess.Process
) -> None:
    async with AsyncExitStack() as fronts:
        apart.stack = fronts
        front = await apart.front()
        assert (await apart.send(front))[0] == 200
        assert apart.control is not None
        apart.control.close()
        writer.terminate()
        for _ in range(10):
            assert (await apart.send(front))[0] == 200
        assert writer.returncode is None
    async with asyncio.timeout(PATIENCE_S):
        assert await writer.wait() == 0
    assert not front.lost.is_set()
    assert len(await apart.kept()) == 11
