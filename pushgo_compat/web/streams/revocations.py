"""Ends streams whose key stopped opening its channel, before they show anything more.

Every change to channels and aliases counts up one number, the generation, in its own
commit; every message carries the generation that its commit found. All open streams
were let in, or compared since, under ``verified`` or later. So a message that carries
no later generation was accepted before any change that a stream was not compared with,
and may be shown at once. A message that carries a later one waits until all streams
were compared with a state that is at least as new: whoever lost the right is ended by
then. What is read from the store is shown after a comparison that began after the
reading, by the same argument. A message that another process has committed carries the
generation that was read after it: no older than that of its commit, so it waits for at
least what it has to wait for.

Changes are looked for a few times a second, so that a quiet stream ends as well. The
end of an account token is no change: a stream of one ends a look before it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import islice
from typing import Protocol

import structlog

from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.core.stores.access.keys import Standing
from pushgo_compat.web.native.edge import describe_fault

LOOK_EVERY_S = 0.25
"""A quiet stream ends a moment after that; docs/keys.md grants a second."""
MAX_FAILED_LOOKS = 2
"""Looks in a row that may fail; then every stream ends, as its right is in doubt."""
ENDED_EARLY_MS = int(2 * LOOK_EVERY_S * 1000)
"""A token's stream is ended this long before the token, so that it shows nothing that
was accepted after the end."""
STREAMS_A_LOOK = 500
"""Compared at once: about a millisecond of the event loop."""

log = structlog.get_logger(__name__)


class Revoked(Exception):
    """The stream has ended, as its key opens the channel no longer."""


class ChannelStates(Protocol):
    """What is asked of the store."""

    async def generation(self) -> int:
        """A number that grows with every change to channels and aliases."""
        ...

    async def standing(
        self,
        numbers: Sequence[int],
        alias_ids: Sequence[str],
        token_ids: Sequence[str] = (),
    ) -> Standing:
        """What became of these channels, aliases and tokens."""
        ...


class Reader(Protocol):
    """Whoever is shown messages, and by what right."""

    permits: Sequence[Permit]
    generation: int
    """The state of channels and aliases under which all permits stood."""

    def end(self) -> None:
        """Show nothing more."""
        ...


class Revocations:
    """Compares the rights of all open streams whenever something has changed."""

    def __init__(
        self,
        store: ChannelStates,
        now_ms: Callable[[], int],
        on_verified: Callable[[int], None] = lambda generation: None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``on_verified`` hears each new value of ``verified``."""
        self.verified = 0
        """The generation under which no open stream has to be compared again."""
        self._store = store
        self._on_verified = on_verified
        self._sleep = sleep
        self._now_ms = now_ms
        self._readers: dict[Reader, int | None] = {}
        """Each with the earliest end of its tokens, None for the most."""
        self._task: asyncio.Task[None] | None = None
        self._look_due: asyncio.Task[None] | None = None
        self._wanted = 0
        self._failed = 0

    async def admit(self, reader: Reader) -> None:
        """Watch over a reader from now on. Raises Revoked."""
        while self._readers and reader.generation < self.verified:
            await self.confirm(reader)
        if not self._readers:
            self._set_verified(reader.generation)
        self._readers[reader] = _first(permit.ends_at_ms for permit in reader.permits)
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def discard(self, reader: Reader) -> None:
        """Forget a reader; nothing happens when it is forgotten already."""
        self._readers.pop(reader, None)
        if not self._readers:
            self.stop()

    def stop(self) -> None:
        """Look no more."""
        for task in (self._task, self._look_due):
            if task is not None:
                task.cancel()
        self._task = self._look_due = None

    async def confirm(self, reader: Reader) -> None:
        """Make sure that the reader may see what was read from the store before.

        Ends it and raises Revoked when it may not.
        """
        if reader.generation == await self._store.generation():
            return
        if not await self._compare([reader]):
            raise Revoked

    async def reached(self, generation: int) -> None:
        """Wait until every reader was compared with this state, or was ended."""
        while self._readers and self.verified < generation:
            await asyncio.shield(self.look(generation))

    def look(self, generation: int = 0) -> asyncio.Task[None]:
        """Look for changes at once, one look at a time, up to one that is known of."""
        self._wanted = max(self._wanted, generation)
        if self._look_due is None or self._look_due.done():
            self._look_due = asyncio.create_task(self._look())
        return self._look_due

    async def _run(self) -> None:
        while True:
            await self._sleep(LOOK_EVERY_S)
            await asyncio.shield(self.look())

    async def _look(self) -> None:
        try:
            await self._catch_up()
            while self.verified < self._wanted:  # a commit later than this look
                await self._catch_up()
        except Exception as fault:  # the next look tries again, but not for long
            self._failed += 1
            log.error("streams not compared", **describe_fault(fault))
            if self._failed >= MAX_FAILED_LOOKS:
                self._failed = 0
                self._end(tuple(self._readers))
            await self._sleep(LOOK_EVERY_S)
        else:
            self._failed = 0

    async def _catch_up(self) -> None:
        generation = await self._store.generation()
        while behind := self._behind(generation):
            await self._compare(behind)
        while outdated := self._outdated():
            await self._compare(outdated)
        if self.verified < generation:
            self._set_verified(generation)

    def _behind(self, generation: int) -> Sequence[Reader]:
        behind = (r for r in self._readers if r.generation < generation)
        return tuple(islice(behind, STREAMS_A_LOOK))

    def _outdated(self) -> Sequence[Reader]:
        soon_ms = self._now_ms() + ENDED_EARLY_MS
        outdated = (r for r, ends in self._readers.items() if ends and ends <= soon_ms)
        return tuple(islice(outdated, STREAMS_A_LOOK))

    async def _compare(self, readers: Sequence[Reader]) -> bool:
        """Compare rights with what is stored; whether all of them stand."""
        permits = {permit for reader in readers for permit in reader.permits}
        channels = {permit.channel for permit in permits}
        alias_ids = {p.alias_id for p in permits if p.alias_id is not None}
        token_ids = {p.token_id for p in permits if p.token_id is not None}
        standing = await self._store.standing(
            tuple(channels), tuple(alias_ids), tuple(token_ids)
        )
        soon_ms = self._now_ms() + ENDED_EARLY_MS
        good = {permit for permit in permits if permit.stands(standing, soon_ms)}
        ended = [r for r in readers if not good.issuperset(r.permits)]
        for reader in readers:
            reader.generation = standing.generation
            if token_ids and reader in self._readers:
                # The end may have been moved since the token let the reader in.
                self._readers[reader] = _first(
                    standing.token_ends.get(permit.token_id or "")
                    for permit in reader.permits
                )
        self._end(ended)
        return not ended

    def _end(self, readers: Sequence[Reader]) -> None:
        for reader in readers:
            self._readers.pop(reader, None)
            reader.end()
        if readers:
            log.info("streams ended, their keys open nothing now", streams=len(readers))

    def _set_verified(self, generation: int) -> None:
        self.verified = generation
        self._on_verified(generation)


def _first(ends_ms: Iterable[int | None]) -> int | None:
    """The earliest of these times."""
    return min((end for end in ends_ms if end is not None), default=None)
