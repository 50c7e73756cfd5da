"""How many connections are open, on all listeners together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from pushgo_compat.web.connection.watch import Sender, Watch

_BATCH = 64
"""A 64th of all is closed at a time: finding the idle ones costs a walk over all."""
_FULL_FOR_S = 1.0


class Connection(Sender, Protocol):
    """One open connection."""

    @property
    def idle_since_s(self) -> float | None:
        """When its last answer was written; None: it has something to do."""
        ...


class OpenConnections:
    """Lets connections in up to a number; idle ones make room for new ones.

    Then those whose head began longest ago: a real client's takes milliseconds.
    """

    def __init__(
        self, most: int | None, watch: Watch, clock: Callable[[], float]
    ) -> None:
        """``most`` None: as many as there are."""
        self.most = most
        """More are never open; None: any number."""
        self._watch = watch
        self._clock = clock
        self._open: dict[Connection, None] = {}
        self._full_until_s = 0.0

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, connection: Connection) -> None:
        """Count a new connection; where there is no room for it, it is cut."""
        most = self.most
        if most is None or len(self._open) < most or self._make_room(most):
            self._open[connection] = None
        else:
            connection.cut("too_many")

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has closed."""
        self._open.pop(connection, None)
        self._full_until_s = 0.0

    def _make_room(self, most: int) -> bool:
        if self._clock() < self._full_until_s:
            return False
        number = max(1, most // _BATCH)
        idle = [(s, c) for c in self._open if (s := c.idle_since_s) is not None]
        idle.sort(key=lambda pair: pair[0])
        victims: list[Sender] = [connection for _, connection in idle[:number]]
        victims = victims or self._watch.oldest_heads()[:number]
        if not victims:
            self._full_until_s = self._clock() + _FULL_FOR_S
            return False
        for victim in victims:
            victim.cut("made_room")
        gone = set(victims)
        self._open = {c: None for c in self._open if c not in gone}
        return True
