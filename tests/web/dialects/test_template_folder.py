"""An operator's folder of ntfy templates, read by a running server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY
from tests.wire import Reply

PAYLOAD = b'{"host":"web-1","level":5}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


@pytest.fixture
def gateway(tmp_path: Path, folder: Path) -> Iterator[Gateway]:
    with running(tmp_path, ntfy_template_dir=folder) as gateway:
        yield gateway


def send(gateway: Gateway, name: str) -> Reply:
    headers = [("Template", name.encode())]
    return gateway.call(Source.NTFY, Mount.PORT, "POST", f"/{KEY}", headers, PAYLOAD)


def test_a_file_is_read_when_it_is_used(gateway: Gateway, folder: Path) -> None:
    assert send(gateway, "mine").json["code"] == 40047
    (folder / "mine.yml").write_text("title: 'Down: {{.host}}'\npriority: '{{.level}}'")
    reply = send(gateway, "mine")
    message = gateway.only_message(reply)
    assert (message["title"], message["severity"]) == ("Down: web-1", "critical")
    (folder / "mine.yml").write_text('message: \'{{regexReplaceAll "-.*" .host ""}}\'')
    assert send(gateway, "mine").json["message"] == "web"
    (folder / "mine.yml").write_text("message: [")
    assert send(gateway, "mine").json["code"] == 40048


def test_a_folder_in_place_of_a_file_is_a_bad_file(
    gateway: Gateway, folder: Path
) -> None:
    (folder / "mine.yml").mkdir()
    reply = send(gateway, "mine")
    assert (reply.status, reply.json["code"]) == (400, 40048)
    assert reply.json["error"].endswith("; it cannot be read")


def test_nothing_outside_the_folder_is_read(gateway: Gateway, folder: Path) -> None:
    (folder.parent / "secret.yml").write_text("message: secret")
    for name in ("../secret", "..%2Fsecret", str(folder.parent / "secret")):
        assert send(gateway, name).json["code"] == 40047


def test_random_functions_are_random(gateway: Gateway, folder: Path) -> None:
    (folder / "mine.yml").write_text("message: '{{uuidv4}}'")
    first, second = (send(gateway, "mine").json["message"] for _ in range(2))
    assert len(first) == len(second) == 36
    assert first != second
