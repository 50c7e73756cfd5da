"""Keys that nobody knows, and what destroys: the commands as a user types them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.cli.terminal import confirm
from pushgo_compat.config.config import StoreConfig
from pushgo_compat.config.loading import load_config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.core.auth.unknown_keys import Sighting, UnknownKeys
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from tests.cli.test_commands import Shell, channel, clean_environment, shell

__all__ = ["channel", "clean_environment", "shell"]
NOW_MS = 1_795_408_545_000
KEY = "jaEUcYvBQ4Qtn2LWYWSQqY"


def seen(*sightings: Sighting) -> None:
    """What a server would have written down."""

    async def write() -> None:
        times = iter(range(NOW_MS, NOW_MS + 100))
        store = await open_store("sqlite:///pushgo-compat.db", create=False)
        secret = load_secret(load_config(StoreConfig, {}))
        unknown = UnknownKeys(store, secret, lambda: next(times))
        for sighting in sightings:
            unknown.remember(sighting)
        await unknown.flush()
        await store.close()

    asyncio.run(write())


@pytest.fixture
def unknown(channel: dict[str, str]) -> None:
    seen(
        Sighting(
            dialect=Source.BARK,
            key=KEY,
            client="curl/8.1",
            address="192.0.2.14",
            fields={"title": 3},
        ),
        Sighting(dialect=Source.NTFY, key="backups", caught=True),
    )


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody sits before the commands."""
    monkeypatch.setattr(confirm, "has_terminal", lambda: True)


def ids(shell: Shell) -> list[str]:
    return [row["unknown_id"] for row in shell.json("unknown list")]


@pytest.mark.usefixtures("unknown")
def test_unknown_keys_are_listed_the_latest_first(shell: Shell) -> None:
    latest, other = shell.json("unknown list")
    assert (latest["dialect"], latest["caught"]) == ("ntfy", True)
    assert len(other.pop("unknown_id")) == 16
    assert other == {
        "dialect": "bark",
        "hint": "jaEU…QqY",
        "count": 1,
        "first_seen": NOW_MS,
        "last_seen": NOW_MS,
        "client": "curl/8.1",
        "address": "192.0.2.14",
        "fields": {"title": 3},
        "caught": False,
    }


@pytest.mark.usefixtures("unknown")
def test_people_see_the_line_that_binds_a_key(
    shell: Shell, channel: dict[str, str]
) -> None:
    text = shell("unknown list").stdout
    (line,) = [line for line in text.splitlines() if "--dialect bark" in line]
    words = line.removeprefix("  pushgo-compat ")
    bound = shell.json(words.replace("ID", channel["channel_id"]))
    assert (bound["dialect"], bound["hint"]) == ("bark", "jaEU…QqY")
    assert "key" not in bound
    assert len(ids(shell)) == 1
    again = shell(f"alias add --dialect bark --channel NAS --key {KEY}")
    assert (again.exit_code, "bound already" in again.stderr) == (1, True)


@pytest.mark.usefixtures("channel")
def test_a_bound_key_opens_also_where_a_host_name_took_its_case(shell: Shell) -> None:
    seen(Sighting(dialect=Source.SERVERCHAN, key="SCT1TAbc"))
    (unknown_id,) = ids(shell)
    shell.json(f"alias add --unknown {unknown_id} --channel NAS")
    other = shell("alias add --dialect serverchan --channel NAS --key SCT1TABC --json")
    assert "differs only in case" in other.stderr


@pytest.mark.usefixtures("unknown")
def test_binding_shows_who_uses_the_key(shell: Shell) -> None:
    _, bark = ids(shell)
    result = shell(f"alias add --unknown {bark} --channel NAS --json")
    assert result.exit_code == 0
    assert "curl/8.1 from 192.0.2.14" in result.stderr


@pytest.mark.usefixtures("unknown", "terminal")
@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1), ("", 1)])
def test_binding_asks_on_a_terminal(shell: Shell, answer: str, status: int) -> None:
    line = f"alias add --unknown {ids(shell)[0]} --channel NAS --json"
    result = shell(line, answer)
    assert result.exit_code == status
    assert len(ids(shell)) == 1 + status
    if status == 0:
        assert json.loads(result.stdout)["dialect"] == "ntfy"


@pytest.mark.usefixtures("unknown")
def test_a_short_ntfy_topic_is_warned_of_though_nobody_shows_it(shell: Shell) -> None:
    result = shell(f"alias add --unknown {ids(shell)[0]} --channel NAS")
    assert "whoever knows or guesses" in result.stderr


