"""The commands as a user types them, on a real store."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest
import structlog
from click.testing import CliRunner, Result

import adapters
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config
from pushgo_compat.model import Source

CHANNEL_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MR"


class Shell:
    """Types commands; remembers the configuration that a server was started with."""

    def __init__(self) -> None:
        self.served: list[Config] = []
        self.cli: click.Group = build_cli(self._serve, adapters.DIALECTS)

    def _serve(self, config: Config) -> int:
        self.served.append(config)
        return 0

    def __call__(self, line: str, stdin: str | bytes = "") -> Result:
        result = CliRunner().invoke(self.cli, line.split(), input=stdin)
        assert not isinstance(result.exception, AssertionError), result.exception
        assert isinstance(result.exception, SystemExit | None), result.exception
        return result

    def json(self, line: str, stdin: str | bytes = "") -> Any:
        result = self(f"{line} --json", stdin)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PUSHGO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def shell() -> Shell:
    return Shell()


@pytest.fixture
def channel(shell: Shell) -> dict[str, str]:
    made: dict[str, str] = shell.json("channel create --name NAS")
    return made


# ------------------------------------------------------------------- the documents


def test_channel_create_prints_exactly_four_keys(shell: Shell) -> None:
    made = shell.json(f"channel create --name NAS --channel-id {CHANNEL_ID}")
    assert made["key"] == CHANNEL_ID + made.pop("password")
    del made["key"]
    assert made == {"channel_id": CHANNEL_ID, "channel_name": "NAS"}


def test_what_is_logged_meanwhile_does_not_stand_in_the_document(shell: Shell) -> None:
    @click.command()
    def trouble() -> None:
        structlog.get_logger().error("disk full")
        click.echo("{}")

    shell.cli.add_command(trouble)
    result = shell("trouble")
    assert result.stdout == "{}\n"
    assert "disk full" in result.stderr


def test_alias_add_prints_the_key_only_when_it_made_one(
    shell: Shell, channel: dict[str, str]
) -> None:
    add = f"alias add --dialect bark --channel {channel['channel_id']}"
    assert list(shell.json(add)) == [
        "alias_id",
        "dialect",
        "channel_id",
        "hint",
        "key",
    ]
    assert "key" not in shell.json(f"{add} --key oldkey")


def test_lists_are_arrays_also_when_empty(shell: Shell) -> None:
    channel_id = shell.json("channel create --name NAS")["channel_id"]
    assert shell.json("alias list") == []
    assert [row["channel_id"] for row in shell.json("channel list")] == [channel_id]
    assert shell.json("channel list")[0] == shell.json(f"channel show {channel_id}")
    assert shell.json(f"channel delete {channel_id} --yes")["deleted"] is True
    assert shell.json("channel list") == []


@pytest.mark.parametrize(
    "line",
    ["--json channel list", "channel --json list", "channel list --json"],
)
def test_json_is_understood_in_every_position(
    shell: Shell, channel: dict[str, str], line: str
) -> None:
    assert len(json.loads(shell(line).stdout)) == 1


@pytest.mark.parametrize(
    "line",
    [
        "--db-url {} channel list",
        "channel --db-url {} list",
        "channel list --db-url {}",
    ],
)
def test_db_url_is_understood_in_every_position(shell: Shell, line: str) -> None:
    shell("channel create --name here")
    shell("--db-url sqlite:///other.db channel create --name there")
    assert "there" in shell(line.format("sqlite:///other.db")).stdout


def test_db_url_comes_from_the_environment_and_the_env_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(".env").write_text("PUSHGO_DB_URL=sqlite:///file.db\n")
    shell("channel create --name file")
    monkeypatch.setenv("PUSHGO_DB_URL", "sqlite:///environment.db")
    shell("channel create --name environment")
    assert Path("file.db").is_file()
    assert Path("environment.db").is_file()


def test_warnings_go_to_stderr_and_leave_one_document_on_stdout(
    shell: Shell, channel: dict[str, str]
) -> None:
    add = f"alias add --dialect ntfy --key short --channel {channel['channel_id']}"
    result = shell(f"{add} --json")
    assert json.loads(result.stdout)["hint"] == "s…t"
    assert "whoever knows" in result.stderr


def test_text_shows_what_json_shows(shell: Shell) -> None:
    made = shell("channel create --name 家里")
    assert "channel_name  家里" in made.stdout
    table = shell("channel list").stdout.splitlines()
    names = ["channel_id", "channel_name", "aliases", "tokens", "created_at"]
    assert table[0].split() == names
    assert "家里          0" in table[1]
    assert "no aliases yet" in shell("alias list").stdout


def test_rotation_says_that_aliases_stay_valid(
    shell: Shell, channel: dict[str, str]
) -> None:
    result = shell(f"channel rotate-password {channel['channel_id']} --json")
    assert json.loads(result.stdout).keys() == channel.keys()
    assert "stay valid" in result.stderr


# ------------------------------------------------------------------------- secrets


def test_a_dash_reads_the_secret_from_standard_input(shell: Shell) -> None:
    made = shell.json("channel create --name NAS --password -", "from stdin\r\n")
    assert made["password"] == "from stdin"


def test_each_dash_takes_a_line(shell: Shell, channel: dict[str, str]) -> None:
    line = (
        f"alias add --dialect ntfy --channel {channel['channel_id']} --require-auth"
        " --key - --credential - --credential -"
    )
    shell.json(line, "backups\njoe:opensesame\ntk_123\n")
    assert shell.json("alias list")[0]["credentials"] == 2
    assert shell.json("alias remove --dialect ntfy --key -", "backups\n")["removed"]


def test_an_empty_standard_input_is_a_mistake_in_use(shell: Shell) -> None:
    result = shell("channel create --name NAS --password -")
    assert result.exit_code == 2
    assert "standard input" in result.stderr


def test_a_broken_byte_on_standard_input_is_refused_in_one_line(shell: Shell) -> None:
    result = shell("channel create --name NAS --password -", b"pass\xff\xffword\n")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 2)


def test_secrets_come_from_the_environment(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_CHANNEL_PASSWORD", "of the environment")
    channel_id = shell.json("channel create --name NAS")["channel_id"]
    monkeypatch.setenv("PUSHGO_ALIAS_KEY", "backups-of-the-house-1")
    monkeypatch.setenv("PUSHGO_ALIAS_CREDENTIAL", "joe:open sesame")
    add = f"alias add --dialect ntfy --require-auth --channel {channel_id}"
    assert shell.json(add)["hint"] == "back…e-1"
    assert shell.json("alias list")[0]["credentials"] == 1


# ---------------------------------------------------------------- the secret key


def test_the_secret_key_is_a_file_for_its_owner_beside_the_store(
    shell: Shell, channel: dict[str, str]
) -> None:
    key = Path("pushgo-compat.db.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_text()
    shell("channel list")
    assert key.read_text() == before
    assert len(bytes.fromhex(before)) == 32


def test_the_text_of_the_file_works_as_the_setting(
    shell: Shell, channel: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    add = f"alias add --dialect bark --key old --channel {channel['channel_id']}"
    shell.json(add)
    key = Path("pushgo-compat.db.key")
    monkeypatch.setenv("PUSHGO_SECRET_KEY", key.read_text())
    key.unlink()
    assert shell(add).exit_code == 1
    assert not key.exists()


def test_a_secret_key_that_others_can_read_is_warned_of(
    shell: Shell, channel: dict[str, str]
) -> None:
    Path("pushgo-compat.db.key").chmod(0o644)
    assert "chmod 600" in shell("channel list --json").stderr


@pytest.mark.parametrize("line", ["alias list", "channel create --name x", "serve"])
def test_a_lost_secret_key_is_asked_for_and_none_is_made_in_its_place(
    shell: Shell, channel: dict[str, str], line: str
) -> None:
    key = Path("pushgo-compat.db.key")
    kept = key.read_bytes()
    key.unlink()
    result = shell(line)
    assert result.exit_code == 1
    assert "put the old file back" in result.stderr
    assert not key.exists()
    key.write_bytes(kept)
    assert shell(line).exit_code == 0


@pytest.mark.parametrize("line", ["alias list", "channel create --name x", "serve"])
def test_another_secret_key_is_refused(
    shell: Shell,
    channel: dict[str, str],
    line: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    another = "another secret key of the tests"
    with monkeypatch.context() as patch:
        patch.setenv("PUSHGO_SECRET_KEY", another)
        result = shell(line)
        assert result.exit_code == 1
        assert result.stderr.startswith("Error: PUSHGO_SECRET_KEY is not the secret")
        assert another not in result.stderr
    key = Path("pushgo-compat.db.key")
    key.write_text(another)
    result = shell(line)
    assert result.exit_code == 1
    assert str(key.absolute()) in result.stderr
    assert shell.served == []


def test_a_store_from_before_fingerprints_takes_the_key_that_it_has(
    shell: Shell, channel: dict[str, str]
) -> None:
    with closing(sqlite3.connect("pushgo-compat.db", isolation_level=None)) as old:
        old.execute("UPDATE state SET secret_fingerprint = NULL")
    assert shell("channel list").exit_code == 0
    Path("pushgo-compat.db.key").write_text("another secret key of the tests")
    assert shell("channel list").exit_code == 1


@pytest.mark.parametrize("line", ["channel list", "channel create --name x", "serve"])
def test_a_store_for_newer_programs_is_refused(
    shell: Shell, channel: dict[str, str], line: str
) -> None:
    with closing(sqlite3.connect("pushgo-compat.db", isolation_level=None)) as newer:
        newer.execute("UPDATE state SET oldest_program = 1000")
    result = shell(line)
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "newer" in result.stderr
    assert shell.served == []


def test_a_secret_key_file_that_holds_none_is_refused(
    shell: Shell, channel: dict[str, str]
) -> None:
    Path("pushgo-compat.db.key").write_text("\n")
    assert shell("channel list").exit_code == 1


# ------------------------------------------------------------------- exit statuses


@pytest.mark.parametrize(
    "line",
    [
        "channel list",
        f"channel show {CHANNEL_ID}",
        f"channel rotate-password {CHANNEL_ID}",
        f"channel delete {CHANNEL_ID}",
        "alias list",
        f"alias add --dialect ntfy --channel {CHANNEL_ID}",
        "alias remove 0123456789abcdef",
    ],
)
def test_only_serve_and_channel_create_make_a_store(shell: Shell, line: str) -> None:
    result = shell(f"{line} --json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert str(Path("pushgo-compat.db").absolute()) in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("line", ["channel create --name NAS", "serve"])
def test_whoever_makes_the_store_says_where(shell: Shell, line: str) -> None:
    url = "--db-url sqlite:///folder/store.db"
    Path("folder").mkdir()
    result = shell(f"{line} {url}")
    assert result.exit_code == 0
    assert str(Path("folder/store.db").absolute()) in result.stderr
    assert "made a new store" not in shell(f"{line} {url}").stderr


@pytest.mark.parametrize(
    ("line", "status"), [("channel create --name x", 1), ("serve", 2)]
)
def test_a_missing_folder_is_named_and_not_made(
    shell: Shell, line: str, status: int
) -> None:
    result = shell(f"{line} --db-url sqlite:///new/folder/store.db")
    assert result.exit_code == status
    assert str(Path("new/folder").absolute()) in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("line", ["channel list", "alias list", "serve"])
def test_an_unknown_setting_is_status_two_for_every_command(
    shell: Shell, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_DB_ULR", "sqlite:///elsewhere.db")
    result = shell(line)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "PUSHGO_DB_ULR" in result.stderr
    assert "PUSHGO_DB_URL" in result.stderr
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        f"channel show {CHANNEL_ID}",
        "channel create --name NAS --password short",
        "alias remove nothing",
        f"alias add --dialect ntfy --channel {CHANNEL_ID}",
    ],
)
def test_a_refusal_is_one_line_and_status_one(
    shell: Shell, channel: dict[str, str], line: str
) -> None:
    result = shell(f"{line} --json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "line",
    [
        "channel create",
        "channel show",
        "channel unknown",
        f"alias add --dialect telegram --channel {CHANNEL_ID}",
        f"alias add --dialect ntfy --channel {CHANNEL_ID} --severity-map high=loud",
        f"alias add --dialect ntfy --channel {CHANNEL_ID} --severity-map low=low,low=x",
        "alias remove",
        "alias remove 0123 --dialect ntfy --key x",
        "alias remove --dialect ntfy",
        "serve --http-addr nowhere",
        "channel list --db-url mysql://here",
    ],
)
def test_a_mistake_in_use_is_status_two(
    shell: Shell, channel: dict[str, str], line: str
) -> None:
    assert shell(line).exit_code == 2


def test_a_file_that_is_no_store_is_refused_by_name(shell: Shell) -> None:
    Path("notes.txt").write_text("no database " * 100)
    result = shell("channel list --db-url sqlite:///notes.txt")
    assert result.exit_code == 1
    assert str(Path("notes.txt").absolute()) in result.stderr


def test_an_id_that_exists_is_refused(shell: Shell, channel: dict[str, str]) -> None:
    again = shell(f"channel create --name x --channel-id {channel['channel_id']}")
    assert again.exit_code == 1
    assert "exists already" in again.stderr


def test_severity_maps_and_tags_may_be_repeated(
    shell: Shell, channel: dict[str, str]
) -> None:
    shell.json(
        f"alias add --dialect serverchan --channel {channel['channel_id']}"
        " --severity-map high=critical,Normal=LOW --severity-map low=normal"
        " --tag nas --tag disk"
    )
    (alias,) = shell.json("alias list")
    assert alias["severity_map"] == {
        "high": "critical",
        "normal": "low",
        "low": "normal",
    }
    assert alias["tags"] == ["nas", "disk"]


# --------------------------------------------------------------------------- serve


def test_serve_hands_over_what_flags_and_environment_say(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_HTTP_ADDR", "127.0.0.1:1")
    monkeypatch.setenv("PUSHGO_BARK_ADDR", "127.0.0.1:2")
    shell("serve --http-addr 127.0.0.1:3 --bark-rejoin-iv --token-on-dialects false")
    (config,) = shell.served
    assert config.http_addr.port == 3
    bark = config.of(Source.BARK)
    assert bark.addr is not None
    assert bark.addr.port == 2
    assert bark.options["rejoin_iv"]
    assert not config.token_on_dialects


def test_serve_reports_all_faults_and_starts_nothing(shell: Shell) -> None:
    result = shell("serve --http-addr x --log-level y --db-url z")
    assert [line.split()[0] for line in result.stderr.splitlines()] == [
        "PUSHGO_DB_URL",
        "PUSHGO_HTTP_ADDR",
        "PUSHGO_LOG_LEVEL",
    ]
    assert result.exit_code == 2
    assert shell.served == []


@pytest.mark.parametrize("flag", ["--token", "--secret-key", "--bark-password"])
def test_a_secret_setting_has_no_flag(shell: Shell, flag: str) -> None:
    assert shell(f"serve {flag} x").exit_code == 2


def test_the_first_channel_is_shown_once_with_a_line_for_every_door(
    shell: Shell,
) -> None:
    first = shell("serve --first-channel Home --http-addr 0.0.0.0:8080").stdout
    key = next(line.split()[1] for line in first.splitlines() if "  key " in line)
    base = "http://127.0.0.1:8080"
    assert f"{base}/ntfy/{key}\n" in first
    assert f"'{base}/bark/{key}/Hello/from%20Bark'\n" in first
    assert f"{base}/serverchan/{key}.send\n" in first
    assert f"{base}/message\n" in first
    assert shell("serve --first-channel Home").stdout == ""
    assert len(shell.json("channel list")) == 1


def test_the_first_channel_never_shows_the_gateway_token(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUSHGO_TOKEN", "gatewaysecret")
    first = shell("serve --first-channel Home").stdout
    assert "gatewaysecret" not in first
    assert first.count("Bearer $PUSHGO_TOKEN") == 1


def test_the_first_channel_can_be_one_json_document(shell: Shell) -> None:
    assert shell.json("serve --first-channel Home")["channel_name"] == "Home"
