"""What mail may take: connections, time, bytes, receivers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLimits:
    """Limits of the e-mail door (docs/dialects/ntfy.md 10); seconds and bytes."""

    connections: int = 100
    address_connections: int = 10
    """Of one address, an IPv6 one by its /64."""
    idle_s: float = 60
    """Between two commands, and for an answer to be taken."""
    data_window_s: float = 20
    data_window_bytes: int = 16 * KIB
    """A mail that has not ended brings so much in each window."""
    size_bytes: int = 15 * MIB
    recipients: int = 50
    """Of one mail."""
    refusals: int = 10
    """Refused receivers after which a connection ends."""
    held_bytes: int = 64 * MIB
    """All mails on their way in; one address has at most a quarter of it."""
    small_bytes: int = 64 * KIB
    """A mail of this size needs no room."""
    stop_s: float = 10
    """Most seconds for mails under way when the server stops."""


class MailRoom:
    """Counts the bytes of mails that are not stored yet, in all and by address."""

    def __init__(self, limits: MailLimits) -> None:
        self._limits = limits
        self._of: Counter[str] = Counter()
        self.total_bytes = 0

    def take(self, network: str, size: int) -> bool:
        """Count bytes; False, and nothing is counted, where there is no room."""
        limit = self._limits.held_bytes
        if self.total_bytes + size > limit or self._of[network] + size > limit // 4:
            return False
        self.total_bytes += size
        self._of[network] += size
        return True

    def let_go(self, network: str, size: int) -> None:
        """Count so many bytes no longer."""
        self.total_bytes -= size
        self._of[network] -= size
        if not self._of[network]:
            del self._of[network]
