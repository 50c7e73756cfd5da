"""One load run with wrk: keep-alive connections, requests drawn from a few."""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
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
    port: int,
    shots: Shot | Sequence[Shot],
    seconds: int,
    connections: int = CONNECTIONS,
) -> Load:
    """Load a server on loopback with requests drawn from ``shots``.

    Raises RuntimeError when wrk fails.
    """
    if isinstance(shots, Shot):
        shots = [shots]
    lines = ["local requests = {}", "init = function(args)"]
    for shot in shots:
        headers = [
            f"[{json.dumps(name)}] = {json.dumps(value)}"
            for name, value in (shot.headers or {}).items()
        ]
        body = f"[==[{shot.body}]==]" if shot.body else "nil"
        # wrk.format adds Host and Content-Length; both are known once init runs.
        lines += [
            f"wrk.headers = {{Host = wrk.headers.Host, {', '.join(headers)}}}",
            f"table.insert(requests, wrk.format({json.dumps(shot.method)},"
            f" {json.dumps(shot.path)}, nil, {body}))",
        ]
    lines += [
        "end",
        "request = function() return requests[math.random(#requests)] end",
    ]
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
                f"http://127.0.0.1:{port}{shots[0].path}",
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
