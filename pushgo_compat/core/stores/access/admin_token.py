"""What letting the operator in asks of a store."""

from __future__ import annotations

from typing import Protocol


class AdminTokenStore(Protocol):
    """The one hash that the operator's token is compared with."""

    async def admin_token_hash(self) -> str | None:
        """The stored hash; None when no token was made yet."""
        ...

    async def set_admin_token(self, token_hash: str, *, first: bool = False) -> bool:
        """Replace the hash; with ``first`` only where there is none, else False."""
        ...
