"""An outbox on a real store, with senders that tests script."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pushgo_compat.core.auth.sealing import SealedTokens, Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.delivery import (
    Checked,
    Configuration,
    Delivery,
    Option,
    Outcome,
    Sender,
    Sent,
    Surroundings,
)
from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.messages import Committed, NewMessage
from pushgo_compat.core.stores.place import Lease
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import NewTarget, Origin, Target
from pushgo_compat.delivery.lanes.deliveries import DeliveryMaker
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.delivery.lanes.results import Tuning
from pushgo_compat.model import Channel, NativeMessage, Source
from pushgo_compat.schemas import encode_message
from pushgo_compat.storage import open_store
from pushgo_compat.storage.ids import system_now_ms
from tests.golden import CHANNEL_ID

SECRET = SecretKey(b"a secret for tests only")
TIMEOUT_S = 20.0
QUICK = Tuning(starts_a_second=20_000, backoff_unit_s=0.001, probe_ms=20)
DAY_MS = 86_400_000

Answer = Callable[[str, Delivery], Outcome]
"""What a scripted sender says: address and delivery → outcome."""


def always_sent(_address: str, _delivery: Delivery) -> Outcome:
    return Sent()


@dataclass
class ScriptedKind:
    """A kind whose targets are told apart by an address, whose host is their group."""

    answer: Answer = always_sent
    name: str = "scripted"
    summary: str = "Scripted."
    options: Sequence[Option] = ()
    dialect: Source | None = None
    in_flight: int = 64
    wakes_only: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Address and title of every send, in the order in which they began."""
    closed: int = 0
    hold: asyncio.Event | None = None
    """Sends wait for it, where it is set."""

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        raise NotImplementedError

    def start(self, surroundings: Surroundings) -> Sender:
        return self

    def group(self, configuration: Configuration) -> str:
        return str(configuration["address"]).partition("/")[0]

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        address = str(configuration["address"])
        self.asked.append((address, delivery.message.title or ""))
        if self.hold is not None:
            await self.hold.wait()
        return self.answer(address, delivery)

    async def close(self) -> None:
        self.closed += 1

    def titles(self, address: str) -> list[str]:
        """What was sent to an address, in order."""
        return [title for asked, title in self.asked if asked == address]


class FreeLease:
    """Nobody else delivers from the store."""

    async def take(self) -> bool:
        return True

    async def give_back(self) -> None:
        return


@dataclass
class Counts:
    """Writes down what the metrics hear."""

    ended_as: dict[str, int] = field(default_factory=dict)
    breakers: list[bool] = field(default_factory=list)

    def sent(self, kind: str, seconds: float) -> None:
        return

    def ended(self, kind: str, state: str) -> None:
        self.ended_as[state] = self.ended_as.get(state, 0) + 1

    def breaker(self, kind: str, *, is_open: bool) -> None:
        self.breakers.append(is_open)

    def waiting(self, kind: str, count: int, oldest_s: float) -> None:
        return


@dataclass(kw_only=True)
class Rig:
    """A store with one channel, and an outbox that can be started again."""

    store: Store
    channel: Channel
    hub: Hub
    kind: ScriptedKind
    sealer: Sealer = field(default_factory=lambda: Sealer(SECRET))
    counts: Counts = field(default_factory=Counts)
    told: list[str] = field(default_factory=list)
    max_age_ms: int = DAY_MS
    limit: int = 1_000_000
    lease: Lease = field(default_factory=FreeLease)

    async def add(
        self,
        address: str,
        *,
        channel: Channel | None = None,
        on_failure: str | None = None,
    ) -> Target:
        """Add a target."""
        target_id = f"t-{address}"
        new = NewTarget(
            target_id=target_id,
            channel=(channel or self.channel).number,
            kind=self.kind.name,
            name=address,
            origin=Origin.OPERATOR,
            sealed=self.sealer.seal_target(
                {"address": address}, target_id, self.kind.name
            ),
            hint=address,
            fingerprint=SECRET.target_fingerprint(self.kind.name, address),
            on_failure=on_failure,
            created_at_ms=system_now_ms(),
        )
        target = await self.store.targets.add_target(new)
        assert target is not None
        return target

    async def publish(self, *titles: str, **columns: object) -> list[Committed]:
        """Commit one message a title, all at once."""
        generation = await self.store.generation()
        ttl = columns.pop("ttl_ms", None)
        rows = [
            NewMessage(
                self.channel.number,
                generation,
                payload=encode_message(NativeMessage(title=title, ttl_ms=ttl)),  # type: ignore[arg-type]
                **{"source": Source.NATIVE, **columns},  # type: ignore[arg-type]
            )
            for title in titles
        ]
        results = await self.store.append(rows)
        committed = [result for result in results if isinstance(result, Committed)]
        assert len(committed) == len(titles)
        return committed

    def outbox(self) -> Outbox:
        """A fresh outbox on the store, as after a restart."""

        async def tell(lane: object, text: str) -> None:
            self.told.append(text)

        return Outbox(
            targets=self.store.targets,
            lanes=self.store.lanes,
            messages=self.store,
            feed=self.hub,
            lease=self.lease,
            sealer=self.sealer,
            kinds={self.kind.name: self.kind},
            surroundings=Surroundings(
                now_ms=system_now_ms,
                tokens=SealedTokens(self.store.lanes, self.sealer),
                derive_key=SECRET.derive_key,
                sleep=_nap,
            ),
            make=DeliveryMaker("store-1", self.max_age_ms, {}),
            observer=self.counts,
            limit=self.limit,
            tell=tell,
            tuning=QUICK,
        )


async def _nap(seconds: float) -> None:
    """Sleep, but never for long: tests wait for what happens, not for the clock."""
    await asyncio.sleep(min(seconds, 0.005))


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true; fails after 20 s."""
    async with asyncio.timeout(TIMEOUT_S):
        while not condition():  # noqa: ASYNC110 - whatever the test can see
            await asyncio.sleep(0.002)


@asynccontextmanager
async def rig(tmp_path: Path, kind: ScriptedKind) -> AsyncIterator[Rig]:
    """A rig on a new store."""
    random.seed(7)
    hub = Hub()
    store = await open_store(f"sqlite:///{tmp_path}/s.db", create=True, feed=hub)
    try:
        channel = await store.create_channel(CHANNEL_ID, "NAS", "hash", system_now_ms())
        assert channel is not None
        yield Rig(store=store, channel=channel, hub=hub, kind=kind)
    finally:
        await store.close()
