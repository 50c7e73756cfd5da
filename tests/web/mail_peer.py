"""A raw peer of the e-mail door, and a server that has one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from tests.gateway import ANY_PORT, Gateway, running
from tests.patience import PATIENCE_S

DOMAIN = "mail.test"


@contextmanager
def mail_gateway(folder: Path, **settings: Any) -> Iterator[Gateway]:
    """A server that takes mail to TOPIC@mail.test."""
    wanted = {"smtp_addr": ANY_PORT, "smtp_domain": DOMAIN, **settings}
    with running(folder, **wanted) as gateway:
        yield gateway


class Peer:
    """Speaks SMTP by hand, a line at a time."""

    def __init__(self, gateway: Gateway, *, greet: bool = True) -> None:
        port = gateway.ports["smtp"]
        self.socket = socket.create_connection(("127.0.0.1", port), PATIENCE_S)
        self._lines = self.socket.makefile("rb")
        self.greeting = self.answer()
        if greet:
            self.greeting = self.ask("EHLO peer.test")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self) -> str:
        """One answer, all its lines; empty when the peer has hung up."""
        lines = []
        while line := self._lines.readline().decode():
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                break
        return "\n".join(lines)

    def ask(self, command: str | bytes) -> str:
        raw = command.encode() if isinstance(command, str) else command
        self.send(raw + b"\r\n")
        return self.answer()

    def mail(self, *keys: str, content: bytes) -> str:
        """Send a mail; the last answer."""
        self.ask("MAIL FROM:<printer@lan.test>")
        for key in keys:
            answer = self.ask(f"RCPT TO:<{key}@{DOMAIN}>")
            assert answer == "250 2.1.5 OK", answer
        assert self.ask("DATA").startswith("354 ")
        self.send(content)
        return self.ask(b"\r\n.")

    def start_tls(self, trusted: ssl.SSLContext, then: bytes = b"") -> None:
        """Go on in TLS. ``then`` is sent in clear behind the command."""
        self.send(b"STARTTLS\r\n" + then)
        assert self.answer().startswith("220 ")
        self._lines.close()
        self.socket = trusted.wrap_socket(self.socket, server_hostname="localhost")
        self._lines = self.socket.makefile("rb")

    def rest(self) -> bytes:
        """Half-close, and hear all that is still said."""
        self.socket.shutdown(socket.SHUT_WR)
        return self._lines.read()
