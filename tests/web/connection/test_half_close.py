"""Clients that close their sending side behind the request, as netcat does."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator

import orjson
import pytest

from pushgo_compat.model import Source
from tests.gateway import LOGIN, Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.logged import LoggedServer, serving
from tests.patience import wait_until
from tests.web.raw_publish import (
    every_dialect,
    every_mount,
    is_success,
    raw_publish,
)
from tests.wire import Closed, Reply, Wire, request

JSON = ("Content-Type", b"application/json")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedServer]:
    """A server whose log can be read."""
    with serving(tmp_path_factory.mktemp("half-close")) as server:
        yield server


class HalfClosed(Wire):
    """A connection that is closed on our side behind what it sends."""

    def send(self, data: bytes) -> None:
        super().send(data)
        self._socket.shutdown(socket.SHUT_WR)


BEGUN = (b"}\n", b"}\n\r\n", b":\n\n", b":\n\n\r\n")
"""How the first bytes of a stream end, for HTTP/1.0 and in a chunk."""


def open_streams(gateway: Gateway) -> int:
    """How many are open, of all doors."""
    lines = gateway.native("GET", "/metrics").body.decode().splitlines()
    values = [line for line in lines if line.startswith("pushgo_open_streams{")]
    return sum(int(float(line.rpartition(" ")[2])) for line in values)


def ask(port: int, data: bytes, method: str = "GET") -> Reply:
    """Send, close our side, read one answer; the server closes after it."""
    with HalfClosed(port) as wire:
        reply = wire.ask(data, method)
        assert wire.is_closed()
    return reply


@every_mount
@every_dialect
def test_every_dialect_answers(gateway: Gateway, dialect: Source, mount: Mount) -> None:
    port, data = raw_publish(gateway, dialect, mount, b"hello")
    assert is_success(dialect, ask(port, data))


def test_so_does_the_native_door(gateway: Gateway) -> None:
    body = orjson.dumps({"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"})
    data = request("POST", "/message", [JSON], body)
    assert ask(gateway.ports["main"], data).json["success"]
    listed = request("GET", f"/channel/{CHANNEL_ID}/messages?limit=1", [LOGIN])
    assert ask(gateway.ports["main"], listed).json["success"]


def test_http_1_0_with_a_body_is_answered(gateway: Gateway) -> None:
    raw = b"POST /%b HTTP/1.0\nTitle: NC\nContent-Length: 5\n\nhello" % KEY.encode()
    assert ask(gateway.ports[Source.NTFY], raw).json["message"] == "hello"


def test_so_is_a_poll(gateway: Gateway) -> None:
    port = gateway.ports[Source.NTFY]
    sent = gateway.call(Source.NTFY, Mount.PORT, "PUT", f"/{KEY}", body=b"polled")
    since = sent.json["time"]
    reply = ask(port, request("GET", f"/{KEY}/json?poll=1&since={since}"))
    assert b"polled" in reply.body


def test_a_file_comes_whole(gateway: Gateway) -> None:
    content = bytes(range(256)) * 4096
    headers = [("Filename", b"a.bin")]
    port = gateway.ports[Source.NTFY]
    sent = ask(port, request("PUT", f"/{KEY}", headers, content), "PUT")
    name = sent.json["attachment"]["url"].rpartition("/")[2]
    assert ask(port, request("GET", f"/file/{name}")).body == content


def test_every_request_of_a_pipeline_is_answered(gateway: Gateway) -> None:
    port, data = raw_publish(gateway, Source.BARK, Mount.PORT, b"one")
    with HalfClosed(port) as wire:
        wire.send(data * 5)
        assert [wire.read().status for _ in range(5)] == [200] * 5
        assert wire.is_closed()


def test_whole_requests_are_answered_though_the_last_is_not(gateway: Gateway) -> None:
    port = gateway.ports[Source.NTFY]
    whole = request("PUT", f"/{KEY}", (), b"whole")
    for part in (whole[:20], whole[:-2]):
        before = gateway.count()
        with HalfClosed(port) as wire:
            wire.send(whole + part)
            assert wire.read().json["message"] == "whole"
            assert wire.is_closed()
        assert gateway.count() == before + 1


@pytest.mark.parametrize(
    "body",
    [b"0x5\r\nhello\r\n0\r\n\r\n", b"5\r\nhelloXX0\r\n\r\n", b"f" * 16 + b"\r\n"],
)
def test_chunks_that_cannot_be_read_are_refused_and_not_met_with_silence(
    gateway: Gateway, body: bytes
) -> None:
    head = request("POST", f"/{KEY}", [("Transfer-Encoding", b"chunked")])
    head = head[: head.index(b"\r\n\r\n") + 4]
    before = gateway.count()
    reply = ask(gateway.ports[Source.NTFY], head + body)
    assert (reply.status, reply.json["code"]) == (400, 40000)
    assert gateway.count() == before


@pytest.mark.parametrize("missing", [2, 60])
@every_dialect
def test_what_is_not_whole_is_dropped_and_not_an_error(
    server: LoggedServer, dialect: Source, missing: int
) -> None:
    gateway = server.gateway
    path = f"/{KEY}.send" if dialect is Source.SERVERCHAN else f"/{KEY}"
    form = [("Content-Type", b"application/x-www-form-urlencoded")]
    body = b"title=half&desp=half&body=half"
    data = request("POST", path, form, body)
    before = gateway.count()
    with HalfClosed(gateway.ports[dialect]) as wire, pytest.raises(Closed):
        wire.ask(data[:-missing])
    assert gateway.count() == before
    assert '"error"' not in server.log()


def test_a_connection_reset_inside_a_body_is_counted_and_not_an_error(
    server: LoggedServer,
) -> None:
    gateway = server.gateway
    port = gateway.ports["main"]
    data = request("POST", "/message", [JSON], b"{" + b" " * 900)
    for target in (port, gateway.ports[Source.NTFY]):
        hung_up = dropped(gateway)
        with Wire(target) as wire:
            wire.send(data[:-2])
            wire._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
        while dropped(gateway) == hung_up:
            pass
    assert '"error"' not in server.log()


def test_an_idle_connection_just_closes(gateway: Gateway) -> None:
    with HalfClosed(gateway.ports["main"]) as wire:
        wire.send(b"")
        assert wire.is_closed()


def test_a_stream_goes_on(gateway: Gateway) -> None:
    port = gateway.ports[Source.NTFY]
    with HalfClosed(port) as wire:
        wire.send(request("GET", f"/{KEY}/json"))
        head = b""
        while b'"open"' not in head:
            head += wire._file.readline()
        gateway.call(Source.NTFY, Mount.PORT, "PUT", f"/{KEY}", body=b"still here")
        line = b""
        while b"still here" not in line:
            line = wire._file.readline()
            assert line


@pytest.mark.parametrize("version", ["1.0", "1.1"])
@pytest.mark.parametrize(
    "target", [f"/ntfy/{KEY}/json", f"/channel/{CHANNEL_ID}/stream"]
)
def test_a_reader_that_has_died_is_forgotten_long_before_the_next_keepalive(
    gateway: Gateway, target: str, version: str
) -> None:
    before = open_streams(gateway)
    with Wire(gateway.ports["main"]) as wire:
        name, value = LOGIN
        wire.send(
            f"GET {target} HTTP/{version}\r\nHost: x\r\n{name}: ".encode()
            + value
            + b"\r\n\r\n"
        )
        received = b""
        while not received.endswith(BEGUN):  # what is unread would reset it at once
            received += wire._socket.recv(65536)
        wait_until(lambda: open_streams(gateway) == before + 1)
    wait_until(lambda: open_streams(gateway) == before)


def test_perl_gets_its_answer_after_its_shutdown(gateway: Gateway) -> None:
    script = """
        use IO::Socket::INET;
        my $s = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => shift);
        print $s "GET /" . shift() . "/via_perl HTTP/1.0\\r\\n\\r\\n";
        $s->flush; shutdown($s, 1); print while <$s>;
    """
    port = str(gateway.ports[Source.BARK])
    done = subprocess.run(
        ["perl", "-e", script, port, KEY], capture_output=True, timeout=20, check=True
    )
    assert b'"message":"success"' in done.stdout


def dropped(gateway: Gateway) -> float:
    """How many connections were hung up inside a body."""
    name = b'pushgo_connections_dropped_total{reason="hung_up"} '
    text = gateway.native("GET", "/metrics").body
    _, _, rest = text.partition(name)
    return float(rest.split(b"\n")[0]) if rest else 0.0
