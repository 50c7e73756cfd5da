"""The log of a start: listeners, reasons why one fails, a second server."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import ssl
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters import DIALECTS
from pushgo_compat.model import Source
from pushgo_compat.web.listeners.sites import Sites
from pushgo_compat.web.listeners.start_lines import start_lines
from tests.dialects import SOURCES
from tests.logged import COMMAND, ROOT, LoggedServer, serving
from tests.patience import PATIENCE_S
from tests.tls import self_signed

ALL_PREFIXES = "native at /; " + "; ".join(
    f"{dialect.traits.name} at /{dialect.source}" for dialect in DIALECTS
)


def lines_of(server: LoggedServer, event: str) -> list[dict[str, object]]:
    entries = map(json.loads, server.log().splitlines())
    return [entry for entry in entries if entry["event"] == event]


def environment(**settings: str) -> Mapping[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PUSHGO_")}
    fixed = {"PYTHONPATH": str(ROOT), "PUSHGO_HTTP_ADDR": "127.0.0.1:0"}
    return kept | fixed | settings


# ---------------------------------------------------------------------- start lines


@pytest.mark.parametrize(
    ("host", "url", "reach"),
    [
        ("127.0.0.1", "http://127.0.0.1:8686", "this machine only"),
        ("127.9.9.9", "http://127.9.9.9:8686", "this machine only"),
        ("localhost", "http://localhost:8686", "this machine only"),
        ("::1", "http://[::1]:8686", "this machine only"),
        ("0.0.0.0", "http://0.0.0.0:8686", "every network interface"),
        ("::", "http://[::]:8686", "every network interface"),
        ("192.0.2.7", "http://192.0.2.7:8686", "whoever reaches 192.0.2.7"),
        ("nas.lan", "http://nas.lan:8686", "whoever reaches nas.lan"),
    ],
)
def test_a_listener_says_its_whole_address_and_who_can_call_it(
    host: str, url: str, reach: str
) -> None:
    (line,) = start_lines(Sites(main=(host, 0)), {"main": 8686}, DIALECTS)
    assert (line["url"], line["reach"]) == (url, reach)
    assert line["speaks"] == ALL_PREFIXES


def test_a_listener_says_which_dialect_it_speaks_and_whose_hosts_it_has() -> None:
    sites = Sites(
        main=("0.0.0.0", 443),
        ports={Source.BARK: ("::1", 0)},
        hosts={
            Source.NTFY: ("ntfy.sh",),
            Source.SERVERCHAN: ("sctapi.ftqq.com", "*.push.ft07.com"),
            Source.BARK: (),
        },
        tls=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),
    )
    main, bark = start_lines(sites, {"main": 443, "bark": 40_000}, DIALECTS)
    assert main["url"] == "https://0.0.0.0:443"
    assert main["speaks"] == (
        f"{ALL_PREFIXES}; ntfy at ntfy.sh; ServerChan at sctapi.ftqq.com,"
        " *.push.ft07.com"
    )
    assert bark["url"] == "https://[::1]:40000"
    assert bark["speaks"] == "Bark at /"


def test_a_server_logs_one_line_for_each_listener(tmp_path: Path) -> None:
    cert, key, _ = self_signed(tmp_path)
    tls = {"PUSHGO_TLS_CERT": str(cert), "PUSHGO_TLS_KEY": str(key)}
    with serving(tmp_path, **tls, PUSHGO_BARK_ADDR="[::1]:0") as server:
        lines = lines_of(server, "listening")
        ports = server.gateway.ports
    assert [line["url"] for line in lines] == [
        f"https://127.0.0.1:{ports['main']}",
        *(
            f"https://{'[::1]' if source == 'bark' else '127.0.0.1'}:{ports[source]}"
            for source in SOURCES
        ),
    ]
    assert {line["reach"] for line in lines} == {"this machine only"}
    assert "ntfy at ntfy.test" in str(lines[0]["speaks"])
    assert lines[3]["speaks"] == "ServerChan at /"


def test_a_certificate_whose_time_is_over_is_told_and_no_reason_not_to_start(
    tmp_path: Path,
) -> None:
    cert, key, _ = self_signed(tmp_path, days=-1)
    tls = {"PUSHGO_TLS_CERT": str(cert), "PUSHGO_TLS_KEY": str(key)}
    with serving(tmp_path, **tls) as server:
        [line] = lines_of(server, "the certificate has expired")
    assert (line["setting"], line["file"]) == ("PUSHGO_TLS_CERT", str(cert))
    assert line["level"] == "warning"


@pytest.mark.parametrize(
    ("setting", "text", "reason"),
    [
        ("PUSHGO_HTTP_ADDR", "127.0.0.1:{taken}", "Address already in use"),
        ("PUSHGO_BARK_ADDR", "127.0.0.1:{taken}", "Address already in use"),
        ("PUSHGO_NTFY_ADDR", "192.0.2.1:0", "Cannot assign requested address"),
        ("PUSHGO_SERVERCHAN_ADDR", "no-such-host.invalid:80", "not known"),
    ],
)
def test_an_address_that_cannot_be_bound_names_its_setting_and_the_reason(
    tmp_path: Path, setting: str, text: str, reason: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = text.format(taken=taken.getsockname()[1])
        done = subprocess.run(
            [*COMMAND, "serve"],
            cwd=tmp_path,
            env=environment(**{setting: address}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if "cannot listen" in line]
    for part in (setting, address):
        assert part in line
    if "host" not in text:  # a resolver has its own words
        assert reason in line


# ---------------------------------------------------------------- two on one store


def test_a_second_server_on_a_store_names_the_first_and_goes_on(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as first:
        second = subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=tmp_path,
            env=environment(PUSHGO_LOG_FORMAT="json"),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert second.stderr is not None
        seen = []
        for line in second.stderr:
            seen.append(line)
            if '"listening"' in line:
                break
        second.terminate()
        second.stderr.read()  # a pipe closed early fails the last flush: code 120
        second.stderr.close()
        assert second.wait(timeout=60) == 0
        assert lines_of(first, "another server has this store") == []
    (warning,) = [json.loads(line) for line in seen if "another server" in line]
    assert warning["level"] == "warning"
    assert warning["process"].startswith(f"{first.process_id} on ")
    assert warning["store"] == str(tmp_path / "pushgo-compat.db")


def test_a_server_that_starts_again_is_alone(tmp_path: Path) -> None:
    for _ in range(2):
        done = subprocess.Popen(
            [*COMMAND, "serve"],
            cwd=tmp_path,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert done.stderr is not None
        seen = next(
            line for line in done.stderr if "listening" in line or "anot" in line
        )
        done.kill()
        done.stderr.close()
        done.wait(timeout=60)
        assert "another server" not in seen


# ------------------------------------------------------------------ the first start


def start_on_a_terminal(folder: Path) -> str:
    """Start and stop a server on a terminal; what it prints before it listens."""
    ours, theirs = pty.openpty()
    command = [*COMMAND, "serve", "--first-channel", "Home"]
    with subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while b"listening" not in shown:
            shown += os.read(ours, 4096)
        process.terminate()
        process.wait(timeout=PATIENCE_S)
    os.close(ours)
    return shown.decode()


def test_the_first_start_on_a_terminal_shows_the_links_with_key_and_token_once(
    tmp_path: Path,
) -> None:
    first = start_on_a_terminal(tmp_path)
    assert re.search(r"/admin#[a-z0-9]{28}\b", first)
    assert re.search(r"/inbox#[A-Z0-9]{26}[a-z0-9]{28}\b", first)
    second = start_on_a_terminal(tmp_path)
    assert "/admin#" not in second
    assert "/inbox#" not in second


def test_a_start_without_a_terminal_makes_no_token(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert "/admin#" not in server.log()
    assert "/admin#" in start_on_a_terminal(tmp_path)


def test_a_closed_terminal_ends_a_server_without_a_certificate(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "serve"],
        cwd=tmp_path,
        env=environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"listening" not in shown:
            shown += os.read(ours, 4096)
        process.send_signal(signal.SIGHUP)
        assert process.wait(timeout=PATIENCE_S) == 0
    os.close(ours)
