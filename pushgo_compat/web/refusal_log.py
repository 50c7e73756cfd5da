"""The log of calls: a line for each refused one, or for all (``PUSHGO_ACCESS_LOG``).

Where only refusals are told, a flood has a few lines, and how many were left out.
"""

from __future__ import annotations

import asyncio
import http
from collections import Counter

import structlog

from pushgo_compat.core.auth.fairness import network_of
from pushgo_compat.core.auth.key_forms import MIN_PASSWORD_CHARS, suspected_keys
from pushgo_compat.core.auth.secrets import mask, printable
from pushgo_compat.model import Source
from pushgo_compat.settings import AccessLog

WINDOW_S = 1.0
MOST_LINES = 20
MOST_LINES_OF_ONE = 5
"""In a window, of one address (a /64 of IPv6): a flood hides nobody else's lines."""
_MAX_ROUTE_CHARS = 64
_METHODS = frozenset({*http.HTTPMethod, "MAIL"})  # the e-mail door's own
UNKNOWN_METHOD = "?"

log = structlog.get_logger()


class RefusalLog:
    """Logs calls by door, route and code; never a text of the caller.

    Needs a running loop: what was left out is told when its window has passed.
    """

    def __init__(self, kept: AccessLog = AccessLog.REFUSED) -> None:
        self._kept = kept
        self.has_all = kept is AccessLog.ALL
        """Whether ``accepted`` wants to hear of calls."""
        self._lines: Counter[str] = Counter()
        self._left_out = 0
        self._end: asyncio.TimerHandle | None = None

    def note(
        self,
        door: Source,
        *,
        route: str,
        status: int,
        code: str,
        address: str,
        request_id: str,
        key: str = "",
        duration_ms: float | None = None,
    ) -> None:
        """Log one refusal. ``route`` is a pattern, or the method where none was found.

        The key is masked here, also where the caller named his request by one.
        """
        if self._kept is AccessLog.OFF:
            return
        if not self.has_all and not self._has_room(network_of(address)):
            self._left_out += 1
            return
        log.info(
            "request refused",
            door=door,
            route=_safe_route(route),
            status=status,
            code=code,
            key=mask(key) if key else None,
            address=printable(address),
            request_id=loggable_id(request_id, key),
            ms=None if duration_ms is None else round(duration_ms, 1),
        )

    def accepted(
        self,
        door: Source,
        *,
        route: str,
        status: int,
        address: str,
        request_id: str,
        duration_ms: float,
        key: str = "",
    ) -> None:
        """Log a call that was not refused, where all calls are logged."""
        if not self.has_all:
            return
        log.info(
            "request",
            door=door,
            route=_safe_route(route),
            status=status,
            code=None,
            key=mask(key) if key else None,
            address=printable(address),
            request_id=loggable_id(request_id, key),
            ms=round(duration_ms, 1),
        )

    def _has_room(self, network: str) -> bool:
        """Whether one more line of this network fits into the window."""
        if self._end is None:
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(WINDOW_S, self.end_window)
        if (
            self._lines.total() >= MOST_LINES
            or self._lines[network] >= MOST_LINES_OF_ONE
        ):
            return False
        self._lines[network] += 1
        return True

    def end_window(self) -> None:
        """Say how many lines were left out since the window began."""
        if self._end is not None:
            self._end.cancel()
            self._end = None
        if self._left_out:
            log.info("more requests refused", left_out=self._left_out)
        self._left_out = 0
        self._lines.clear()


def loggable_id(request_id: str, key: str = "") -> str:
    """A request's id for the log: masked where the caller made it from a key."""
    return mask(request_id) if _holds_key(request_id, key) else request_id


def _safe_route(route: str) -> str:
    """The route without a first word that is no method: it may be a key."""
    method, blank, pattern = route.partition(" ")
    if method not in _METHODS:
        method = UNKNOWN_METHOD
    return printable((method + blank + pattern)[:_MAX_ROUTE_CHARS])


def _holds_key(request_id: str, key: str) -> bool:
    """Whether the key stands in an id; a short one may stand in it by chance."""
    shown = request_id == key or (
        len(key) >= MIN_PASSWORD_CHARS and key.lower() in request_id.lower()
    )
    return shown or bool(suspected_keys(request_id))
