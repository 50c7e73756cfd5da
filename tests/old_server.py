"""An old server in a thread: writes down what it gets, answers as it was told."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from multidict import CIMultiDict

from tests.patience import PATIENCE_S

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Got:
    """One request, as it came."""

    method: str
    target: str
    headers: CIMultiDict[str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Says:
    """One answer."""

    status: int = 200
    body: bytes = b"{}"
    headers: Headers = ()


@dataclass
class OldServer:
    """What it got, and what it says."""

    port: int
    got: list[Got] = field(default_factory=list)
    says: Callable[[Got], Says] = lambda got: Says()
    goes_on: threading.Event = field(default_factory=threading.Event)
    """No answer leaves before it is set."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def always(self, document: object, status: int = 200) -> None:
        """Answer with this JSON from now on."""
        json_type = ("Content-Type", "application/json")
        body = json.dumps(document).encode()
        said = Says(status=status, body=body, headers=(json_type,))
        self.says = lambda got: said


@contextmanager
def old_server(tls: ssl.SSLContext | None = None) -> Iterator[OldServer]:
    """Run one on loopback, over TLS where a context is given."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def parse_request(self) -> bool:
            """Serve every method alike."""
            is_good = super().parse_request()
            setattr(self, f"do_{self.command}", self._serve)
            return is_good

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            got = Got(
                method=self.command,
                target=self.path,
                headers=CIMultiDict(self.headers.items()),
                body=self.rfile.read(length),
            )
            made.got.append(got)
            made.goes_on.wait(PATIENCE_S)
            said = made.says(got)
            self.send_response_only(said.status)
            for name, value in said.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said.body)))
            self.end_headers()
            self.wfile.write(said.body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        made = OldServer(port=server.server_address[1])
        made.goes_on.set()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield made
        finally:
            made.goes_on.set()
            server.shutdown()
            thread.join(PATIENCE_S)
