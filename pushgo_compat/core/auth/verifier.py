"""Password checks: slow by design, so few at a time, never twice for one key."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from pushgo_compat.core.auth import passwords
from pushgo_compat.core.auth.key_forms import is_password_length
from pushgo_compat.errors import RateLimited

MAX_CHECKS_AT_ONCE = 2
MAX_CHECKS_WAITING = 32


class Verifier:
    """Runs argon2 off the event loop, two checks at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(MAX_CHECKS_AT_ONCE)
        self._under_way = 0

    async def any_matches(
        self, password_hash: str | None, candidates: Iterable[str]
    ) -> bool:
        """Whether one of the candidates is the password.

        Without a hash (no such channel) a dummy is checked, so that both refusals take
        the same time. Raises RateLimited when 32 checks wait already.
        """
        possible = [text for text in candidates if is_password_length(text)]
        if self._under_way >= MAX_CHECKS_AT_ONCE + MAX_CHECKS_WAITING:
            raise RateLimited
        self._under_way += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(_check, password_hash, possible)
        finally:
            self._under_way -= 1


def _check(password_hash: str | None, candidates: list[str]) -> bool:
    if password_hash is None:
        for candidate in candidates:
            passwords.verify_password(passwords.dummy_hash(), candidate)
        return False
    return any(passwords.verify_password(password_hash, text) for text in candidates)
