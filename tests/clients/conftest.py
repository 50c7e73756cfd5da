"""A server for real clients: on plain ports, and as the vendors' own hosts with TLS."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, running
from tests.tls import self_signed

VENDOR_HOSTS = {
    Source.NTFY: ("ntfy.sh",),
    Source.BARK: ("api.day.app",),
    Source.SERVERCHAN: ("sctapi.ftqq.com", "sc.ftqq.com", "*.push.ft07.com"),
}


@dataclass
class Inbox:
    """The native messages that arrive from now on."""

    gateway: Gateway
    since: str

    def all(self) -> list[dict[str, Any]]:
        """What has arrived since the last look, oldest first."""
        messages = self.gateway.page(self.since)
        if messages:
            self.since = messages[-1]["message_id"]
        return messages

    def one(self) -> dict[str, Any]:
        """The one message that has arrived."""
        (message,) = self.all()
        return message


@pytest.fixture
def inbox(gateway: Gateway) -> Inbox:
    newest = gateway.last_message()
    return Inbox(gateway, newest["message_id"] if newest else "all")


@pytest.fixture(scope="module")
def vendor_server(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Gateway, str]]:
    """A server with the vendors' names and a certificate for them, and its path."""
    folder = tmp_path_factory.mktemp("vendor")
    names = [name for hosts in VENDOR_HOSTS.values() for name in hosts]
    certificate, key, trusting = self_signed(folder, *names)
    hosts = {f"{source}_hosts": names for source, names in VENDOR_HOSTS.items()}
    with running(folder, None, tls_cert=certificate, tls_key=key, **hosts) as gateway:
        gateway.tls = trusting
        yield gateway, str(certificate)


@pytest.fixture
def vendor(
    vendor_server: tuple[Gateway, str], monkeypatch: pytest.MonkeyPatch
) -> Inbox:
    """Point the vendors' names at our server, as split DNS does; what arrives there."""
    gateway, certificate = vendor_server
    look_up = socket.getaddrinfo

    def split_dns(host: str, port: int, *rest: Any, **options: Any) -> Any:
        if host.endswith((".ft07.com", ".ftqq.com", "ntfy.sh", "api.day.app")):
            assert port == 443
            host, port = "127.0.0.1", gateway.ports["main"]
        return look_up(host, port, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", split_dns)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", certificate)
    newest = gateway.last_message()
    return Inbox(gateway, newest["message_id"] if newest else "all")
