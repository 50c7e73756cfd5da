"""Opens a channel with its password: argon2 once, a keyed digest afterwards."""

from __future__ import annotations

from pushgo_compat.core.auth.opening.grants import UNKNOWN_KEY, WRONG_PASSWORD, Grant
from pushgo_compat.core.auth.opening.memories import RightPasswords
from pushgo_compat.core.auth.opening.verifier import Verifier
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Channel


class ChannelPasswords:
    """Checks passwords, and remembers the right one of each channel."""

    def __init__(self) -> None:
        self._verifier = Verifier()
        self._right = RightPasswords()

    async def open(
        self,
        channel: Channel | None,
        candidates: list[str],
        address: str,
        generation: int,
    ) -> Grant:
        """Open a channel if one of the candidates is its password.

        A channel that is not there costs a check too. Raises ChannelNotFound,
        RateLimited.
        """
        if channel is not None and self._right.knows(channel, candidates):
            return Grant(channel=channel, generation=generation, by_password=True)
        password_hash = None if channel is None else channel.password_hash
        right = await self._verifier.matching(password_hash, candidates, address)
        if channel is None:
            raise ChannelNotFound(UNKNOWN_KEY)
        if right is None:
            raise ChannelNotFound(WRONG_PASSWORD, channel.number)
        self._right.keep(channel, right)
        return Grant(channel=channel, generation=generation, by_password=True)
