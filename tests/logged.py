"""The server as an operator runs it: a process of its own, its whole log in a file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.gateway import HOSTS, Gateway
from tests.golden import CHANNEL_ID, PASSWORD
from tests.patience import PATIENCE_S

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [sys.executable, "-m", "pushgo_compat"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedServer:
    """A running ``serve`` and where its output goes."""

    gateway: Gateway
    log_file: Path
    process_id: int

    def log(self) -> str:
        """Everything that the process has written so far, both streams."""
        return self.log_file.read_text("utf-8", "replace")


@contextmanager
def serving(folder: Path, **settings: str) -> Iterator[LoggedServer]:
    """Start ``serve`` at all mounts with its log at ``debug``; stop it at the end."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
    environment = kept | {
        "PYTHONPATH": str(ROOT),
        "PYTHONFAULTHANDLER": "1",  # a crash below Python leaves its trace as well
        "PUSHGO_HTTP_ADDR": "127.0.0.1:0",
        "PUSHGO_LOG_FORMAT": "json",
        "PUSHGO_LOG_LEVEL": "debug",
        **{f"PUSHGO_{dialect.upper()}_ADDR": "127.0.0.1:0" for dialect in HOSTS},
        **{f"PUSHGO_{d.upper()}_HOSTS": ",".join(names) for d, names in HOSTS.items()},
        **settings,
    }
    create = ["channel", "create", "--name", "Log tests"]
    subprocess.run(
        [*COMMAND, *create, "--channel-id", CHANNEL_ID, "--password", "-"],
        cwd=folder,
        env=environment,
        input=PASSWORD,
        text=True,
        check=True,
        capture_output=True,
    )
    log_file = folder / "server.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve"], cwd=folder, env=environment, stdout=log, stderr=log
        )
    try:
        listeners = sum(
            n.startswith("PUSHGO_") and n.endswith("_ADDR") for n in environment
        )
        ports = _wait_for_ports(process, log_file, listeners)
        gateway = Gateway(
            ports=ports,
            db_url=f"sqlite:///{folder / 'pushgo-compat.db'}",
            folder=folder,
        )
        try:
            yield LoggedServer(
                gateway=gateway, log_file=log_file, process_id=process.pid
            )
        finally:
            gateway.close()
        assert process.poll() is None, f"it died: {process.returncode}"
    finally:
        process.terminate()
        status = process.wait(timeout=PATIENCE_S)
    assert status == 0, log_file.read_text("utf-8", "replace")[-2000:]


def _wait_for_ports(
    process: subprocess.Popen[bytes], log_file: Path, listeners: int
) -> Mapping[str, int]:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        lines = log_file.read_text("utf-8").splitlines()
        ports = dict(map(_port, filter(_is_listening, lines)))
        if len(ports) == listeners:
            return ports
        assert process.poll() is None, log_file.read_text("utf-8")
        time.sleep(0.05)
    raise AssertionError(log_file.read_text("utf-8"))


def _is_listening(line: str) -> bool:
    return line.startswith("{") and line.endswith("}") and '"listening"' in line


def _port(line: str) -> tuple[str, int]:
    entry = json.loads(line)
    return entry["site"], entry["port"]
