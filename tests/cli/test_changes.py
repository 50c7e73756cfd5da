"""Channels renamed and aliases changed, as a user types it."""

from __future__ import annotations

from typing import Any

import pytest
from click.testing import CliRunner

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
