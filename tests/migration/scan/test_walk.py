"""Which files are read, and which are skipped and counted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pushgo_compat.migration.scan.disk.walk import Walk
from pushgo_compat.migration.scan.prefilter import Prefilter, has_long_line

_CALL = b"curl -d x https://ntfy.sh/topic-of-the-walk\n"


def _walk(folder: Path) -> tuple[list[str], Walk]:
    walk = Walk()
    names = [
        str(Path(each.path).relative_to(folder)) for each in walk.files([str(folder)])
    ]
    return names, walk


def test_what_is_no_text_is_skipped_and_counted(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_bytes(_CALL)
    (tmp_path / "binary").write_bytes(b"\x7fELF\0\0\0" + _CALL)
    (tmp_path / "large.sh").write_bytes(_CALL * 300_000)
    (tmp_path / "bundle.js").write_bytes(b"x" * 5001 + b"\n" + _CALL)
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "linked.sh").symlink_to(tmp_path / "a.sh")
    os.mkfifo(tmp_path / "pipe")

    names, walk = _walk(tmp_path)

    assert names == ["a.sh"]
    assert walk.read == 1
    assert dict(walk.skipped) == {
        "binary": 1,
        "large": 1,
        "unreadable": 0,
        "minified": 1,
        "link": 2,
        "special": 1,
    }


@pytest.mark.parametrize("folder", [".git", "node_modules"])
def test_folders_of_machines_are_not_entered(tmp_path: Path, folder: str) -> None:
    (tmp_path / "inner" / folder / "deep").mkdir(parents=True)
    (tmp_path / "inner" / folder / "deep" / "a.sh").write_bytes(_CALL)

    assert _walk(tmp_path)[0] == []


def test_a_backup_beside_its_file_is_not_read(tmp_path: Path) -> None:
    for name in ("a.sh", "a.sh.bak", "a.sh.bak.1", "other.bak"):
        (tmp_path / name).write_bytes(_CALL)

    assert _walk(tmp_path)[0] == ["a.sh", "other.bak"]


def test_a_path_that_is_not_there_is_told(tmp_path: Path) -> None:
    walk = Walk()

    assert list(walk.files([str(tmp_path / "no")])) == []
    assert walk.failed == [str(tmp_path / "no")]


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        (b"x" * 5000 + b"\ny", False),
        (b"x" * 5001, True),
        ("中".encode() * 5000, False),
        ("中".encode() * 5001, True),
        (b"short\n" * 10_000, False),
        (b"short\n" * 1000 + b"y" * 5001 + b"\n" + b"z\n", True),
        (("\ufeff" + "x" * 4000 + "\n" + "y" * 4000).encode("utf-16-le"), False),
        (("\ufeff" + "x" * 5001).encode("utf-16-le"), True),
    ],
)
def test_a_line_of_more_than_5000_characters_is_long(
    text: bytes, is_long: bool
) -> None:
    assert has_long_line(text) is is_long


def test_every_old_call_passes_the_cheap_look() -> None:
    wants = Prefilter(["old.example"]).wants

    assert wants(b"curl https://NTFY.sh/x")
    assert wants("\ufeffhttps://ntfy.sh/x".encode("utf-16-le"))
    assert wants(b"curl http://old.example/x")
    assert not wants(b"curl https://example.com/x")
