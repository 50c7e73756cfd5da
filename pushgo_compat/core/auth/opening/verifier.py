"""Password checks: slow by design, so few at a time, never twice for one key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.fairness import Turns, network_of
from pushgo_compat.core.auth.key_forms import is_password_length
from pushgo_compat.errors import RateLimited

MAX_CHECKS_AT_ONCE = 2
MAX_CHECKS_WAITING = 32
MAX_WAITING_OF_ONE_ADDRESS = 4
"""Waiting checks of one address or IPv6 /64 (docs/keys.md, "Guessing")."""


class Verifier:
    """Runs argon2 off the event loop, two checks at a time, addresses in turn."""

    def __init__(self) -> None:
        self._running = 0
        self._waiting: Turns[asyncio.Future[None]] = Turns(
            MAX_CHECKS_WAITING, MAX_WAITING_OF_ONE_ADDRESS
        )

    async def matching(
        self, password_hash: str | None, candidates: Iterable[str], address: str
    ) -> str | None:
        """The candidate that is the password, None when none is.

        Without a hash (no such channel) a dummy is checked, so that both refusals take
        the same time. Raises RateLimited when 32 checks wait already, or 4 from this
        address.
        """
        possible = [text for text in candidates if is_password_length(text)]
        if not possible:
            return None
        await self._enter(network_of(address))
        try:
            return await asyncio.to_thread(_check, password_hash, possible)
        finally:
            self._leave()

    async def _enter(self, network: str) -> None:
        if self._running < MAX_CHECKS_AT_ONCE:
            self._running += 1
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not self._waiting.join(network, turn):
            raise RateLimited
        try:
            await turn
        except asyncio.CancelledError:
            self._waiting.leave(network, turn)
            if turn.done() and not turn.cancelled():
                self._leave()  # its turn had come at the same moment
            raise

    def _leave(self) -> None:
        """Hand the place on to the next one who still waits, or give it back."""
        while (turn := self._waiting.next()) is not None:
            if not turn.done():
                turn.set_result(None)
                return
        self._running -= 1


def _check(password_hash: str | None, candidates: list[str]) -> str | None:
    if password_hash is None:
        for candidate in candidates:
            passwords.verify_password(passwords.dummy_hash(), candidate)
        return None
    for candidate in candidates:
        if passwords.verify_password(password_hash, candidate):
            return candidate
    return None
