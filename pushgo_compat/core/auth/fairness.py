"""Fair shares of bounded resources among callers."""

from __future__ import annotations

import functools
import ipaddress
from collections import OrderedDict, deque
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

IPV6_PREFIX = 64
"""Bits of an IPv6 address that tell callers apart: one site is given all the rest
(RFC 6177, RFC 7421)."""
_MAX_TEXT_CHARS = 64


@functools.lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """The address as callers are told apart by it: IPv6 by its /64.

    IPv4 stands for itself, also where it is written as IPv6 (``::ffff:192.0.2.1``). A
    text that is no address (a proxy may hand on anything) stands for itself, cut.
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:_MAX_TEXT_CHARS]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), IPV6_PREFIX), strict=False))


class SharedTable(Generic[K, V]):
    """A memory of bounded size in which one network has a bounded part.

    The oldest entry of the network goes when its part is full, and the oldest of all
    when the whole is. Putting an entry again makes it the youngest.
    """

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._entries: OrderedDict[K, tuple[str, V]] = OrderedDict()
        self._parts: dict[str, OrderedDict[K, None]] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: K) -> V | None:
        """The entry, None when it is not there."""
        found = self._entries.get(key)
        return None if found is None else found[1]

    def put(self, key: K, network: str, value: V) -> None:
        """Remember an entry as the youngest, of this network from now on."""
        self.pop(key)
        self._entries[key] = network, value
        part = self._parts.setdefault(network, OrderedDict())
        part[key] = None
        if len(part) > self._most_of_one:
            self.pop(next(iter(part)))
        elif len(self._entries) > self._most:
            self.pop(next(iter(self._entries)))

    def pop(self, key: K) -> V | None:
        """Forget an entry; returns it, None when it was not there."""
        found = self._entries.pop(key, None)
        if found is None:
            return None
        network, value = found
        part = self._parts[network]
        del part[key]
        if not part:
            del self._parts[network]
        return value

    def values(self) -> list[V]:
        """All entries, the oldest first."""
        return [value for _, value in self._entries.values()]


class Turns(Generic[V]):
    """A queue in which each network has its turn, however many it has waiting."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._waiting: OrderedDict[str, deque[V]] = OrderedDict()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def join(self, network: str, waiter: V) -> bool:
        """Queue up; False when all places, or those of this network, are taken."""
        line = self._waiting.get(network)
        if self._count >= self._most or (line and len(line) >= self._most_of_one):
            return False
        self._waiting.setdefault(network, deque()).append(waiter)
        self._count += 1
        return True

    def leave(self, network: str, waiter: V) -> None:
        """Stop waiting; nothing happens to one whose turn has come."""
        line = self._waiting.get(network)
        if line is None or waiter not in line:
            return
        line.remove(waiter)
        self._count -= 1
        if not line:
            del self._waiting[network]

    def next(self) -> V | None:
        """The next of those that wait; None when none does."""
        if not self._waiting:
            return None
        network, line = self._waiting.popitem(last=False)
        waiter = line.popleft()
        self._count -= 1
        if line:
            self._waiting[network] = line  # behind all other networks
        return waiter
