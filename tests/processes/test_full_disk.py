"""A real file system that is full: refused, told once, and over by itself."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.logged import serving
from tests.web.dialect_calls import CALLS, JSON
from tests.wire import Reply

SIZE = "24m"
_BLOCK = bytes(4096)
_PATIENCE_S = 30.0
_PAUSE_S = 0.05
_PUBLISHES = 300
"""As many make the write-ahead log grow, unless it begins again at its start."""
_NTFY_BUSY = 500
_BUSY = {500, 503}
"""Whichever the old server has for what it could not do (the dialects' pages)."""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own; needs the right to mount one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no right to mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(disk: Path) -> Path:
    """Take every block that is left; the file that holds them."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(_BLOCK):
                pass
        except OSError:
            pass
    return filler


def publish(gateway: Gateway) -> Reply:
    body = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "hello"}
    return gateway.native("POST", "/message", [JSON], json.dumps(body).encode())


def readiness(gateway: Gateway, status: int) -> str | None:
    """What ``/readyz`` says once it answers with this status."""
    deadline = time.monotonic() + _PATIENCE_S
    while True:
        reply = gateway.native("GET", "/readyz")
        if reply.status == status:
            text: str | None = reply.json["error"]
            return text
        assert time.monotonic() < deadline, reply.body
        time.sleep(_PAUSE_S)


def test_a_full_disk_is_refused_told_once_and_over_by_itself(
    disk: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, PUSHGO_DB_URL=f"sqlite:///{disk}/store.db") as server:
        gateway = server.gateway
        assert publish(gateway).status == 200
        readiness(gateway, 200)
        filler = fill(disk)
        for _ in range(20):
            refused = publish(gateway)
            assert refused.status == 503
            assert refused.json["data"]["accepted"] is False
        for call in CALLS:
            reply = call.send(gateway, Mount.PREFIX, KEY)
            assert (reply.status in _BUSY, reply.message_ids) == (True, []), call
        for size in (1, 9000, 200_000):
            upload = gateway.call(
                Source.NTFY, Mount.PREFIX, "PUT", f"/{KEY}?filename=x", (), bytes(size)
            )
            assert (upload.status, upload.message_ids) == (_NTFY_BUSY, [])
            assert "Retry-After" in upload.headers  # busy, and no fault of ours
        assert not list((disk / "attachments").iterdir())
        assert "(disk full)" in (readiness(gateway, 503) or "")
        assert gateway.native("GET", "/healthz").status == 200
        filler.unlink()
        assert publish(gateway).status == 200
        assert readiness(gateway, 200) is None
        lines = [line for line in server.log().splitlines() if "disk full" in line]
        errors = [json.loads(line) for line in server.log().splitlines()]
    told = [json.loads(line)["event"] for line in lines]
    assert sorted(told) == ["commit failed", "commits work again", "file not written"]
    assert [entry["event"] for entry in errors if entry["level"] == "error"] == [
        "commit failed",
        "file not written",
    ]


def test_a_log_that_has_pages_to_use_again_does_not_hide_a_full_disk(
    disk: Path, tmp_path: Path
) -> None:
    with serving(tmp_path, PUSHGO_DB_URL=f"sqlite:///{disk}/store.db") as server:
        gateway = server.gateway
        text = b"x" * 4000
        log_size = 0
        while (disk / "store.db-wal").stat().st_size != log_size or not log_size:
            log_size = (disk / "store.db-wal").stat().st_size
            for _ in range(_PUBLISHES):
                path = f"/{KEY}"
                sent = gateway.call(Source.NTFY, Mount.PREFIX, "POST", path, (), text)
                assert sent.status == 200
        fill(disk)
        assert "(disk full)" in (readiness(gateway, 503) or "")
