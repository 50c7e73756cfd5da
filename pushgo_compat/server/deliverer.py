"""The half of a server that a store has once: schedule, upkeep, outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from typing import Protocol, cast

from adapters.ntfy import ntfy_id
from pushgo_compat.core.accounts import Accounts
from pushgo_compat.core.auth.tokens.account_tokens import TokenUses
from pushgo_compat.core.delivery import Configuration, Outcome, Standing
from pushgo_compat.core.maintenance import Sweeper, Upkeep
from pushgo_compat.core.schedule import Schedule
from pushgo_compat.core.stores.sharing import Asked, Fronts, WriterLink
from pushgo_compat.core.stores.store import Store
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.errors import ServerBusy
from pushgo_compat.outgoing import Outlets, build_outbox, pairing_of, tell_number
from pushgo_compat.server.base import Base

NEWS_EVERY_S = 0.25
"""How long fronts may not know that the outbox is full, or has room again."""
_FULL = "full"
_PAUSED = "paused"


class Deliverer(Protocol):
    """What a front asks of the process that delivers."""

    def wake_schedule(self) -> None:
        """A message was accepted that has to wait."""
        ...

    def is_full(self) -> bool:
        """Whether new messages must be refused until some are delivered."""
        ...

    def paused_groups(self) -> Sequence[tuple[str, str]]:
        """Name and reason of each group that waits for an operator."""
        ...

    async def standings(self, targets: Collection[int]) -> Mapping[int, Standing]:
        """Why messages do not go out, of those of these targets with trouble."""
        ...

    async def tell_number(self, configuration: Configuration, number: str) -> Outcome:
        """Send a phone the number by which its pairing is confirmed."""
        ...


class OwnDeliverer:
    """The deliverer in this process."""

    def __init__(
        self, schedule: Schedule, outbox: Outbox, now_ms: Callable[[], int]
    ) -> None:
        self._outbox = outbox
        self._now_ms = now_ms
        self.wake_schedule = schedule.wake
        self.is_full = outbox.is_full
        self.paused_groups = outbox.paused_groups

    async def standings(self, targets: Collection[int]) -> Mapping[int, Standing]:
        """Why messages do not go out."""
        return self._outbox.standings(targets)

    async def tell_number(self, configuration: Configuration, number: str) -> Outcome:
        """Send a phone its number."""
        return await tell_number(self._outbox, configuration, number, self._now_ms())

    # ------------------------------------------------------------ for other processes

    def services(self) -> Mapping[str, Asked]:
        """What fronts may ask; ``FarDeliverer`` asks it."""
        return {
            "wake_schedule": self._wake,
            "standings": self.standings,
            "tell_number": self.tell_number,
        }

    async def say_news(self, fronts: Fronts) -> None:
        """Tell fronts what they ask of each message, for ever."""
        while True:
            fronts.say(_FULL, self.is_full())
            fronts.say(_PAUSED, tuple(self.paused_groups()))
            await asyncio.sleep(NEWS_EVERY_S)

    async def _wake(self) -> None:
        self.wake_schedule()


class FarDeliverer:
    """The deliverer in the process that writes, as a front has it."""

    def __init__(self, link: WriterLink) -> None:
        self._link = link
        self._waking: set[asyncio.Task[object]] = set()

    def wake_schedule(self) -> None:
        """Tell the writer, which looks at its schedule every 30 s in any case."""
        task = asyncio.ensure_future(self._wake())
        self._waking.add(task)  # or nobody would keep it
        task.add_done_callback(self._waking.discard)

    def is_full(self) -> bool:
        """As it was a moment ago."""
        return self._link.said(_FULL) is True

    def paused_groups(self) -> Sequence[tuple[str, str]]:
        """As they were a moment ago."""
        return cast(Sequence[tuple[str, str]], self._link.said(_PAUSED) or ())

    async def standings(self, targets: Collection[int]) -> Mapping[int, Standing]:
        """Why messages do not go out."""
        asked = self._link.ask("standings", tuple(targets))
        return cast(Mapping[int, Standing], await asked)

    async def tell_number(self, configuration: Configuration, number: str) -> Outcome:
        """Send a phone its number."""
        asked = self._link.ask("tell_number", dict(configuration), number)
        return cast(Outcome, await asked)

    async def _wake(self) -> None:
        with suppress(ServerBusy):  # the next writer begins with its schedule
            await self._link.ask("wake_schedule")


async def start_deliverer(
    stack: AsyncExitStack,
    base: Base,
    store: Store,
    listened: Callable[[], Collection[int]],
) -> OwnDeliverer:
    """Start what runs once for a store, until the stack closes.

    ``listened``: channels with listeners, in whichever process.
    """
    config, secret, now_ms = base.config, base.secret, base.now_ms
    accounts = Accounts(store.tokens, secret, TokenUses(now_ms), now_ms)
    sweepers: list[Sweeper] = [accounts]
    if (unified_push := base.unified_push(store, listened)) is not None:
        sweepers.append(unified_push)
    if (files := base.files(store)) is not None:
        await files.open()
        sweepers.append(files)
    upkeep = Upkeep(store, config.retention_days, now_ms, sweepers)
    await stack.enter_async_context(upkeep)
    schedule = Schedule(store, now_ms)
    await stack.enter_async_context(schedule)
    outbox = await build_outbox(
        config,
        secret,
        store,
        base.hub,
        Outlets(
            lease=config.db_url.lease(),
            observer=base.metrics.delivery,
            forwards={dialect.source: dialect.forward for dialect in base.dialects},
            poll_id=ntfy_id,
        ),
        now_ms,
    )
    await stack.enter_async_context(outbox)
    deliverer = OwnDeliverer(schedule, outbox, now_ms)
    pairing = pairing_of(
        config, secret, store, deliverer.tell_number, base.keys, now_ms
    )
    if pairing is not None:
        await stack.enter_async_context(pairing)
        pairing.watch()
    return deliverer
