"""The whole server in a thread of this process, on a store of its own.

Tests talk to it as clients do, over sockets; the operator's commands work on a second
connection to the same store, as the command line does.
"""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import uvloop
from aiohttp import encode_basic_auth

from pushgo_compat.config.config import Config
from pushgo_compat.config.dialects import dialect_configs
from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.model import Source
from pushgo_compat.server.start import sites_of, start
from pushgo_compat.settings import Address
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.web.listeners.sites import Sites
from tests.dialects import KEYS, SOURCES, TRAITS
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD
from tests.patience import PATIENCE_S
from tests.wire import Closed, HeaderLines, Reply, Wire, request

T = TypeVar("T")

CHANNEL_NAME = "Wire tests"
SECRET = b"a secret of the wire tests"
LOGIN = ("Authorization", encode_basic_auth(CHANNEL_ID, PASSWORD).encode())
FILES = "attachments"
ANY_PORT = Address("127.0.0.1", 0)
HOSTS: dict[Source, tuple[str, ...]] = {
    **{source: (f"{source}.test",) for source in SOURCES},
    Source.SERVERCHAN: ("sc.test", "*.sc.test"),
}


class Mount(enum.StrEnum):
    """Where a dialect lives (README.md, "Point an old client here")."""

    PREFIX = "prefix"
    PORT = "port"
    HOST = "host"


@dataclass
class Clock:
    """Stands still until a test turns it."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@dataclass(kw_only=True)
class Gateway:
    """A running server and what tests need to reach it."""

    ports: Mapping[str, int]
    db_url: str
    folder: Path = field(default_factory=Path)
    """What the server keeps lies here, its uploads below."""
    clock: Clock = field(default_factory=Clock)
    thread: threading.Thread | None = None
    """The server's own, where it runs in this process."""
    tls: ssl.SSLContext | None = None
    """Trusts the server's certificate, where it has one."""
    _wires: dict[int, Wire] = field(default_factory=dict)

    def place(self, dialect: Source, mount: Mount) -> tuple[int, str, str]:
        """Port, prefix and Host of a dialect's mount."""
        match mount:
            case Mount.PREFIX:
                return self.ports["main"], f"/{dialect}", "localhost"
            case Mount.PORT:
                return self.ports[dialect], "", "localhost"
            case Mount.HOST:
                return self.ports["main"], "", HOSTS[dialect][0]

    def url(self, dialect: Source, mount: Mount = Mount.PORT) -> str:
        """What a client is given as its server; not for hosts."""
        port, prefix, _ = self.place(dialect, mount)
        return f"http://127.0.0.1:{port}{prefix}"

    def call(
        self,
        dialect: Source,
        mount: Mount,
        method: str,
        path: str | bytes,
        headers: HeaderLines = (),
        body: bytes = b"",
    ) -> Reply:
        """One old call on a connection that is kept alive."""
        port, prefix, host = self.place(dialect, mount)
        raw_path = path.encode() if isinstance(path, str) else path
        target = prefix.encode() + raw_path
        return self.ask(port, request(method, target, headers, body, host=host), method)

    def native(
        self,
        method: str,
        path: str,
        headers: HeaderLines = (),
        body: bytes = b"",
    ) -> Reply:
        """One native call."""
        raw = request(method, path, headers, body)
        return self.ask(self.ports["main"], raw, method)

    def ask(self, port: int, data: bytes, method: str, *, whole: bool = True) -> Reply:
        """Send bytes on this port's connection, on a new one if it was closed."""
        kept = self._wires.pop(port, None)
        wire = kept or Wire(port, self.tls)
        try:
            reply = wire.ask(data, method, whole=whole)
        except (Closed, ConnectionError):
            wire.close()
            if kept is None:
                raise
            return self.ask(port, data, method, whole=whole)
        except BaseException:
            wire.close()
            raise
        if reply.goes_on or reply.headers.get("Connection", "").lower() == "close":
            wire.close()
        else:
            self._wires[port] = wire
        return reply

    def stored(self, message_id: str, channel_id: str = CHANNEL_ID) -> dict[str, Any]:
        """What a reading client gets: ``message``, ``receipt``, ``deliveries``."""
        path = f"/channel/{channel_id}/messages/{message_id}"
        reply = self.native("GET", path, [LOGIN])
        assert reply.status == 200, reply.body
        data: dict[str, Any] = reply.json["data"]
        return data

    def files(self) -> list[Path]:
        """What lies in the folder of uploads."""
        return list((self.folder / FILES).iterdir())

    def only_message(self, reply: Reply) -> dict[str, Any]:
        """The one native message that a call became."""
        (message_id,) = reply.message_ids
        message: dict[str, Any] = self.stored(message_id)["message"]
        return message

    def page(self, since: str) -> list[dict[str, Any]]:
        """Up to 500 of the channel's messages after one, or from the first (all)."""
        path = f"/channel/{CHANNEL_ID}/messages?limit=500&since={since}"
        reply = self.native("GET", path, [LOGIN])
        messages: list[dict[str, Any]] = reply.json["data"]["messages"]
        return messages

    def last_message(self) -> dict[str, Any] | None:
        """The channel's latest message."""
        newest, since = None, "all"
        while page := self.page(since):
            newest, since = page[-1], page[-1]["message_id"]
        return newest

    def count(self) -> int:
        """How many messages the channel has."""
        total, since = 0, "all"
        while page := self.page(since):
            total, since = total + len(page), page[-1]["message_id"]
        return total

    def held(self) -> list[bool]:
        """Whether each message of the test channel is kept from targets, in order."""

        async def read(admin: Administration) -> list[bool]:
            (channel,) = await admin.store.channels()
            page = await admin.store.page(channel.number, b"", 0, 500)
            return [message.held for message in page]

        return self.administer(read)

    def administer(self, work: Callable[[Administration], Awaitable[T]]) -> T:
        """Do what an operator's command does, beside the running server."""
        return asyncio.run(administer(self.db_url, work, self.clock))

    def alias(self, dialect: Source, key: str, **rules: Any) -> str:
        """Bind a key to the test channel; the alias's id."""
        wanted = AliasRequest(dialect=dialect, channel_id=CHANNEL_ID, key=key, **rules)
        return self.administer(lambda admin: admin.add_alias(wanted)).alias_id

    def close(self) -> None:
        for wire in self._wires.values():
            wire.close()


