"""``shadow``, as a user types it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.cli.test_calls import Desk
from tests.cli.test_commands import clean_environment
from tests.gateway import Gateway, Mount, running
from tests.old_server import OldServer
from tests.patience import wait_until

__all__ = ["clean_environment"]
pytestmark = pytest.mark.usefixtures("clean_environment")
TOPIC = "backups"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def desk(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(gateway.db_url, monkeypatch)


def send(gateway: Gateway) -> None:
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{TOPIC}", [], b"hello")


def test_a_move_from_start_to_stop(
    gateway: Gateway, old: OldServer, desk: Desk
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    assert desk("shadow", "status").output.startswith("no shadows")
    started = desk.json("shadow", "start", alias_id, "--old-url", f"{old.url}/")
    assert started["phase"] == "comparing"
    assert started["old_url"] == old.url
    assert (started["calls"], started["safe"]) == (0, False)
    assert started["median_ms"] == {"old": None, "ours": None}
    assert "0 of 100 calls compared" in started["why"]

    send(gateway)
    wait_until(lambda: desk.json("shadow", "status", alias_id)["calls"] == 1)
    (listed,) = desk.json("shadow", "status")
    assert listed == desk.json("shadow", "status", alias_id)
    assert listed["compared"] == 1
    text = desk("shadow", "status", alias_id).output
    assert "comparing" in text
    assert alias_id in desk("shadow", "status").output

    moved = desk("shadow", "cut-over", alias_id)
    assert moved.exit_code == 0
    assert "1 of 100 calls compared" in moved.stderr
    assert desk.json("shadow", "status", alias_id)["phase"] == "cut over"
    assert desk.json("shadow", "status", alias_id)["calls"] == 1
    asked = len(old.got)
    send(gateway)
    assert len(old.got) == asked

    assert desk.json("shadow", "stop", alias_id)["calls"] == 1
    assert desk.json("shadow", "status") == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--old-url", "ftp://old.example"], "--old-url is http://"),
        (["--old-url", "http://"], "--old-url is http://"),
        (["--old-url", "http://old.example:99999"], "--old-url is http://"),
        (["--old-url", "http://[broken"], "--old-url is http://"),
        (["--old-url", "http://phil:secret@old.example"], "takes no login"),
        (["--old-url", "http://old.example/?key=1"], "no ? and no #"),
        (["--old-url", "http://o.example", "--connect", "a b"], "HOST or HOST:PORT"),
        (["--old-url", "http://o.example", "--connect", "a:b"], "HOST or HOST:PORT"),
        (["--old-url", "http://o.example", "--timeout", "0"], "--timeout"),
        (["--old-url", "http://o.example", "--timeout", "31"], "--timeout"),
        (["--old-url", "http://o.example", "--timeout", "nan"], "--timeout"),
    ],
)
def test_what_cannot_be_an_old_server_is_refused_with_the_reason(
    gateway: Gateway, desk: Desk, words: list[str], says: str
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    refused = desk("shadow", "start", alias_id, *words)
    assert refused.exit_code == 1
    assert says in refused.stderr
    assert "secret" not in refused.stderr


def test_the_gateway_itself_is_refused(gateway: Gateway, desk: Desk) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    refused = desk(
        "shadow", "start", alias_id, "--old-url", gateway.url(Source.NTFY, Mount.PREFIX)
    )
    assert refused.exit_code == 1
    assert "leads to this gateway itself" in refused.stderr
    assert desk.json("shadow", "status") == []


def test_a_server_that_is_silent_now_is_warned_of(gateway: Gateway, desk: Desk) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    started = desk("shadow", "start", alias_id, "--old-url", "http://127.0.0.1:9")
    assert started.exit_code == 0
    assert "cannot connect" in started.stderr


def test_one_alias_is_compared_once_and_unknown_ones_are_refused(
    gateway: Gateway, old: OldServer, desk: Desk
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    assert desk("shadow", "start", alias_id, "--old-url", old.url).exit_code == 0
    again = desk("shadow", "start", alias_id, "--old-url", old.url)
    assert again.exit_code == 1
    assert "stop that first" in again.stderr
    for words in (
        ["start", "nobody", "--old-url", old.url],
        ["status", "nobody"],
        ["cut-over", "nobody"],
        ["stop", "nobody"],
    ):
        refused = desk("shadow", *words)
        assert refused.exit_code == 1, words
        assert refused.stderr.startswith("Error: there is no")
