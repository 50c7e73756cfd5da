"""What an operator does to pair a phone: the same for a command and for a page."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import NamedTuple

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.auth.secrets import SecretKey, same_secret
from pushgo_compat.core.phones.pairing import MAX_TRIES, number_of
from pushgo_compat.core.phones.phone_targets import MAX_PHONES
from pushgo_compat.core.stores.access.pairing import TooManyPhones, Window
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import Target
from pushgo_compat.model import Channel

_ID_BYTES = 8
_MS_A_MINUTE = 60_000


class WrongNumber(NamedTuple):
    """Another number was sent to the phone."""

    tries_left: int


class PairingAdministration:
    """Opens the window, and confirms the phone that has come."""

    def __init__(
        self, store: Store, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms

    async def open(self, channel: Channel, minutes: int) -> Window:
        """Open the store's one window. Raises Refused, naming the channel that has it.

        One whose time is over is free.
        """
        now_ms = self._now_ms()
        window_id = secrets.token_hex(_ID_BYTES)
        ends_at_ms = now_ms + minutes * _MS_A_MINUTE
        if await self._store.pairing.open_window(
            window_id, channel.number, now_ms, ends_at_ms
        ):
            return Window(window_id=window_id, channel=channel, ends_at_ms=ends_at_ms)
        holder = await self._store.pairing.window(now_ms)
        if holder is None:
            raise Refused("another pairing has just ended: try again", "pairing_again")
        left = max(1, round((holder.ends_at_ms - now_ms) / _MS_A_MINUTE))
        raise Refused(
            f"channel {holder.channel.channel_id} ({holder.channel.name}) is being"
            f" paired, for {left} more minutes at most",
            "pairing_held",
            channel=holder.channel.name,
            minutes=left,
        )

    async def find(self, window_id: str) -> Window | None:
        """The window as it is now; None when its time is over."""
        window = await self._store.pairing.window(self._now_ms())
        return None if window is None or window.window_id != window_id else window

    async def confirm(self, window_id: str, number: str) -> Target | WrongNumber:
        """Make the phone a target if this is the number that it was sent.

        The third wrong number ends the pairing. Raises Refused for that, when the time
        is over, and for a channel that has as many phones as it may have.
        """
        # A try is spent before it is compared: two who type at once have three as well.
        tries = await self._store.pairing.count_try(window_id)
        window = await self.find(window_id)
        if window is None or window.phone is None or tries > MAX_TRIES:
            raise _over()
        if not same_secret(number.strip(), number_of(self._secret, window)):
            if tries >= MAX_TRIES:
                await self.close(window_id)
                raise Refused(
                    "three wrong numbers: the phone is forgotten", "pairing_tries"
                )
            return WrongNumber(MAX_TRIES - tries)
        target = await self._store.pairing.confirm(
            window_id, self._now_ms(), MAX_PHONES
        )
        if isinstance(target, TooManyPhones):
            await self.close(window_id)
            raise Refused(
                f"the channel has {target.limit} phones already: remove one",
                "too_many_phones",
                most=target.limit,
            )
        if target is None:
            raise _over()
        return target

    async def close(self, window_id: str) -> None:
        """End the window; a phone that is not confirmed is forgotten, its key too."""
        await self._store.pairing.close_window(window_id)


def _over() -> Refused:
    return Refused(
        "the pairing is over: run pushgo-compat channel pair again", "pairing_over"
    )
