"""``scan`` as a command: exit statuses, what is printed where, what is written."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import adapters
from pushgo_compat.cli import build_cli
from tests.migration.scan.scanning import HOUSE

_CALL = "#!/bin/sh\ncurl -d x https://ntfy.sh/topic-of-the-command\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with one script."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.sh").write_text(_CALL)
    return tmp_path


def _run(*arguments: str) -> Result:
    cli = build_cli(lambda config: 0, adapters.DIALECTS)
    return CliRunner().invoke(cli, ["scan", *arguments])


def _json(*arguments: str) -> dict[str, Any]:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_json_is_one_document_with_the_numbers_of_the_walk(folder: Path) -> None:
    (folder / "b").symlink_to(folder)

    document = _json(".")

    assert document["files"] == {"read": 1}
    assert document["skipped"]["link"] == 1
    (found,) = document["findings"]
    assert found["file"] == "./a.sh"
    assert (found["line"], found["dialect"], found["client"]) == (2, "ntfy", "curl")
    assert (found["verdict"], found["patch"]) == ("works", None)
    assert "topic-of-the-command" not in json.dumps(document)


def test_a_tree_without_findings_is_no_failure(folder: Path) -> None:
    (folder / "a.sh").write_text("echo\n")

    assert _json(".")["findings"] == []
    assert _run(".").exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (".", "--diff"),
        (".", "--write"),
        (".", "--gateway", "https://gw.test", "--write"),
        (".", "--gateway", "gw.test", "--diff"),
        (".", "--host-map", "ntfy.sh", "--diff"),
        (".", "--host-map", "ntfy.sh=a/b", "--diff"),
        (".", "--diff", "--native", "--gateway", "https://gw.test"),
        (".", "--native", "--write"),
    ],
)
def test_what_makes_no_sense_is_refused_with_2(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    assert _run(*arguments).exit_code == 2
    assert (folder / "a.sh").read_text() == _CALL


def test_a_path_that_cannot_be_read_is_1_and_the_others_are_done(folder: Path) -> None:
    result = _run("missing", ".", "--json")

    assert result.exit_code == 1
    document = json.loads(result.stdout)
    assert len(document["findings"]) == 1
    assert document["skipped"]["unreadable"] == 1
    assert "missing: could not be read" in result.stderr


def test_a_diff_has_standard_output_for_itself_and_says_that_it_shows_keys(
    folder: Path,
) -> None:
    result = _run(".", "--diff", "--gateway", "https://gw.test/push/")

    assert result.stdout == (
        "--- a/a.sh\n+++ b/a.sh\n@@ -1,2 +1,2 @@\n #!/bin/sh\n"
        "-curl -d x https://ntfy.sh/topic-of-the-command\n"
        "+curl -d x https://gw.test/push/ntfy/topic-of-the-command\n"
    )
    assert result.stderr.count("keys included") == 1
    assert "./a.sh:2:" in result.stderr


def test_write_applies_the_patch_and_keeps_the_old_text(folder: Path) -> None:
    result = _run(".", "--diff", "--host-map", "ntfy.sh=push.lan", "--write")

    assert result.exit_code == 0
    assert (folder / "a.sh").read_text() == _CALL.replace("ntfy.sh", "push.lan")
    assert (folder / "a.sh.bak").read_text() == _CALL
    assert _json(".")["files"] == {"read": 1}  # the backup is not read


def test_a_file_that_cannot_be_written_is_1(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str, old: bytes, new: bytes) -> Path:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(sys.modules["pushgo_compat.cli.moving.scan"], "rewrite", refuse)

    result = _run(".", "--diff", "--gateway", "https://gw.test", "--write")

    assert result.exit_code == 1
    assert "a.sh: not written: Permission denied" in result.stderr


def test_people_read_a_line_a_finding_and_a_sum(folder: Path) -> None:
    shutil.copytree(HOUSE / "scripts", folder / "scripts")

    result = _run("scripts")

    lines = result.stdout.splitlines()
    assert "scripts/backup.sh:6: POST ntfy (curl), key back…nas: works" in lines
    assert any(line.endswith("works with loss (Icon)") for line in lines)
    assert "must change" in result.stderr
