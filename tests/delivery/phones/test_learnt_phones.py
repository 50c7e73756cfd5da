"""ntfy's iPhone app shows the address by which an upstream wakes it."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from pushgo_compat.config.config import Config, DialectConfig
from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.phones.learnt_phones import MAX_LEARNT, LearntPhones
from pushgo_compat.core.stores.targets import Origin, Target
from pushgo_compat.delivery.kinds.ntfy_ios import NTFY_IOS, address_hash
from pushgo_compat.model import Source
from pushgo_compat.server import start
from pushgo_compat.settings import Address, parse_network
from pushgo_compat.storage import open_store, parse_store_url
from pushgo_compat.storage.ids import system_now_ms
from pushgo_compat.web.legacy.read_request import DRY_RUN_HEADER
from tests.delivery.rig import until
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.providers.http import Receiver, receiver

SECRET = SecretKey(b"a secret for tests only")
PUBLIC = "https://push.example.com"
IPHONE = "ntfy/1.3 (build 5; iOS 17.4)"
ANDROID = "ntfy/1.16.0 (play; Android 14; SDK 34)"
POLL = "json?poll=1&since=all"


class Phone:
    """Calls as ntfy's iPhone app does, or as somebody else would."""

    def __init__(self, ports: Any, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.prefix = f"http://127.0.0.1:{ports['main']}/ntfy"
        self.port = f"http://127.0.0.1:{ports[Source.NTFY]}"
        self.root = f"http://127.0.0.1:{ports['main']}"

    async def get(self, url: str, client: str = IPHONE, **headers: str) -> int:
        given = {"User-Agent": client, **headers}
        async with self._session.get(url, headers=given) as response:
            await response.read()
            return response.status

    async def poll(self, topic: str = KEY, **headers: str) -> int:
        return await self.get(f"{self.prefix}/{topic}/{POLL}", **headers)

    async def publish(self, title: str) -> None:
        url = f"{self.prefix}/{KEY}"
        async with self._session.post(url, data=b"x", headers={"Title": title}) as got:
            assert got.status == 200


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Administration]:
    """The operator, at a second connection to the store."""
    store = await open_store(f"sqlite:///{tmp_path}/store.db", create=True)
    await store.create_channel(CHANNEL_ID, "NAS", hash_password(PASSWORD), 1)
    yield Administration(store, SECRET, system_now_ms, KEYS)
    await store.close()


@pytest.fixture
async def upstream() -> AsyncIterator[tuple[Receiver, str]]:
    async with receiver() as made:
        made[0].says({"id": "there"})
        yield made


@asynccontextmanager
async def gateway(folder: Path, **settings: Any) -> AsyncIterator[Phone]:
    config = Config(
        http_addr=Address("127.0.0.1", 0),
        dialects={
            Source.NTFY: DialectConfig(
                addr=Address("127.0.0.1", 0), hosts=("ntfy.test", "*.n.test")
            )
        },
        db_url=parse_store_url(f"sqlite:///{folder}/store.db"),
        attachment_dir=None,
        **settings,
    )
    async with AsyncExitStack() as stack:
        ports = await start(stack, config, SECRET)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        yield Phone(ports, session)


async def learnt(admin: Administration) -> list[Target]:
    return list(await admin.store.targets.targets())


async def is_learnt(admin: Administration, url: str, topic: str = KEY) -> bool:
    """Whether the one target is that of an address."""
    digest = SECRET.target_fingerprint(NTFY_IOS.name, address_hash(url, topic))
    (only,) = await learnt(admin)
    found = await admin.store.targets.find_target(only.channel.number, digest)
    return found is not None and found.target_id == only.target_id


async def test_a_poll_of_the_app_teaches_where_it_is_woken(
    tmp_path: Path, admin: Administration, upstream: tuple[Receiver, str]
) -> None:
    got, url = upstream
    settings = {"ntfy_upstream_url": url, "public_base_url": PUBLIC}
    async with gateway(tmp_path, **settings) as phone:
        assert await phone.poll() == 200
        assert await phone.poll() == 200
        assert await is_learnt(admin, f"{PUBLIC}/ntfy")
        (target,) = await learnt(admin)
        assert (target.kind, target.origin) == ("ntfy-ios", Origin.PASSWORD)
        kept = (target.sealed, target.hint, target.name)
        assert KEY not in repr(kept)
        assert PASSWORD not in repr(kept)
    async with gateway(tmp_path, **settings) as phone:  # it has outlived a restart
        await phone.publish("one")
        await until(lambda: len(got.got) == 1)
    ((request, body),) = got.got
    assert request.path == f"/{address_hash(f'{PUBLIC}/ntfy', KEY)}"
    assert len(request.headers["X-Poll-ID"]) == 12
    assert body == b""


async def test_a_check_of_the_key_teaches_as_well(
    tmp_path: Path, admin: Administration, upstream: tuple[Receiver, str]
) -> None:
    async with gateway(
        tmp_path, ntfy_upstream_url=upstream[1], public_base_url=PUBLIC
    ) as phone:
        assert await phone.get(f"{phone.prefix}/{KEY}/auth") == 200
        assert await is_learnt(admin, f"{PUBLIC}/ntfy")


