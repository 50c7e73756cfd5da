"""HTTP over a bare socket: every byte of a request is the test's own."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson
from multidict import CIMultiDict

TIMEOUT_S = 20.0
_BODILESS = frozenset({204, 304})

HeaderLines = Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer, read to its end."""

    status: int
    headers: CIMultiDict[str]
    body: bytes
    continued: bool = field(default=False)
    """Whether ``100 Continue`` came first."""
    goes_on: bool = field(default=False)
    """Whether only the beginning was read: the end of a stream may never come."""

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)

    @property
    def message_ids(self) -> list[str]:
        """The native messages that the call became."""
        return [
            message_id.strip()
            for message_id in self.headers.get("X-PushGo-Message-Id", "").split(",")
            if message_id.strip()
        ]


class Closed(Exception):
    """The server closed the connection before it answered."""


class Wire:
    """One connection; what it sends is what the test wrote."""

    def __init__(
        self,
        port: int,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout_s)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._file = self._socket.makefile("rb")

    def __enter__(self) -> Wire:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def end_sending(self) -> None:
        """Close the sending side alone, as netcat does."""
        self._socket.shutdown(socket.SHUT_WR)

    def read(self, method: str = "GET", *, whole: bool = True) -> Reply:
        """The next answer; raises Closed when there is none.

        With ``whole=False`` an answer that does not say how long it is ends for us with
        its first piece. Whoever cannot know what a request opens asks so.
        """
        continued = False
        while True:
            status = self._status()
            headers = self._headers()
            if status != 100:
                break
            continued = True
        body = b""
        has_body = method != "HEAD" and status not in _BODILESS
        goes_on = has_body and not whole and "Content-Length" not in headers
        if goes_on:
            body = self._chunk() if _is_chunked(headers) else b""
        elif has_body:
            body = self._body(headers)
        return Reply(
            status=status,
            headers=headers,
            body=body,
            continued=continued,
            goes_on=goes_on,
        )

    def ask(self, data: bytes, method: str = "GET", *, whole: bool = True) -> Reply:
        """Send one request and read its answer."""
        self.send(data)
        return self.read(method, whole=whole)

    def is_closed(self) -> bool:
        """Whether the server has closed the connection, waiting for it to do so."""
        try:
            return self._file.read(1) == b""
        except ConnectionError:
            return True

    def _status(self) -> int:
        try:
            line = self._file.readline()
        except ConnectionError as error:
            raise Closed from error
        if not line:
            raise Closed
        assert line.startswith(b"HTTP/"), line
        return int(line.split(b" ", 2)[1])

    def _headers(self) -> CIMultiDict[str]:
        headers: CIMultiDict[str] = CIMultiDict()
        while line := self._file.readline().strip():
            name, _, value = line.decode("utf-8", "surrogateescape").partition(":")
            headers.add(name, value.strip())
        return headers

    def _body(self, headers: CIMultiDict[str]) -> bytes:
        if _is_chunked(headers):
            chunks = []
            while chunk := self._chunk():
                chunks.append(chunk)
            return b"".join(chunks)
        if "Content-Length" in headers:
            return self._file.read(int(headers["Content-Length"]))
        return self._file.read()

    def _chunk(self) -> bytes:
        """The next chunk; b"" is the last one."""
        size = int(self._file.readline().split(b";")[0], 16)
        content = self._file.read(size)
        self._file.readline()
        return content


def _is_chunked(headers: CIMultiDict[str]) -> bool:
    return headers.get("Transfer-Encoding", "").lower() == "chunked"


def chunked(*chunks: bytes) -> bytes:
    """A body in chunks, with its end."""
    framed = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks)
    return framed + b"0\r\n\r\n"


def request(
    method: str,
    target: str | bytes,
    headers: HeaderLines = (),
    body: bytes = b"",
    *,
    host: str = "localhost",
) -> bytes:
    """A request's bytes; Content-Length is added where a body has no framing."""
    raw_target = target.encode() if isinstance(target, str) else target
    names = {name.lower() for name, _ in headers}
    lines = [b"%b %b HTTP/1.1" % (method.encode(), raw_target)]
    if "host" not in names:
        lines.append(b"Host: " + host.encode())
    lines += [b"%b: %b" % (name.encode(), value) for name, value in headers]
    framed = names & {"content-length", "transfer-encoding"}
    if not framed and (body or method in {"POST", "PUT", "PATCH"}):
        lines.append(b"Content-Length: %d" % len(body))
    if "transfer-encoding" in names and body:
        body = chunked(body)
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
