"""One load run with wrk: keep-alive connections, one request over and over."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 64

_REPORT = """
done = function(summary, latency, requests)
  local bad = summary.errors.status + summary.errors.connect + summary.errors.read
    + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d %d\\n", summary.requests,
    summary.duration, latency:percentile(50), latency:percentile(99), bad))
end
"""


@dataclass(frozen=True)
class Shot:
    """The request that is repeated."""

    method: str
    path: str
    body: str = ""
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Load:
    """What one run measured; latencies in milliseconds."""

    per_second: float
    p50_ms: float
    p99_ms: float
    errors: int


def run_load(
    port: int, shot: Shot, seconds: int, connections: int = CONNECTIONS
) -> Load:
    """Load a server on loopback. Raises RuntimeError when wrk fails."""
    lines = [f"wrk.method = {json.dumps(shot.method)}"]
    if shot.body:
        lines.append(f"wrk.body = [==[{shot.body}]==]")
    for name, value in (shot.headers or {}).items():
        lines.append(f"wrk.headers[{json.dumps(name)}] = {json.dumps(value)}")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write("\n".join(lines) + _REPORT)
        script.flush()
        done = subprocess.run(
            [
                "wrk",
                "-t1",
                f"-c{connections}",
                f"-d{seconds}s",
                "-s",
                script.name,
                f"http://127.0.0.1:{port}{shot.path}",
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    found = re.search(r"RESULT (\d+) (\d+) (\d+) (\d+) (\d+)", done.stdout)
    if found is None:
        raise RuntimeError(done.stderr or done.stdout)
    requests, micros, p50, p99, errors = map(int, found.groups())
    return Load(requests / (micros / 1e6), p50 / 1000, p99 / 1000, errors)


def rss_mb(pid: int) -> float:
    """Resident memory of a process in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text("ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found.group(1)) / 1024 if found else 0.0
