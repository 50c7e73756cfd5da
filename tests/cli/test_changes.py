"""Channels renamed and aliases changed, as a user types it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pushgo_compat.core.stores.access.tokens import NewToken
from pushgo_compat.model import Source
from pushgo_compat.storage import open_store
from tests.cli.test_commands import Shell, channel, clean_environment, shell

__all__ = ["channel", "clean_environment", "shell"]


@pytest.fixture
def alias(shell: Shell, channel: dict[str, str]) -> str:
    added = shell.json(
        f"alias add --dialect ntfy --channel {channel['channel_id']} --key backups"
        " --tag nas --severity-map high=critical --note old"
    )
    return str(added["alias_id"])


def listed(shell: Shell) -> dict[str, Any]:
    (row,) = shell.json("alias list")
    assert isinstance(row, dict)
    return row


def test_a_renamed_channel_keeps_its_id_and_is_found_by_its_new_name(
    shell: Shell, channel: dict[str, str]
) -> None:
    renamed = shell.json("channel rename NAS Attic")
    assert renamed["channel_name"] == "Attic"
    assert renamed["channel_id"] == channel["channel_id"]
    assert shell.json("channel show Attic") == renamed
    assert shell("channel show NAS").exit_code == 1


@pytest.mark.parametrize("name", ["x" * 129, "a\nb"])
def test_a_name_that_is_none_is_refused(
    shell: Shell, channel: dict[str, str], name: str
) -> None:
    result = CliRunner().invoke(
        shell.cli, ["channel", "rename", channel["channel_id"], name]
    )
    assert result.exit_code == 1
    assert shell.json("channel show NAS")["channel_name"] == "NAS"


@pytest.mark.parametrize(
    ("flags", "changed"),
    [
        ("--note new", {"note": "new"}),
        ("--tag a --tag b", {"tags": ["a", "b"]}),
        ("--severity-map low=high", {"severity_map": {"low": "high"}}),
        ("--send-only", {"send_only": True}),
        ("--no-send-only", {"send_only": False}),
    ],
)
def test_what_is_named_changes_and_the_rest_stays(
    shell: Shell, alias: str, flags: str, changed: dict[str, object]
) -> None:
    before = listed(shell)
    assert shell.json(f"alias change {alias} {flags}") == {**before, **changed}
    assert listed(shell) == {**before, **changed}


def test_empty_text_clears_tags_severities_and_note(shell: Shell, alias: str) -> None:
    words = ["alias", "change", alias, "--tag", "", "--severity-map", "", "--note", ""]
    result = CliRunner().invoke(shell.cli, words)
    assert result.exit_code == 0, result.output
    row = listed(shell)
    assert (row["tags"], row["severity_map"], row["note"]) == ([], {}, "")


def test_a_change_needs_an_alias_and_something_to_change(
    shell: Shell, alias: str
) -> None:
    assert shell(f"alias change {alias}").exit_code == 2
    refused = shell("alias change nobody --note x")
    assert refused.exit_code == 1
    assert "no such alias" in refused.stderr


def test_a_new_admin_token_is_printed_once_and_stored_as_a_hash(shell: Shell) -> None:
    shell("channel create --name NAS")
    first, second = (shell.json("admin-token")["admin_token"] for _ in range(2))
    assert first != second
    assert len(second) == 28
    stored = b"".join(file.read_bytes() for file in Path().glob("pushgo-compat.db*"))
    assert first.encode() not in stored
    assert second.encode() not in stored


def test_no_admin_token_is_made_beside_the_one_of_the_settings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("channel create --name NAS")
    monkeypatch.setenv("PUSHGO_ADMIN_TOKEN", "twenty characters, and more")
    result = CliRunner().invoke(shell.cli, ["admin-token"])
    assert result.exit_code == 1
    assert "PUSHGO_ADMIN_TOKEN is set" in result.stderr


@pytest.mark.parametrize("token", ["nineteen characters", "x" * 129])
def test_an_admin_token_of_a_wrong_length_is_no_setting(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("PUSHGO_ADMIN_TOKEN", token)
    result = CliRunner().invoke(shell.cli, ["serve"])
    assert result.exit_code == 2
    assert "PUSHGO_ADMIN_TOKEN must have 20 to 128 characters" in result.stderr
    assert token not in result.stderr


def test_an_account_token_is_listed_and_revoked(
    shell: Shell, channel: dict[str, str]
) -> None:
    async def add_token() -> None:
        store = await open_store("sqlite:///pushgo-compat.db", create=False)
        try:
            found = await store.channel(channel["channel_id"])
            assert found is not None
            new = NewToken(
                token_id="0123456789abcdef",
                dialect=Source.NTFY,
                digest=b"digest",
                channel=found.number,
                password_hash=found.password_hash,
                login=found.channel_id,
                label="Home Assistant",
                created_at_ms=0,
            )
            assert await store.tokens.add_token(new, 20)
        finally:
            await store.close()

    asyncio.run(add_token())
    (token,) = shell.json("channel show NAS")["tokens"]
    assert token == {
        "token_id": "0123456789abcdef",
        "login": channel["channel_id"],
        "label": "Home Assistant",
        "created_at": 0,
        "last_used": 0,
        "ends_at": None,
    }
    assert "label Home Assistant" in shell("channel show NAS").stdout
    assert shell("channel revoke-token NAS nobody").exit_code == 1
    revoked = shell.json("channel revoke-token NAS 0123456789abcdef")
    assert revoked == {**token, "revoked": True}
    assert shell.json("channel show NAS")["tokens"] == []
