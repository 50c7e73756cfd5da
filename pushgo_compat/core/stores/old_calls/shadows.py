"""Old servers that answer beside us, as they are stored, and what came of their calls.

A shadow belongs to one alias. No key is stored: each call brings it.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

LATEST_CALLS = 1_000
"""Compared calls of a shadow whose times are kept."""
MAX_KINDS = 500
"""Most kinds of differences that are kept of a shadow, and most pairs of route and
client; a new one beyond them is counted, and not kept."""
MAX_GIVEN = 10_000
"""Most numbers and files of an old server that are remembered; the oldest goes."""


class Phase(enum.StrEnum):
    """How far a move has come."""

    COMPARING = "comparing"
    """Both servers are asked, and the client gets the old one's answer."""
    CUT_OVER = "cut over"
    """The old server is not asked any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """The old server of one alias."""

    alias_id: str
    old_url: str
    """Where its root is, without a slash at the end."""
    connect: str | None = None
    """The host, or host and port, that is dialled in place of the URL's."""
    timeout_ms: int = 5_000
    """How long a client waits for its answer."""
    delivers: bool = False
    """Our own targets get the messages as well."""
    phase: Phase = Phase.COMPARING
    started_at_ms: int = 0


class Difference(NamedTuple):
    """One way in which two answers differ."""

    kind: str
    """``status``, ``shape``, or a field such as ``data.errno``."""
    visible: bool
    """The client can tell."""


class Comparison(NamedTuple):
    """What came of one call that was for both servers."""

    alias_id: str
    at_ms: int
    route: str
    client: str
    ours_ms: int
    old_ms: int | None = None
    """None: it was not asked, or has not answered in time."""
    old_failed: bool = False
    """It was asked, and has not answered in time."""
    ours_failed: bool = False
    """We refused what it accepted, or had a fault of our own."""
    differences: Sequence[Difference] = ()
    old: str = ""
    """Its answer, masked, as JSON; empty where nothing differs."""
    ours: str = ""
    given: Sequence[bytes] = ()
    """Digests of what it gave out for later."""


class CallTimes(NamedTuple):
    """One call that was compared."""

    old_ms: int
    ours_ms: int
    visible: bool


class Seen(NamedTuple):
    """A client that used a route."""

    route: str
    client: str
    first_ms: int


class CountedDifference(NamedTuple):
    """A kind of difference with its latest example."""

    kind: str
    times: int
    route: str
    client: str
    old: str
    ours: str


class Figures(NamedTuple):
    """All that is known of a shadow's calls."""

    calls: int = 0
    compared: int = 0
    differ: int = 0
    client_visible: int = 0
    old_failed: int = 0
    ours_failed: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    last_answer_ms: int | None = None
    """Of the call that the old server has answered last; None also where that was
    before this was kept."""
    latest: Sequence[CallTimes] = ()
    """The newest first."""
    seen: Sequence[Seen] = ()
    differences: Sequence[CountedDifference] = ()
    """The most frequent first."""


class ShadowStore(Protocol):
    """Shadows and their figures."""

    async def shadows(self) -> Sequence[Shadow]:
        """All shadows, the oldest first."""
        ...

    async def start(self, shadow: Shadow) -> bool:
        """Begin to compare, figures from nothing; False if it compares already.

        Also False where the alias is gone. A new generation of keys begins.
        """
        ...

    async def cut_over(self, alias_id: str) -> bool:
        """Ask the old server no more; False if it was not asked anyway."""
        ...

    async def stop(self, alias_id: str) -> bool:
        """Remove a shadow and its figures; False when there is none."""
        ...

    async def record(self, rows: Sequence[Comparison]) -> None:
        """Add calls to the figures, in one commit; those of no shadow are dropped."""
        ...

    async def figures(self, alias_id: str) -> Figures:
        """The figures of a shadow."""
        ...

    async def giver(self, digest: bytes) -> Shadow | None:
        """The shadow whose old server gave this out, as long as it compares."""
        ...
