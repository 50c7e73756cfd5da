"""A process's temporary folder goes with it, also when it is killed."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from pushgo_compat.storage.own_folder import PREFIX, OwnFolder


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_a_folder_is_for_its_owner_alone_and_goes_when_it_is_closed() -> None:
    folder = OwnFolder()
    (folder.path / "a").write_bytes(b"a")
    assert folder.path.stat().st_mode & 0o077 == 0
    folder.close()
    assert not folder.path.exists()


def test_what_a_killed_process_has_left_is_removed_and_nothing_else(
    tmp_path: Path,
) -> None:
    names = ("left", "young", "strange")
    left, young, strange = (tmp_path / f"{PREFIX}{name}" for name in names)
    left.mkdir()
    young.mkdir()
    (left / "a").write_bytes(b"a")
    strange.symlink_to(tmp_path)
    living = OwnFolder()
    for old in (left, living.path):
        os.utime(old, (0, 0))
    OwnFolder().close()
    assert not left.exists()
    assert young.exists()
    assert living.path.exists()
    assert tmp_path.exists()
    living.close()
