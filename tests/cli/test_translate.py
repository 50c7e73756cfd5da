"""``translate`` as a user types it."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import adapters
from pushgo_compat.cli import build_cli
from pushgo_compat.cli.moving.call_files import MAX_FILE_BYTES, CallFiles
from pushgo_compat.migration.shell.grammar import ShellParserMissing
from tests.cli.test_commands import clean_environment

__all__ = ["clean_environment"]
pytestmark = pytest.mark.usefixtures("clean_environment")
CLI = build_cli(lambda config: 0, adapters.DIALECTS)
LINE = "curl -H 'Title: Disk' -d 'it is full' ntfy.sh/my-topic"


def run(*words: str, given: str | bytes = "") -> Any:
    return CliRunner().invoke(CLI, ["translate", *words], input=given)


def run_json(*words: str, given: str | bytes = "", status: int = 0) -> Any:
    result = run("--json", *words, given=given)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    "words",
    [
        [LINE],
        ["curl", "-H", "Title: Disk", "-d", "it is full", "ntfy.sh/my-topic"],
        ["curl", "-HTitle: Disk", "-d", "it is full", "ntfy.sh/my-topic", "||", "true"],
    ],
)
def test_a_command_line_is_one_word_or_many(words: Sequence[str]) -> None:
    (answer,) = run_json(*words)

    (message,) = answer["receipt"]["messages"]
    assert (message["title"], message["body"]) == ("Disk", "it is full")
    assert answer["source"] == {"file": None, "line": 1}


def test_an_option_behind_a_line_of_many_words_is_curls() -> None:
    (answer,) = run_json("curl", "ntfy.sh/t", "--json", '{"a": 1}')

    assert answer["receipt"]["messages"][0]["body"] == '{"a": 1}'


def test_an_option_behind_a_line_of_one_word_is_ours() -> None:
    result = run(LINE, "--json")

    assert json.loads(result.stdout)[0]["dialect"] == "ntfy"
    assert json.loads(run("-", "--json", given=LINE).stdout)[0]["dialect"] == "ntfy"


def test_a_script_comes_from_files_and_from_standard_input(tmp_path: Path) -> None:
    script = tmp_path / "notify.sh"
    script.write_text(f"#!/bin/sh\n{LINE}\n")

    (answer,) = run_json("-f", str(script))
    assert answer["source"] == {"file": str(script), "line": 2}
    both = run_json("--file", str(script), "-f", "-", given=f"\n\n{LINE}\n")
    assert [each["source"]["line"] for each in both] == [2, 3]
    assert both[1]["source"]["file"] is None


def test_people_see_verdict_notes_message_and_curl() -> None:
    result = run(LINE)

    assert result.exit_code == 0
    for part in ("verdict  works", "Title", '"body": "it is full"', "curl -X POST"):
        assert part in result.stdout
    assert "my-topic" not in result.stdout


def test_what_is_no_call_gives_nothing_and_is_no_failure() -> None:
    assert run_json("-", given="ls -l\n# curl -d x ntfy.sh/t\n") == []
    assert "no call" in run("-", given="ls").stdout
    assert run_json("curl https://example.com")[0]["problem"].startswith("no old call")


@pytest.mark.parametrize(
    "line", ["curl -d 'x ntfy.sh/t", "curl --bogus ntfy.sh/t", "curl 'ntfy.sh/a b'"]
)
def test_a_call_that_cannot_be_read_exits_with_1(line: str) -> None:
    first, second = run_json("-", given=f"{line}\n{LINE}\n", status=1)[:2] or [{}, {}]
    assert first["problem"]
    assert second["dialect"] == "ntfy" or "'" in line


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--bogus", LINE],
        ["-f", "x.sh", "curl"],
        ["--dialect", "smtp", LINE],
        ["--base-url", "https://old.example/ntfy", LINE],
        ["--files", "/no/such/folder", LINE],
    ],
)
def test_usage_exits_with_2(words: Sequence[str]) -> None:
    assert run(*words).exit_code == 2


def test_a_file_that_is_not_there_exits_with_1() -> None:
    result = run("-f", "/no/such/script")

    assert result.exit_code == 1
    assert "/no/such/script" in result.stderr


def test_a_har_file_that_is_none_exits_with_1() -> None:
    assert run("--har", "-", given="curl x").exit_code == 1


def test_no_store_is_needed_or_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    run_json(LINE)
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing() -> None:
        raise ShellParserMissing

    monkeypatch.setattr("pushgo_compat.migration.shell.grammar._parser", missing)
    result = run(LINE)

    assert result.exit_code == 1
    assert "pushgo-compat[scan]" in result.stderr


# ------------------------------------------------------------------------------- files


def body_of(*words: str) -> str:
    (answer,) = run_json(*words)
    body: str = answer["receipt"]["messages"][0]["body"]
    return body


def test_files_below_the_folder_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "note").write_text("contents")
    monkeypatch.chdir(tmp_path)
    line = "curl -d @note ntfy.sh/t"

    assert body_of(line) == "contents"
    assert body_of("--no-files", line) == "<contents of note>"
    (tmp_path / "empty").mkdir()
    assert body_of("--files", "empty", line) == "<contents of note>"
    monkeypatch.chdir("/")
    assert body_of("--files", str(tmp_path), line) == "contents"


def test_only_regular_small_files_below_the_folder_are_opened(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    secret = tmp_path / "secret"
    secret.write_text("secret")
    (folder / "link").symlink_to(secret)
    (folder / "inner").symlink_to(folder / "real")
    (folder / "real").write_bytes(b"real")
    (folder / "loop").symlink_to(folder / "loop")
    (folder / "large").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    (folder / "limit").write_bytes(b"x" * MAX_FILE_BYTES)
    os.mkfifo(folder / "pipe")
    read = CallFiles(folder)

    for name in (
        *("link", "loop", "large", "pipe", ".", "missing", "", "\0"),
        *("../secret", str(secret), "/dev/null", "/dev/stdin", "/proc/self/environ"),
    ):
        assert read(name) is None, name
    assert read("real") == read("inner") == read(str(folder / "real")) == b"real"
    assert len(read("limit") or b"") == MAX_FILE_BYTES
