"""What the gate remembers of keys and passwords, for a while and in bounded space.

What is remembered of a key holds for one generation of channels and aliases. No memory
can be filled by one caller at the cost of others: of a channel one password is
remembered, the right one; of failures each network has its part; what the alias ``*``
caught has a memory of its own.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pushgo_compat.core.auth.fairness import SharedTable
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Channel

K = TypeVar("K")
T = TypeVar("T")

FAILURE_REMEMBERED_MS = 60_000
"""A minute (docs/keys.md, "Guessing")."""
MAX_REMEMBERED = 10_000
"""Keys remembered at most, opened, caught and failed ones each; the oldest goes."""
MAX_FAILURES_OF_ONE_NETWORK = MAX_REMEMBERED // 10


@dataclass(frozen=True, slots=True)
class _Failure:
    generation: int
    until_ms: int
    refusal: ChannelNotFound


class KeyMemory:
    """The keys that opened something lately, and those that failed, by their digests.

    An entry of another generation counts for nothing; the caller compares.
    """

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self.grants: OrderedDict[bytes, Grant] = OrderedDict()
        """Keys that somebody has made."""
        self.caught: OrderedDict[bytes, Grant] = OrderedDict()
        """Keys of nobody, which the alias ``*`` took."""
        self._failures: SharedTable[bytes, _Failure] = SharedTable(
            MAX_REMEMBERED, MAX_FAILURES_OF_ONE_NETWORK
        )

    def refusal(self, digest: bytes, generation: int) -> ChannelNotFound | None:
        """A new exception for a key that failed within the last minute."""
        failure = self._failures.get(digest)
        if (
            failure is not None
            and failure.generation == generation
            and failure.until_ms > self._now_ms()
        ):
            return _again(failure.refusal)
        return None

    def keep(self, digest: bytes, grant: Grant) -> None:
        """Remember what a key opened."""
        self.caught.pop(digest, None)
        _keep(self.caught if grant.caught else self.grants, digest, grant)

    def fail(
        self, digest: bytes, network: str, generation: int, refusal: ChannelNotFound
    ) -> None:
        """Remember that a key opened nothing, at the cost of this network."""
        self.grants.pop(digest, None)
        self.caught.pop(digest, None)
        until_ms = self._now_ms() + FAILURE_REMEMBERED_MS
        failure = _Failure(generation, until_ms, _again(refusal))
        self._failures.put(digest, network, failure)


@dataclass(frozen=True, slots=True)
class _RightPassword:
    """The password that a channel was opened with, as a keyed digest."""

    password_hash: str = field(repr=False)
    """The channel's hash at that time: another one means a rotation."""
    digest: bytes


class RightPasswords:
    """The password that each channel was opened with, so that argon2 runs once."""

    def __init__(self) -> None:
        self._salt = secrets.token_bytes(32)
        self._right: OrderedDict[int, _RightPassword] = OrderedDict()

    def knows(self, channel: Channel, candidates: list[str]) -> bool:
        """Whether one of the candidates opened the channel before, under this hash."""
        known = self._right.get(channel.number)
        if known is None or known.password_hash != channel.password_hash:
            return False
        return any(
            hmac.compare_digest(known.digest, self._digest(channel, text))
            for text in candidates
        )

    def keep(self, channel: Channel, password: str) -> None:
        """Remember the right password of a channel."""
        digest = self._digest(channel, password)
        _keep(
            self._right, channel.number, _RightPassword(channel.password_hash, digest)
        )

    def _digest(self, channel: Channel, password: str) -> bytes:
        text = f"{channel.channel_id}\0{password}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self._salt, digest_size=16).digest()


def _again(refusal: ChannelNotFound) -> ChannelNotFound:
    """A new exception for a remembered refusal.

    A raised one holds the frames, and so the request, of its first caller.
    """
    return ChannelNotFound(refusal.why, refusal.channel, refusal.alias_id)


def _keep(memory: OrderedDict[K, T], key: K, value: T) -> None:
    memory.pop(key, None)
    memory[key] = value
    if len(memory) > MAX_REMEMBERED:
        memory.popitem(last=False)
