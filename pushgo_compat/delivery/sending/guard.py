"""HTTP to addresses that strangers chose: never to private networks.

A webhook's URL is the operator's, but its name may lead anywhere by the time it is
called; a push service's address is chosen by whoever subscribes. So every address is
looked at where its socket is made: after the name was resolved, for literals too (a
checking resolver is never asked about ``http://127.0.0.1/``). Redirects are off, or
they would lead around the guard.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import aiohttp
from aiohttp.connector import AddrInfoType

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

TIMEOUT = aiohttp.ClientTimeout(total=10, connect=8, sock_connect=5)

_NOT_PACKED = {"Accept-Encoding": "identity"}

# Python's is_global lets metadata services of clouds pass (192.0.0.192, 168.63.129.16),
# so every block is named: IANA's registries of special-purpose addresses.
_PRIVATE_IPV4 = """
    0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
    192.0.0.0/24 192.0.2.0/24 192.88.99.0/24 192.168.0.0/16 198.18.0.0/15
    198.51.100.0/24 203.0.113.0/24 224.0.0.0/3 168.63.129.16/32
"""
_PRIVATE_IPV6 = """
    ::/8 64:ff9b:1::/48 100::/64 2001::/23 2001:db8::/32 fc00::/7 fe80::/10 ff00::/8
"""
_PRIVATE = tuple(
    ipaddress.ip_network(block) for block in (_PRIVATE_IPV4 + _PRIVATE_IPV6).split()
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PrivateAddress(OSError):
    """The name leads to an address that is not for strangers."""

    def __init__(self) -> None:
        super().__init__(None, "private address")


def is_refused(address: str, allowed: Sequence[Network] = ()) -> bool:
    """Whether nothing may be sent to an IP address; ``allowed`` networks may."""
    parsed = ipaddress.ip_address(address.partition("%")[0])
    for candidate in {parsed, _unwrapped(parsed)}:
        if any(_in(candidate, network) for network in allowed):
            return False
    inside = _unwrapped(parsed)
    return any(_in(inside, network) for network in _PRIVATE)


def _in(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _unwrapped(address: Address) -> Address:
    """The IPv4 address inside a mapped, NAT64 or 6to4 one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.sixtofour or address


def guarded_session(allowed: Sequence[Network] = ()) -> aiohttp.ClientSession:
    """A session of its own whose every socket is looked at before it is made.

    Pooled connections are not asked again, so it is shared with nothing unguarded.
    """

    def make_socket(info: AddrInfoType) -> socket.socket:
        family, kind, proto, _, address = info
        if is_refused(str(address[0]), allowed):
            raise PrivateAddress
        return socket.socket(family=family, type=kind, proto=proto)

    return _session(_connector(make_socket))


def plain_session() -> aiohttp.ClientSession:
    """A session for addresses that the operator typed, mostly at home."""
    return _session(_connector())


def bare_session() -> aiohttp.ClientSession:
    """The same with no header of its own, for requests that go on as they came."""
    return _session(_connector(), {})


def _connector(
    socket_factory: Callable[[AddrInfoType], socket.socket] | None = None,
) -> aiohttp.TCPConnector:
    # A context of its own: aiohttp's is made when aiohttp is loaded, and would not
    # know the certificates that SSL_CERT_FILE names by the first send.
    return aiohttp.TCPConnector(
        ssl=ssl.create_default_context(), socket_factory=socket_factory, limit=64
    )


def _session(
    connector: aiohttp.TCPConnector, headers: Mapping[str, str] = _NOT_PACKED
) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=connector,
        # A session sends to the targets of many channels: a cookie that one provider
        # has set would go along with the messages of others.
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=TIMEOUT,
        # A proxy out of HTTP_PROXY would make the connection, and the address behind it
        # would not be looked at.
        trust_env=False,
        # A few bytes of gzip unpack to gigabytes, so nothing is unpacked; and aiohttp
        # would offer gzip of its own accord (RFC 9110, 12.5.3).
        auto_decompress=False,
        headers=headers,
    )