@pytest.mark.parametrize(
    ("mount", "host", "public", "typed"),
    [
        ("prefix", None, None, "{prefix}"),
        ("prefix", "push.example.com", PUBLIC, f"{PUBLIC}/ntfy"),
        ("prefix", "push.example.com:443", PUBLIC, f"{PUBLIC}/ntfy"),
        ("prefix", "PUSH.example.com", PUBLIC, f"{PUBLIC}/ntfy"),
        ("prefix", "nas.local:{main}", PUBLIC, "http://nas.local:{main}/ntfy"),
        ("port", None, None, "{port}"),
        ("port", None, PUBLIC, "{port}"),
        ("port", "nas.local:{own}", None, "http://nas.local:{own}"),
        ("root", "ntfy.test", None, "http://ntfy.test"),
        ("root", "a.n.test", PUBLIC, "https://a.n.test"),
    ],
)
async def test_the_address_is_the_one_that_was_typed(
    tmp_path: Path,
    admin: Administration,
    upstream: tuple[Receiver, str],
    mount: str,
    host: str | None,
    public: str | None,
    typed: str,
) -> None:
    async with gateway(
        tmp_path, ntfy_upstream_url=upstream[1], public_base_url=public
    ) as phone:
        base = getattr(phone, mount)
        known = {"main": phone.root[17:], "own": phone.port[17:]}
        known |= {"prefix": phone.prefix, "port": phone.port}
        headers = {} if host is None else {"Host": host.format(**known)}
        assert await phone.get(f"{base}/{KEY}/{POLL}", **headers) == 200
        assert await is_learnt(admin, typed.format(**known))


@pytest.mark.parametrize(
    ("mount", "host", "public"),
    [
        ("prefix", "elsewhere.example", None),
        ("prefix", "elsewhere.example", PUBLIC),
        ("prefix", "elsewhere.example:443", None),
        ("prefix", "[::1", PUBLIC),
        ("port", "elsewhere.example", None),
        ("port", "elsewhere.example:99999", PUBLIC),
    ],
)
async def test_an_address_that_is_not_ours_is_not_learnt(
    tmp_path: Path,
    admin: Administration,
    upstream: tuple[Receiver, str],
    mount: str,
    host: str,
    public: str | None,
) -> None:
    async with gateway(
        tmp_path, ntfy_upstream_url=upstream[1], public_base_url=public
    ) as phone:
        url = f"{getattr(phone, mount)}/{KEY}/{POLL}"
        assert await phone.get(url, Host=host) == 200
        assert await learnt(admin) == []


async def test_what_a_trusted_proxy_says_counts(
    tmp_path: Path, admin: Administration, upstream: tuple[Receiver, str]
) -> None:
    async with gateway(
        tmp_path,
        ntfy_upstream_url=upstream[1],
        trusted_proxies=(parse_network("127.0.0.1/32"),),
    ) as phone:
        told = {"X-Forwarded-Host": "me.example", "X-Forwarded-Proto": "https"}
        assert await phone.poll(**told) == 200
        assert await is_learnt(admin, "https://me.example/ntfy")


async def test_nobody_else_teaches_anything(
    tmp_path: Path, admin: Administration, upstream: tuple[Receiver, str]
) -> None:
    for key, send_only in (("send-only-alias", True), ("reading-alias", False)):
        wanted = AliasRequest(
            dialect=Source.NTFY, channel_id=CHANNEL_ID, key=key, send_only=send_only
        )
        await admin.add_alias(wanted)
    everything = AliasRequest(dialect=Source.NTFY, channel_id=CHANNEL_ID, key="*")
    await admin.add_alias(everything)
    wrong = f"{CHANNEL_ID}wrong"
    async with gateway(
        tmp_path, ntfy_upstream_url=upstream[1], public_base_url=PUBLIC
    ) as phone:
        base = f"{phone.prefix}/{KEY}"
        assert await phone.poll(wrong) == 403
        assert await phone.poll("send-only-alias") == 403
        assert await phone.poll("caught-by-the-star") == 403
        assert await phone.get(f"{phone.prefix}/{wrong}/auth") == 403
        assert await phone.get(f"{base}/{POLL}&since=nonsense") == 200
        await admin.store.targets.remove_target((await learnt(admin))[0].target_id)
        assert await phone.get(f"{base}/{POLL}", ANDROID) == 200
        assert await phone.get(f"{base}/json?poll=1&since=zzz") == 400
        assert await phone.get(f"{base},reading-alias/{POLL}") == 200
        assert await phone.poll(**{DRY_RUN_HEADER: "1"}) == 200
        assert await learnt(admin) == []
        assert await phone.poll("reading-alias") == 200
        assert await is_learnt(admin, f"{PUBLIC}/ntfy", "reading-alias")


async def test_without_an_upstream_nothing_is_learnt(
    tmp_path: Path, admin: Administration
) -> None:
    async with gateway(tmp_path, public_base_url=PUBLIC) as phone:
        assert await phone.poll() == 200
        assert await learnt(admin) == []


async def test_a_channel_learns_three_addresses_however_many_come_at_once(
    admin: Administration,
) -> None:
    channel = await admin.find_channel(CHANNEL_ID)
    phones = LearntPhones(admin.store.targets, SECRET, NTFY_IOS, system_now_ms)
    learn = functools.partial(phones.learn, channel, topic=KEY)
    await asyncio.gather(*(learn(f"https://{n}.example") for n in range(10)))
    assert len(await learnt(admin)) == MAX_LEARNT == 3
    await admin.targets({NTFY_IOS.name: NTFY_IOS}).add(
        NTFY_IOS.name, channel, {"topic": "t", "base-url": PUBLIC}
    )
    assert len(await learnt(admin)) == MAX_LEARNT + 1


async def test_a_rotated_password_takes_learnt_addresses_along(
    admin: Administration,
) -> None:
    channel = await admin.find_channel(CHANNEL_ID)
    phones = LearntPhones(admin.store.targets, SECRET, NTFY_IOS, system_now_ms)
    await phones.learn(channel, PUBLIC, KEY)
    await admin.rotate_password(CHANNEL_ID)
    assert await learnt(admin) == []
    await phones.learn(channel, PUBLIC, KEY)  # it was let in before the rotation
    assert await learnt(admin) == []
