"""Published ntfy clients and curl, unmodified, sending files."""

from __future__ import annotations

from pathlib import Path

import apprise
import pytest
from python_ntfy import NtfyClient

from pushgo_compat.model import Source
from tests.clients.conftest import Inbox
from tests.clients.test_curl import curl
from tests.gateway import Gateway, Mount
from tests.golden import KEY

REPORT = "report line 1\nreport line 2\n"
FILM = bytes(range(256)) * 8000


@pytest.fixture
def report(tmp_path: Path) -> Path:
    file = tmp_path / "report.txt"
    file.write_text(REPORT)
    return file


def content_of(gateway: Gateway, inbox: Inbox) -> bytes:
    """The file of the one message that has arrived."""
    address = inbox.one()["metadata"]["compat.ntfy.attachment_url"]
    path = "/file/" + address.rpartition("/")[2]
    return gateway.call(Source.NTFY, Mount.PORT, "GET", path).body


def test_apprise_sends_a_file(gateway: Gateway, inbox: Inbox, report: Path) -> None:
    server = apprise.Apprise()
    assert server.add(f"ntfy://127.0.0.1:{gateway.ports[Source.NTFY]}/{KEY}")
    assert server.notify(title="Report", body="see the file", attach=str(report))
    message = inbox.one()
    assert (message["title"], message["body"]) == ("Report", "see the file")
    assert message["metadata"]["compat.ntfy.attachment_name"] == "report.txt"
    assert message["metadata"]["compat.ntfy.attachment_size"] == str(len(REPORT))


def test_apprise_sends_a_text_that_is_too_long_for_one(
    gateway: Gateway, inbox: Inbox
) -> None:
    text = "line of a log\n" * 400
    server = apprise.Apprise()
    assert server.add(f"ntfy://127.0.0.1:{gateway.ports[Source.NTFY]}/{KEY}")
    assert server.notify(title="Log", body=text)
    assert content_of(gateway, inbox).decode().startswith(text.strip())


@pytest.mark.parametrize("mount", [Mount.PORT, Mount.PREFIX])
def test_python_ntfy_sends_a_file(
    gateway: Gateway, inbox: Inbox, report: Path, mount: Mount
) -> None:
    client = NtfyClient(KEY, server=gateway.url(Source.NTFY, mount))
    answer = client.send_file(str(report), title="Report")
    assert answer["attachment"]["name"] == "report.txt"
    assert content_of(gateway, inbox) == REPORT.encode()


@pytest.mark.parametrize("mount", Mount)
def test_curl_puts_a_file(
    gateway: Gateway, inbox: Inbox, tmp_path: Path, mount: Mount
) -> None:
    file = tmp_path / "film.bin"
    file.write_bytes(FILM)
    words = ["-T", str(file), "-H", "Filename: film.bin", "{url}/{key}"]
    status, answer = curl(gateway, Source.NTFY, mount, words)
    assert (status, answer["attachment"]["size"]) == (200, len(FILM))
    assert content_of(gateway, inbox) == FILM


@pytest.mark.parametrize("mount", Mount)
def test_curl_puts_what_comes_from_a_pipe(
    gateway: Gateway, inbox: Inbox, mount: Mount
) -> None:
    lines = "a line from a pipe\n" * 20_000
    words = ["-T", "-", "-H", "X-Filename: pipe.log", "{url}/{key}"]
    status, answer = curl(gateway, Source.NTFY, mount, words, stdin=lines)
    assert (status, answer["attachment"]["name"]) == (200, "pipe.log")
    assert content_of(gateway, inbox) == lines.encode()


def test_curl_is_refused_a_file_that_is_too_large(
    gateway: Gateway, inbox: Inbox, tmp_path: Path
) -> None:
    file = tmp_path / "film.bin"
    with file.open("wb") as film:
        film.truncate(15 * 1024 * 1024 + 1)
    status, answer = curl(
        gateway, Source.NTFY, Mount.PORT, ["-T", str(file), "{url}/{key}"]
    )
    assert (status, answer["code"]) == (413, 41301)
    assert inbox.all() == []
