"""A file passes through the server in small pieces, in and out, also many at once."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.golden import KEY
from tests.logged import LoggedServer, serving
from tests.wire import Wire, request

MIB = 1024 * 1024
FILE_BYTES = 15 * MIB
GROWTH_BYTES = 10 * MIB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoggedServer]:
    with serving(tmp_path_factory.mktemp("memory")) as server:
        yield server


@pytest.fixture(scope="module")
def content() -> bytes:
    return hashlib.shake_256(b"a film").digest(FILE_BYTES)


class Peak:
    """The most memory that the server's process holds from now on, in bytes."""

    def __init__(self, process_id: int) -> None:
        # Writing 5 makes the peak begin anew.
        Path(f"/proc/{process_id}/clear_refs").write_text("5")
        self._process_id = process_id
        self._before = resident(process_id)

    def growth(self) -> int:
        """How much it has grown at most."""
        return resident(self._process_id, "VmHWM") - self._before


def resident(process_id: int, name: str = "VmRSS") -> int:
    """The memory that a process holds now (VmRSS) or held at most, in bytes."""
    status = Path(f"/proc/{process_id}/status").read_text()
    (found,) = re.findall(rf"{name}:\s+(\d+) kB", status)
    return int(found) * 1024


def upload(server: LoggedServer, content: bytes) -> str:
    """Send a file; the path where it can be had."""
    headers = [("Filename", b"film.bin")]
    with Wire(server.gateway.ports[Source.NTFY]) as wire:
        reply = wire.ask(request("PUT", f"/{KEY}", headers, content), "PUT")
    assert reply.status == 200, reply.body
    url: str = reply.json["attachment"]["url"]
    return "/file/" + url.rpartition("/")[2]


def download(server: LoggedServer, path: str) -> bytes:
    with Wire(server.gateway.ports[Source.NTFY]) as wire:
        return wire.ask(request("GET", path)).body


def test_a_file_is_never_whole_in_memory(server: LoggedServer, content: bytes) -> None:
    download(server, upload(server, content[:MIB]))  # what is loaded once
    peak = Peak(server.process_id)
    path = upload(server, content)
    assert download(server, path) == content
    assert peak.growth() < GROWTH_BYTES


def test_neither_are_four_at_once(server: LoggedServer, content: bytes) -> None:
    begin = threading.Barrier(4)

    def send(_: int) -> str:
        begin.wait()
        return upload(server, content)

    download(server, upload(server, content[:MIB]))
    peak = Peak(server.process_id)
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(send, range(4)))
    assert peak.growth() < GROWTH_BYTES
    assert all(download(server, path) == content for path in paths)