@pytest.mark.usefixtures("unknown")
@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("alias add --unknown 0123456789abcdef --channel NAS", 1),
        ("alias add --unknown {bark} --dialect ntfy --channel NAS", 1),
        ("alias add --unknown {bark} --key old --channel NAS", 2),
        ("alias add --key old --channel NAS", 2),
        ("alias add --unknown {bark} --channel Nothing", 1),
        ("unknown forget {bark} 0123456789abcdef", 1),
        ("unknown forget", 1),
    ],
)
def test_what_cannot_be_bound_or_forgotten_changes_nothing(
    shell: Shell, line: str, status: int
) -> None:
    result = shell(line.format(bark=ids(shell)[1]))
    assert (result.exit_code, result.stdout) == (status, "")
    assert len(ids(shell)) == 2


@pytest.mark.usefixtures("unknown")
def test_some_keys_are_forgotten_without_a_question(shell: Shell) -> None:
    ntfy, bark = ids(shell)
    assert shell.json(f"unknown forget {ntfy}") == {"forgotten": 1}
    assert ids(shell) == [bark]


@pytest.mark.usefixtures("unknown")
def test_forgetting_all_wants_yes_without_a_terminal(shell: Shell) -> None:
    result = shell("unknown forget")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "--yes" in result.stderr
    assert shell.json("unknown forget --yes") == {"forgotten": 2}
    assert "no unknown keys" in shell("unknown list").stdout


@pytest.mark.usefixtures("unknown", "terminal")
def test_forgetting_all_asks_on_a_terminal(shell: Shell) -> None:
    assert shell("unknown forget", "n\n").exit_code == 1
    assert len(ids(shell)) == 2
    assert shell.json("unknown forget", "y\n") == {"forgotten": 2}


def test_deleting_a_channel_wants_yes_without_a_terminal(
    shell: Shell, channel: dict[str, str]
) -> None:
    result = shell(f"channel delete {channel['channel_id']} --json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NAS" in result.stderr
    assert "--yes" in result.stderr
    assert len(shell.json("channel list")) == 1
    assert shell.json("channel delete NAS --yes")["deleted"] is True


@pytest.mark.usefixtures("terminal", "channel")
def test_deleting_a_channel_asks_on_a_terminal(shell: Shell) -> None:
    assert shell("channel delete NAS", "n\n").exit_code == 1
    assert shell.json("channel delete NAS", "y\n")["deleted"] is True


def test_a_channel_is_named_by_its_id_or_a_name_of_its_own(
    shell: Shell, channel: dict[str, str]
) -> None:
    assert shell.json("channel show NAS") == shell.json("channel list")[0]
    assert shell.json("channel rotate-password NAS")["channel_id"]
    shell.json("channel create --name NAS")
    for line in ("channel show NAS", "alias add --dialect bark --channel NAS"):
        result = shell(line)
        assert (result.exit_code, channel["channel_id"] in result.stderr) == (1, True)
    assert "NoSuch" not in shell("channel show NoSuch").stderr


def test_aliases_have_notes_and_are_listed_by_dialect_and_channel(
    shell: Shell, channel: dict[str, str]
) -> None:
    shell.json("channel create --name Other")
    shell.json("alias add --dialect bark --channel NAS --note backups")
    shell.json("alias add --dialect ntfy --channel NAS")
    shell.json("alias add --dialect bark --channel Other")

    def listed(filters: str) -> list[tuple[Any, Any]]:
        rows = shell.json(f"alias list {filters}")
        assert all({"last_used", "count"} <= set(row) for row in rows)
        return [(row["dialect"], row["note"]) for row in rows]

    assert listed("--dialect bark") == [("bark", "backups"), ("bark", "")]
    assert listed("--channel NAS --dialect bark") == [("bark", "backups")]
    assert listed(f"--channel {channel['channel_id']} --dialect ntfy") == [("ntfy", "")]
    assert len(listed("")) == 3
    assert shell("alias list --channel Nowhere").exit_code == 1
    assert shell("alias list --dialect serverchan").stdout == "no such aliases\n"
    assert "  backups  " in shell("alias list").stdout


@pytest.mark.usefixtures("channel")
def test_a_note_is_one_line_of_bounded_length(shell: Shell) -> None:
    line = "alias add --dialect bark --channel NAS --note"
    assert shell(f"{line} {'n' * 257}").exit_code == 1
    assert Path("pushgo-compat.db").exists()
