"""``calls``, ``key check`` and ``stats``, as a user types them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import adapters
from pushgo_compat.cli import build_cli
from pushgo_compat.model import Source
from tests.cli.test_commands import clean_environment
from tests.gateway import SECRET, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.wire import HeaderLines

__all__ = ["clean_environment"]
pytestmark = pytest.mark.usefixtures("clean_environment")
OLD_KEY = "jaEUcYvBQ4Qtn2LWYWSQqY"
LOSES: HeaderLines = [("Title", b"[DOWN] nas"), ("Call", b"yes")]


class Desk:
    """The operator's terminal beside a store that a server has filled."""

    def __init__(self, db_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PUSHGO_DB_URL", db_url)
        monkeypatch.setenv("PUSHGO_SECRET_KEY", SECRET.decode())
        self._cli = build_cli(lambda config: 0, adapters.DIALECTS)

    def __call__(self, *words: str, given: str = "") -> Any:
        return CliRunner().invoke(self._cli, words, input=given)

    def json(self, *words: str, given: str = "") -> Any:
        result = self(*words, "--json", given=given)
        assert result.exit_code in (0, 1), result.output
        return json.loads(result.stdout)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    with running(tmp_path) as gateway:
        gateway.alias(Source.NTFY, OLD_KEY)
        send(gateway, KEY, [("Title", b"Backup"), ("User-Agent", b"curl/8")])
        send(gateway, KEY, LOSES)
        send(gateway, UNKNOWN_KEY, [])
    return Desk(gateway.db_url, monkeypatch)


def send(gateway: Gateway, key: str, lines: HeaderLines) -> None:
    gateway.clock.now_ms += 1000
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", lines, b"m")


def test_calls_are_listed_with_counts_and_without_what_is_long(desk: Desk) -> None:
    refused, lossy, kept = desk.json("calls", "list")
    assert (refused["outcome"], refused["code"]) == ("refused", "unknown_key")
    assert refused["reason"] == "Unknown key"
    assert lossy["verdicts"]["lost"] >= 1
    assert (kept["title"], kept["client"]) == ("Backup", "curl/8")
    assert kept["key"]["form"] == "universal"
    for row in (refused, lossy, kept):
        assert not {"request", "messages", "notes", "curl"} & row.keys()


def test_filters_of_the_list_combine(desk: Desk) -> None:
    def titles(*words: str) -> list[str | None]:
        return [row["title"] for row in desk.json("calls", "list", *words)]

    assert titles("--lost") == ["[DOWN] nas"]
    assert titles("--outcome", "refused") == [None]
    assert titles("--client", "CURL") == ["Backup"]
    assert titles("--channel", CHANNEL_ID, "--limit", "1") == ["[DOWN] nas"]
    assert titles("--dialect", "bark") == []


def test_the_list_is_a_table_for_people(desk: Desk) -> None:
    result = desk("calls", "list")
    assert result.exit_code == 0
    assert "Unknown key" in result.stdout
    assert "[DOWN] nas" in result.stdout


def test_one_call_is_shown_whole(desk: Desk) -> None:
    _, lossy, _ = desk.json("calls", "list")
    shown = desk.json("calls", "show", lossy["call_id"])
    assert shown["messages"][0]["title"] == "[DOWN] nas"
    assert shown["address"] == "127.0.0.1"
    assert any(note["verdict"] == "lost" for note in shown["notes"])
    text = desk("calls", "show", lossy["call_id"]).stdout
    assert "curl -X POST" in text
    assert PASSWORD not in text + json.dumps(shown)


def test_a_call_that_is_not_there_is_refused(desk: Desk) -> None:
    result = desk("calls", "show", "0" * 24)
    assert result.exit_code == 1
    assert "there is no such call" in result.stderr


def test_a_replay_makes_the_same_message_under_a_new_id(desk: Desk) -> None:
    kept = desk.json("calls", "list")[2]
    sent = desk.json("calls", "replay", kept["call_id"])
    assert sent["left_out"] == []
    (message_id,) = sent["message_ids"]
    assert [message_id] != kept["message_ids"]


def test_what_made_no_message_cannot_be_replayed(desk: Desk) -> None:
    refused = desk.json("calls", "list")[0]
    result = desk("calls", "replay", refused["call_id"], "--yes")
    assert result.exit_code == 1
    assert "made no message" in result.stderr


@pytest.mark.parametrize(
    ("line", "kind", "status"),
    [
        (KEY, "universal", 0),
        (f"curl -d hi https://push.test/ntfy/{KEY}", "universal", 0),
        (f"curl 'https://push.test/bark/{KEY}/title/body?x=1'", "universal", 0),
        (f"curl https://push.test/serverchan/sctp1t{KEY}.send?title=t", "universal", 0),
        (f"{CHANNEL_ID}:{PASSWORD}", "universal", 0),
        (f"curl -u me:{PASSWORD} https://x.test/{CHANNEL_ID}", "universal", 0),
        (OLD_KEY, "alias", 0),
        (
            'curl -H "Content-Type: application/json" -d '
            f'\'{{"topic":"{OLD_KEY}","message":"m"}}\' http://x.test/ntfy',
            "alias",
            0,
        ),
        (f"{CHANNEL_ID}wrongwrongwrong", "wrong_password", 1),
        (UNKNOWN_KEY, "unknown", 1),
        ("curl 'http://x.test/never-seen", "unknown", 1),
    ],
)
def test_a_key_is_found_in_a_line(
    desk: Desk, line: str, kind: str, status: int
) -> None:
    result = desk("key", "check", "-", "--json", given=line + "\n")
    assert result.exit_code == status, result.output
    document = json.loads(result.stdout)
    assert document["kind"] == kind
    has_channel = kind != "unknown"
    assert document["channel_id"] == (CHANNEL_ID if has_channel else None)
    assert (document["alias_id"] is not None) == (kind == "alias")
    seen = line == UNKNOWN_KEY
    assert (document["unknown_id"] is not None) == seen
    assert set(document) == {
        "kind",
        "channel_id",
        "alias_id",
        "unknown_id",
        "last_used",
    }


def test_the_numbers_are_one_object(desk: Desk) -> None:
    numbers = desk.json("stats")
    doors = {row["dialect"]: row for row in numbers["dialects"]}
    assert set(doors) == {"ntfy", "bark", "serverchan", "gotify", "native"}
    assert numbers["unknown_keys"] == 1
    assert numbers["store_bytes"] > 0
    assert desk("stats").exit_code == 0
