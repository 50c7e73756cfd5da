"""Sockets that are bound once, for processes that come and go.

Each front has a socket of its own on each address (``SO_REUSEPORT``), so that the
kernel spreads connections evenly. The supervisor keeps all of them open: what waits in
the queue of a front that has died is taken by the one that is started in its place.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress

Addresses = Mapping[str, tuple[str, int]]
Listening = Mapping[str, list[socket.socket]]
"""A listener's name → its sockets: one for each address that its host name has."""

BACKLOG = 1024


class CannotBind(OSError):
    """An address that is taken, or that this machine has not got."""

    def __init__(self, name: str, address: tuple[str, int], error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.name, self.address, self.error = name, address, error


def bind_all(addresses: Addresses, fronts: int) -> list[Listening]:
    """Bind every address once for each front. Port 0 takes any free one.

    Raises CannotBind.
    """
    found: list[dict[str, list[socket.socket]]] = [{} for _ in range(fronts)]
    for name, (host, port) in addresses.items():
        try:
            for family, address in _resolve(host, port):
                free = _free_address(family, address)
                for one in found:
                    one.setdefault(name, []).append(_bound(family, free, shared=True))
        except OSError as error:
            raise CannotBind(name, (host, port), error) from error
    return list(found)


def port_of(sockets: list[socket.socket]) -> int:
    """The port of a listener: that of its first socket."""
    return int(sockets[0].getsockname()[1])


def _resolve(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    """Every address of a host name, as asyncio's servers take them."""
    found = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    # dict.fromkeys: a name may lead to one address twice.
    return list(
        dict.fromkeys(
            (family, (str(address[0]), int(address[1])))
            for family, _, _, _, address in found
        )
    )


def _free_address(family: int, address: tuple[str, int]) -> tuple[str, int]:
    """Make sure that nobody listens there: a shared port would not tell."""
    with _bound(family, address, shared=False) as probe:
        return address[0], int(probe.getsockname()[1])


def _bound(family: int, address: tuple[str, int], *, shared: bool) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            with suppress(OSError):
                bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind(address)
        if shared:
            bound.listen(BACKLOG)
    except OSError:
        bound.close()
        raise
    return bound
