"""What pairing asks of a store: one window, and the keys that phones have got by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.targets import NewTarget, Target
from pushgo_compat.model import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingPhone:
    """A phone that has registered and waits for the operator to confirm its number."""

    alias_id: str
    """Of its key."""
    target: NewTarget
    """What it becomes; when it came is when that was made."""
    address: str = ""
    """From where it came; "" where an earlier release has let it in."""
    is_told: bool = False
    """Whether the number has been sent, or failed to be."""
    fault: str | None = None
    """Why the number did not arrive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The time in which one phone may come. A store has one window at most."""

    window_id: str
    channel: Channel
    ends_at_ms: int
    phone: PendingPhone | None = None


class PairedKey(NamedTuple):
    """A key that was made by pairing, and the phone that it belongs to."""

    alias_id: str
    target_id: str | None
    """None: the operator has removed the target."""
    is_awaited: bool
    """Another phone, or the same with a new token, waits to take over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TooManyPhones:
    """The channel has as many phones as it may have, and none of them is dead."""

    limit: int


class PairingStore(Protocol):
    """Windows, pending phones and paired keys."""

    async def open_window(
        self, window_id: str, channel: int, now_ms: int, ends_at_ms: int
    ) -> bool:
        """Take the store's one window, in one commit; False while it is held.

        One whose time is over is free, and its unconfirmed key goes.
        """
        ...

    async def window(self, now_ms: int) -> Window | None:
        """The window that is open, None when there is none or its time is over."""
        ...

    async def close_window(self, window_id: str) -> None:
        """End a window; a key that nobody has confirmed goes with it."""
        ...

    async def forget_expired(self, now_ms: int) -> bool:
        """End a window whose time is over; writes nothing when there is none."""
        ...

    async def take_window(
        self,
        window_id: str,
        phone: PendingPhone,
        key: NewAlias | None,
        now_ms: int,
        ends_at_ms: int,
    ) -> bool:
        """Let a phone have the window, and store its new key.

        ``key`` is None for a key that the phone has already. False when another phone
        was first, or the time is over.
        """
        ...

    async def note_told(self, window_id: str, fault: str | None) -> None:
        """Write down that the number was sent, or why it was not."""
        ...

    async def count_try(self, window_id: str) -> int:
        """Count a number that the operator typed; how many there were."""
        ...

    async def confirm(
        self, window_id: str, now_ms: int, limit: int
    ) -> Target | TooManyPhones | None:
        """Make the pending phone a target and end the window, in one commit.

        The phone that the key had before is removed. A target with this address is
        taken as it is, and is active again. None when the window is gone.
        """
        ...

    async def add_phone(
        self, target: NewTarget, limit: int
    ) -> Target | TooManyPhones | None:
        """Store a phone's target, at most so many of its kind a channel.

        Of a full channel a dropped target makes room. None when the address is known.
        """
        ...

    async def paired_key(self, alias_id: str) -> PairedKey | None:
        """What a key is bound to; None for a key that was not made by pairing."""
        ...

    async def await_turn(self, alias_id: str, target: NewTarget) -> None:
        """Remember the latest phone that wants a key of another."""
        ...

    async def take_over(self) -> Sequence[Target]:
        """Replace dropped phones by those that wait for their keys; the new targets.

        Writes nothing when there are none.
        """
        ...