async def administer(
    db_url: str,
    work: Callable[[Administration], Awaitable[T]],
    clock: Callable[[], int],
) -> T:
    """Open the store, work on it, close it."""
    store = await open_store(db_url, create=True, clock=clock)
    try:
        return await work(Administration(store, SecretKey(SECRET), clock, KEYS))
    finally:
        await store.close()


@contextmanager
def running(
    folder: Path,
    store_url: str | None = None,
    /,
    **settings: Any,
) -> Iterator[Gateway]:
    """A server at all mounts, the golden channel open; settings are Config's.

    The store is an SQLite file unless a URL names another. ``short_way=False``: every
    request is a handler's.
    """
    short_way = settings.pop("short_way", True)
    db_url = store_url or f"sqlite:///{folder / 'gateway.db'}"
    clock = Clock()
    asyncio.run(
        administer(
            db_url,
            lambda admin: admin.create_channel(CHANNEL_NAME, CHANNEL_ID, PASSWORD),
            clock,
        )
    )
    mounts = {
        f"{source}_{name}": value
        for source in SOURCES
        for name, value in (("addr", ANY_PORT), ("hosts", HOSTS[source]))
    }
    given = {"ntfy_timezone": ZoneInfo("UTC"), **mounts, **settings}
    names = {field.name for field in dataclasses.fields(Config)}
    general = {name: value for name, value in given.items() if name in names}
    config = Config(
        **{
            "dialects": dialect_configs(TRAITS, given),
            "db_url": parse_store_url(db_url),
            "attachment_dir": folder / FILES,
            "http_addr": ANY_PORT,
            **general,
        }
    )
    sites = dataclasses.replace(sites_of(config), short_way=short_way)
    with _serving(config, clock, sites) as (thread, ports):
        gateway = Gateway(
            ports=ports, db_url=db_url, folder=folder, clock=clock, thread=thread
        )
        try:
            yield gateway
        finally:
            gateway.close()


@contextmanager
def _serving(
    config: Config, clock: Clock, sites: Sites
) -> Iterator[tuple[threading.Thread, Mapping[str, int]]]:
    """The server's event loop, in a thread from here to the end."""
    started: Future[tuple[Mapping[str, int], Callable[[], None]]] = Future()

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        async with AsyncExitStack() as stack:
            ports = await start(stack, config, SecretKey(SECRET), clock, sites)
            started.set_result((ports, lambda: _set(loop, stop)))
            await stop.wait()

    def run() -> None:
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                runner.run(serve())
        except BaseException as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = threading.Thread(target=run, name="gateway under test")
    thread.start()
    ports, stop = started.result(timeout=PATIENCE_S)
    try:
        yield thread, ports
    finally:
        stop()
        thread.join(timeout=PATIENCE_S)
        assert not thread.is_alive()


def _set(loop: asyncio.AbstractEventLoop, event: asyncio.Event) -> None:
    loop.call_soon_threadsafe(event.set)
