"""The place of a PostgreSQL store, and the settings that it asks for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from adapters import DIALECTS
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config
from pushgo_compat.config.loading import ConfigError, load_config
from pushgo_compat.config.secret_file import load_secret
from pushgo_compat.core.stores.place import StoreMissing
from pushgo_compat.storage import parse_store_url
from tests.postgres import TestServer

URL = "postgresql://gateway:opensesame@db.example.com:6432/pushgo?sslmode=require"
KEY = "a secret of the place tests"
EXPECTED = "must be postgresql://user@host/database"


def faults(**flags: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load_config(Config, {"http_addr": "127.0.0.1:0", **flags})
    return caught.value.faults


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_place_is_shown_without_user_password_and_parameters(scheme: str) -> None:
    place = parse_store_url(URL.replace("postgresql", scheme))
    assert str(place) == place.shown == "postgresql://db.example.com:6432/pushgo"
    for text in (repr(place), str(place), place.shown):
        assert "opensesame" not in text
        assert "gateway" not in text


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:",
        "postgresql://db",
        "postgresql://db/",
        "postgresql://opensesame@db:port/a",
        "postgres:///a/b",
        "postgresql://opensesame@[db/a",
    ],
)
def test_what_names_no_database_is_a_fault_without_the_url(url: str) -> None:
    assert f"PUSHGO_DB_URL {EXPECTED}" in faults(db_url=url)


@pytest.mark.parametrize(
    "url", ["postgresql:///a", "postgresql://db/a", "postgres://u@/?dbname=a&host=/run"]
)
def test_a_database_may_be_named_in_every_way_that_the_driver_knows(url: str) -> None:
    assert not parse_store_url(url).holds_secret


def test_without_the_extra_the_fault_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pushgo_compat.storage.find_spec", lambda name: None)
    assert faults(db_url=URL)[0] == (
        "PUSHGO_DB_URL needs an extra for PostgreSQL:"
        " pip install 'pushgo-compat[postgres]'"
    )


def test_every_instance_needs_a_key_and_uploads_go_where_the_settings_say(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUSHGO_DB_URL", URL)
    (key,) = faults()
    assert key.startswith("PUSHGO_SECRET_KEY must be set with PostgreSQL")
    monkeypatch.setenv("PUSHGO_SECRET_KEY", KEY)
    config = load_config(Config, {})
    assert (config.attachment_dir, config.files_in_store) == (None, True)
    assert load_secret(config).fingerprint()
    monkeypatch.setenv("PUSHGO_ATTACHMENT_DIR", "")
    config = load_config(Config, {})
    assert (config.attachment_dir, config.files_in_store) == (None, False)
    monkeypatch.setenv("PUSHGO_ATTACHMENT_DIR", "shared")
    config = load_config(Config, {})
    assert (config.attachment_dir, config.files_in_store) == (Path("shared"), False)


@pytest.mark.parametrize("url", [URL, "postgresql://db/a?password=opensesame"])
def test_a_password_is_refused_as_an_argument(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("PUSHGO_SECRET_KEY", KEY)
    monkeypatch.setenv("PUSHGO_ATTACHMENT_DIR", "")
    (fault,) = faults(db_url=url)
    assert fault.startswith("PUSHGO_DB_URL must not be given as --db-url with a pass")
    assert "opensesame" not in fault
    monkeypatch.setenv("PUSHGO_DB_URL", url)
    assert load_config(Config, {}).db_url.holds_secret


async def test_tables_are_made_only_when_asked_for(postgres: TestServer) -> None:
    place = parse_store_url(await postgres.empty_database())
    assert not await place.exists()
    with pytest.raises(StoreMissing):
        await place.open(create=False)
    store = await place.open(create=True)
    await store.close()
    assert await place.exists()


def test_a_database_that_cannot_be_used_is_told_in_words(
    postgres: TestServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_SECRET_KEY", KEY)
    cli = build_cli(lambda config: 0, DIALECTS)
    for url, reason in (
        (postgres.url("none"), "there is no such database"),
        ("postgresql://127.0.0.1:1/none", "the database cannot be reached"),
    ):
        run = CliRunner().invoke(cli, ["--db-url", url, "channel", "list"])
        assert run.exit_code == 1
        assert reason in run.output
        assert "Traceback" not in run.output


def test_nothing_of_the_driver_is_loaded_for_another_store() -> None:
    code = (
        "import sys, pushgo_compat.server as s;"
        "sys.exit(any(name.partition('.')[0] == 'asyncpg' for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 0


def test_a_url_for_wake_ups_wants_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHGO_DB_LISTEN_URL", "mysql://db/a")
    assert faults() == (f"PUSHGO_DB_LISTEN_URL {EXPECTED}",)
    monkeypatch.setenv("PUSHGO_DB_LISTEN_URL", URL)
    assert faults() == (
        "PUSHGO_DB_LISTEN_URL means nothing without PostgreSQL in PUSHGO_DB_URL",
    )
    monkeypatch.setenv("PUSHGO_DB_URL", "postgresql://pgbouncer:6432/a")
    monkeypatch.setenv("PUSHGO_SECRET_KEY", KEY)
    monkeypatch.setenv("PUSHGO_ATTACHMENT_DIR", "")
    place = load_config(Config, {}).db_url
    assert getattr(place, "listen_dsn", None) == URL
    assert "opensesame" not in repr(place)
