"""The addresses that a stranger's URL may lead to."""

from __future__ import annotations

import ipaddress

import pytest

from pushgo_compat.delivery.sending.guard import is_refused


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2001:db8::1",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
def test_addresses_inside_are_refused(address: str) -> None:
    assert is_refused(address)


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.255.255",
        "172.32.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1111",
        "64:ff9b::101:101",
        "::ffff:8.8.8.8",
        "2002:808:808::",
    ],
)
def test_addresses_outside_are_not(address: str) -> None:
    assert not is_refused(address)


@pytest.mark.parametrize("address", ["192.168.1.7", "::ffff:192.168.1.7"])
def test_what_the_operator_allows_is_allowed_in_every_spelling(address: str) -> None:
    allowed = (ipaddress.ip_network("192.168.1.0/24"),)
    assert not is_refused(address, allowed)
    assert is_refused("192.168.2.7", allowed)
