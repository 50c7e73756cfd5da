"""What one connection, one address and all of them together may take."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """Limits that hold before any key is known; seconds and bytes."""

    head_s: float = 20
    """From a head's first byte to its last."""
    body_window_s: float = 20
    body_window_bytes: int = 16 * KIB
    """A body that has not ended brings so much in each window."""
    idle_s: float = 300
    """Between two requests. Proxies keep their connections for 60 to 300 s, and must
    not meet one that is just being closed."""
    unread_s: float = 60
    """A peer that takes nothing of an answer or a stream for so long is cut off."""
    bodies_bytes: int = 64 * MIB
    """All bodies under way; one address has at most a quarter of it."""
    small_body_bytes: int = 64 * KIB
    """A body of this size never waits for room."""
    room_wait_s: float = 10
    """A larger one that got no room for so long is refused as busy."""
    waiting_bodies: int = 64
    """More than these, or a quarter of them from one address, are refused at once:
    each holds what one read of its socket has brought."""
    spare_descriptors: int = 200
    """Kept from connections, for the store and for files."""

    @property
    def address_bytes(self) -> int:
        """What the bodies of one address may take."""
        return self.bodies_bytes // 4

    @property
    def address_waiting(self) -> int:
        """How many bodies of one address may wait."""
        return max(1, self.waiting_bodies // 4)

    def most_connections(self, descriptors: int) -> int:
        """How many connections may be open under a limit of file descriptors.

        Where there are hardly any, half of them.
        """
        return max(descriptors - self.spare_descriptors, descriptors // 2)
