"""A store of another kind: the URL's scheme chooses it, nobody else reads the URL."""

from __future__ import annotations

import ast
import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from click.testing import CliRunner

import pushgo_compat
from adapters import DIALECTS
from pushgo_compat import storage
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config
from pushgo_compat.config.loading import load_config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StoreMissing, StoreUnmakable
from pushgo_compat.core.stores.store import Store
from pushgo_compat.server import start
from pushgo_compat.storage.sqlite.place import SqlitePlace

URL = "elsewhere://user:opensesame@db.example.com/pushgo"
SECRET = "opensesame"


class Elsewhere:
    """A store that is no file, as far as anybody outside can see."""

    failures: tuple[type[Exception], ...] = (sqlite3.Error,)
    shown = "db.example.com/pushgo"
    holds_secret = False

    def __init__(self, folder: Path) -> None:
        self._inner = SqlitePlace(folder / "inner.db")
        self.folder = folder
        self.key_file = folder / "pushgo.key"
        self.lease = self._inner.lease
        self.server_lock = self._inner.server_lock
        self.exists = self._inner.exists

    def fault(self) -> str | None:
        return None

    async def open(
        self,
        *,
        create: bool,
        feed: Feed | None = None,
        clock: Callable[[], int] | None = None,
        on_batch: Callable[[int], None] | None = None,
    ) -> Store:
        return await self._inner.open(
            create=create, feed=feed, clock=clock, on_batch=on_batch
        )


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Elsewhere:
    monkeypatch.chdir(tmp_path)
    place = Elsewhere(tmp_path)
    readers = {**storage.PLACES, "elsewhere": lambda url: place}
    monkeypatch.setattr(storage, "PLACES", readers)
    return place


def test_the_command_line_works_on_a_store_that_is_no_file(tmp_path: Path) -> None:
    cli = build_cli(lambda config: 0, DIALECTS)
    run = CliRunner().invoke(cli, ["--db-url", URL, "channel", "create", "--name", "a"])
    assert run.exit_code == 0, run.output
    assert "made a new store at db.example.com/pushgo" in run.output
    assert SECRET not in run.output
    listed = CliRunner().invoke(cli, ["--db-url", URL, "channel", "list"])
    assert "a" in listed.output.split()
    assert (tmp_path / "pushgo.key").exists()


async def test_a_server_starts_on_a_store_that_is_no_file() -> None:
    config = load_config(Config, {"db_url": URL, "http_addr": "127.0.0.1:0"})
    assert SECRET not in repr(config)
    async with AsyncExitStack() as stack:
        assert "main" in await start(stack, config, load_secret(config))


def test_a_missing_file_is_made_only_when_asked_for_and_its_folder_never(
    tmp_path: Path,
) -> None:
    with pytest.raises(StoreMissing):
        asyncio.run(SqlitePlace(tmp_path / "a.db").open(create=False))
    with pytest.raises(StoreUnmakable, match="there is no folder"):
        asyncio.run(SqlitePlace(tmp_path / "none" / "a.db").open(create=True))
    assert not list(tmp_path.iterdir())


OF_OTHER_PROGRAMS = frozenset({"migration/scan/disk/databases.py"})
"""Reads databases that other programs keep, such as Uptime Kuma's; never a store."""


def test_nothing_but_the_storage_wing_knows_sqlite() -> None:
    root = Path(pushgo_compat.__path__[0])
    found = [
        str(file.relative_to(root))
        for file in sorted(root.rglob("*.py"))
        if "storage" not in file.relative_to(root).parts
        and str(file.relative_to(root)) not in OF_OTHER_PROGRAMS
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Import) and node.names[0].name == "sqlite3")
        or (isinstance(node, ast.ImportFrom) and "sqlite" in (node.module or ""))
    ]
    assert found == []
