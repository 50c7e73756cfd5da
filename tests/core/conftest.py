"""A gate on a real store, with password checks that tests count and hold."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Credential, KeyClaim, Source
from pushgo_compat.storage import open_store
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD
from tests.patience import PATIENCE_S

SECRET = SecretKey(b"a secret for tests only")
NOBODY_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MZ"


@dataclass
class Clock:
    """Stands still until a test turns it."""

    now_ms: int = NOW_MS

    def __call__(self) -> int:
        return self.now_ms


@dataclass
class Checks:
    """Stands for argon2: counts, and waits while it is held."""

    count: int = 0
    at_once: int = 0
    most_at_once: int = 0
    dummies: int = 0
    go_on: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def verify(self, password_hash: str, password: str) -> bool:
        with self._lock:
            self.count += 1
            self.dummies += password_hash == "dummy"
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.go_on.wait(timeout=PATIENCE_S)
        with self._lock:
            self.at_once -= 1
        return password_hash == hash_of(password)


def hash_of(password: str) -> str:
    return f"hash of {password}"


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Checks]:
    checks = Checks()
    checks.go_on.set()
    monkeypatch.setattr(passwords, "verify_password", checks.verify)
    monkeypatch.setattr(passwords, "dummy_hash", lambda: "dummy")
    yield checks
    checks.go_on.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@dataclass(frozen=True, kw_only=True)
class Somebody:
    """A caller of an old server."""

    address: str = "192.0.2.1"
    client: str = "backup.sh"

    def fields(self, claim: KeyClaim) -> Mapping[str, int]:
        return {"title": 5}


@dataclass(frozen=True, kw_only=True)
class House:
    """The golden channel in a store, and a gate before it."""

    store: Store
    gate: Gate
    unknown: UnknownKeys

    async def bind(
        self, dialect: Source, key: str, *logins: Credential, **rules: object
    ) -> None:
        """Store an alias of the golden channel."""
        channel = await self.store.channel(CHANNEL_ID)
        assert channel is not None
        alias = NewAlias(
            alias_id=f"{dialect}:{key}",
            dialect=dialect,
            key_digest=SECRET.alias_digest(dialect, key),
            folded_digest=SECRET.alias_digest(dialect, key.lower()),
            hint="h…t",
            channel=channel.number,
            credential_digests=tuple(
                SECRET.credential_digest(login.user, login.secret) for login in logins
            ),
            **rules,  # type: ignore[arg-type]  # names are the caller's
        )
        assert await self.store.add_alias(alias)

    async def rotate(self, password: str) -> None:
        assert await self.store.set_password(CHANNEL_ID, hash_of(password))


@pytest.fixture
async def house(tmp_path: Path, clock: Clock, checks: Checks) -> AsyncIterator[House]:
    url = f"sqlite:///{tmp_path}/house.db"
    store = await open_store(url, create=True, clock=clock)
    await store.create_channel(CHANNEL_ID, "NAS", hash_of(PASSWORD), NOW_MS)
    unknown = UnknownKeys(store, SECRET, clock)
    gate = Gate(store, SECRET, unknown, clock, [Source.NTFY])
    yield House(store=store, gate=gate, unknown=unknown)
    await store.close()
