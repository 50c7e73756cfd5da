"""Settings: defaults, places they come from, faults all at once, nothing leaks."""

from __future__ import annotations

import ipaddress
import os
from pathlib import Path

import pytest

from pushgo_compat.config import contradictions
from pushgo_compat.config.config import Config, LogFormat, LogLevel, StoreConfig
from pushgo_compat.config.loading import ConfigError, load_config, settings_of
from pushgo_compat.model import Source
from pushgo_compat.settings import Address
from pushgo_compat.storage.sqlite.place import SqlitePlace
from tests.dialects import SOURCES, TRAITS


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PUSHGO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def load(**environment: str) -> Config:
    """Read settings as if the variables were given (flags read the same text)."""
    return load_config(Config, environment, TRAITS)


def faults(**environment: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(**environment)
    return caught.value.faults


def test_defaults_are_those_of_the_contract() -> None:
    config = load()
    assert config.http_addr == Address("127.0.0.1", 8686)
    for source in SOURCES:
        assert (config.of(source).addr, config.of(source).hosts) == (None, ())
    assert str(config.db_url) == "sqlite:///pushgo-compat.db"
    assert config.attachment_dir == Path("attachments")
    assert config.attachment_file_limit == 15 * 1024**2
    assert config.attachment_channel_limit == 100 * 1024**2
    assert config.attachment_total_limit == 5 * 1024**3
    assert config.attachment_expiry == 3 * 3600
    assert config.of(Source.BARK).options["max_batch"] == 1000
    assert config.retention_days == 7
    assert not config.token_on_dialects
    assert not config.of(Source.BARK).options["rejoin_iv"]
    assert config.rate_limit is None
    assert config.trusted_proxies == ()
    assert (config.log_format, config.log_level) == (LogFormat.TEXT, LogLevel.INFO)


def test_a_flag_wins_over_the_environment_and_that_over_the_env_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text(
        "PUSHGO_HTTP_ADDR=127.0.0.1:1\nPUSHGO_LOG_LEVEL=error\nPUSHGO_BARK_USER=file\n"
        "PUSHGO_BARK_PASSWORD=file\n"
    )
    monkeypatch.setenv("PUSHGO_LOG_LEVEL", "debug")
    monkeypatch.setenv("PUSHGO_BARK_USER", "environment")
    config = load(bark_user="flag")
    assert config.http_addr.port == 1
    assert config.log_level is LogLevel.DEBUG
    assert config.of(Source.BARK).options["user"] == "flag"


def test_all_faults_are_reported_at_once_each_naming_its_variable(
    tmp_path: Path,
) -> None:
    found = faults(
        http_addr="8686",
        ntfy_timezone="Mars/Olympus",
        retention_days="-1",
        tls_cert=str(Path(__file__)),
        ntfy_hosts="push.example.com",
        bark_hosts="Push.example.com",
    )
    assert [line.partition(" ")[0] for line in found] == [
        "PUSHGO_HTTP_ADDR",
        "PUSHGO_NTFY_TIMEZONE",
        "PUSHGO_RETENTION_DAYS",
        "PUSHGO_BARK_HOSTS",
        "PUSHGO_TLS_KEY",
    ]


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:8686", "::1", 8686),
        ("localhost:0", "localhost", 0),
        (":8686", "0.0.0.0", 8686),
    ],
)
def test_addresses_are_host_and_port(text: str, host: str, port: int) -> None:
    assert load(http_addr=text).http_addr == (host, port)


@pytest.mark.parametrize("text", ["localhost", "::1:80", "h:65536", "h:", "[::1]"])
def test_an_address_that_is_none_is_a_fault(text: str) -> None:
    assert faults(http_addr=text)[0].startswith("PUSHGO_HTTP_ADDR must be host:port")


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:///data/p.db", Path("data/p.db")),
        ("sqlite:////data/p.db", Path("/data/p.db")),
    ],
)
def test_three_slashes_are_relative_and_four_absolute(url: str, path: Path) -> None:
    config = load_config(StoreConfig, {"db_url": url})
    assert config.db_url == SqlitePlace(path)
    assert str(config.db_url) == url


def test_attachments_lie_beside_the_store_unless_told_otherwise(
    tmp_path: Path,
) -> None:
    (tmp_path / "data").mkdir()
    for url in ("sqlite:///data/p.db", f"sqlite:///{tmp_path}/data/p.db"):
        config = load(db_url=url)
        assert config.db_url.folder is not None
        assert config.attachment_dir == config.db_url.folder / "attachments"


@pytest.mark.parametrize(
    "url", ["sqlite:///", "sqlite://p.db", "p.db", "mysql://h/p", "sqlite:///data/"]
)
def test_a_store_that_is_no_sqlite_file_is_a_fault(url: str) -> None:
    assert faults(db_url=url) == (
        "PUSHGO_DB_URL must be sqlite:///file or sqlite:////absolute/file",
    )


def test_an_empty_attachment_dir_turns_attachments_off() -> None:
    assert load(attachment_dir="").attachment_dir is None
    assert load(attachment_dir="files").attachment_dir == Path("files")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("1", 1),
        ("4096", 4096),
        ("15M", 15 * 1024**2),
        ("15 mb", 15 * 1024**2),
        ("2k", 2048),
        ("5GiB", 5 * 1024**3),
    ],
)
def test_sizes_are_bytes_or_have_a_unit(text: str, size: int) -> None:
    assert load(attachment_file_limit=text).attachment_file_limit == size


@pytest.mark.parametrize(
    ("text", "duration_s"),
    [("90s", 90), ("45m", 2700), ("3h", 10_800), ("1.5H", 5400), ("7d", 604_800)],
)
def test_durations_have_a_unit(text: str, duration_s: float) -> None:
    assert load(attachment_expiry=text).attachment_expiry == duration_s


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PUSHGO_HTTP_ADDR", "")
    monkeypatch.setenv("PUSHGO_TOKEN", " ")
    config = load()
    assert config.http_addr.port == 8686
    assert config.token is None


def test_lists_are_split_at_commas_lowered_and_freed_of_repeats() -> None:
    config = load(
        serverchan_hosts="SCTAPI.ftqq.com, *.push.ft07.com,,sctapi.ftqq.com",
        trusted_proxies="10.0.0.1/8, ::1",
    )
    assert config.of(Source.SERVERCHAN).hosts == ("sctapi.ftqq.com", "*.push.ft07.com")
    assert config.trusted_proxies == (
        ipaddress.ip_network("10.0.0.0/8"),
        ipaddress.ip_network("::1/128"),
    )


@pytest.mark.parametrize(
    "hosts", ["push.example.com:80", "a.*.com", "*", "http://push", "a b"]
)
def test_a_host_name_that_is_none_is_a_fault(hosts: str) -> None:
    assert faults(ntfy_hosts=hosts)[0].startswith("PUSHGO_NTFY_HOSTS")


def test_two_listeners_cannot_share_an_address() -> None:
    (fault,) = faults(bark_addr="127.0.0.1:8686")
    assert (
        fault == "PUSHGO_BARK_ADDR must not repeat 127.0.0.1:8686 of PUSHGO_HTTP_ADDR"
    )
    config = load(http_addr="127.0.0.1:0", bark_addr="127.0.0.1:0")
    assert config.of(Source.BARK).addr


def test_the_e_mail_door_needs_a_domain_and_its_extra(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (fault,) = faults(smtp_addr="127.0.0.1:25")
    assert fault == "PUSHGO_SMTP_DOMAIN must be set, as PUSHGO_SMTP_ADDR is"
    (fault,) = faults(smtp_prefix="ntfy-")
    assert fault == "PUSHGO_SMTP_ADDR must be set, as PUSHGO_SMTP_PREFIX is"
    assert load(smtp_addr="127.0.0.1:25", smtp_domain="Push.Test.").smtp_domain == (
        "push.test"
    )
    (fault,) = faults(smtp_addr="127.0.0.1:8686", smtp_domain="push.test")
    assert "must not repeat 127.0.0.1:8686" in fault
    monkeypatch.setattr(contradictions, "find_spec", lambda _name: None)
    (fault,) = faults(smtp_addr="127.0.0.1:25", smtp_domain="push.test")
    assert fault == (
        "PUSHGO_SMTP_ADDR needs an extra: pip install 'pushgo-compat[smtp]'"
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("token_on_dialects", "maybe"),
        ("bark_max_batch", "0"),
        ("bark_max_batch", "many"),
        ("retention_days", "nan"),
        ("retention_days", "inf"),
        ("rate_limit", "0"),
        ("public_base_url", "push.example.com"),
        ("public_base_url", "http://[::1"),
        ("trusted_proxies", "10.0.0.0/33"),
        ("attachment_file_limit", "0"),
        ("attachment_file_limit", "15 apples"),
        ("attachment_total_limit", "-1G"),
        ("attachment_channel_limit", "1.5G"),
        ("attachment_expiry", "3"),
        ("attachment_expiry", "0h"),
        ("attachment_expiry", "for ever"),
        ("tls_key", "/nowhere/key.pem"),
        ("log_format", "xml"),
        ("log_level", "loud"),
        ("ntfy_timezone", "../etc/passwd"),
        ("smtp_domain", "*.example.com"),
        ("smtp_domain", "a b"),
        ("smtp_prefix", "a+b"),
        ("smtp_prefix", "longer-than-ten"),
    ],
)
def test_a_value_out_of_its_range_is_a_fault(field: str, text: str) -> None:
    (fault,) = faults(**{field: text})
    assert fault.startswith(f"PUSHGO_{field.upper()} must be") or "TLS" in fault


def test_numbers_switches_and_words_are_read() -> None:
    config = load(
        rate_limit="2.5",
        retention_days="0.5",
        bark_rejoin_iv="Yes",
        log_format="JSON",
        ntfy_timezone="Asia/Shanghai",
        public_base_url="https://push.example.com/",
    )
    assert config.rate_limit == 2.5
    assert config.retention_days == 0.5
    assert config.of(Source.BARK).options["rejoin_iv"]
    assert config.log_format is LogFormat.JSON
    assert str(config.of(Source.NTFY).options["timezone"]) == "Asia/Shanghai"
    assert config.public_base_url == "https://push.example.com"
    assert load(rate_limit="off").rate_limit is None


def test_secrets_show_neither_in_repr_nor_in_faults() -> None:
    config = load(
        token="tokensecret",
        bark_user="u",
        bark_password="barksecret",
        secret_key="keysecret" * 3,
    )
    assert "secret" not in repr(config).replace("secret_key", "")
    (fault,) = faults(secret_key="shortsecret")
    assert fault == "PUSHGO_SECRET_KEY must be at least 16 bytes long"


def test_secret_settings_have_no_flag() -> None:
    secret = {row.variable for row in settings_of(Config, TRAITS) if row.secret}
    assert secret == {
        "PUSHGO_SECRET_KEY",
        "PUSHGO_DB_LISTEN_URL",
        "PUSHGO_TOKEN",
        "PUSHGO_ADMIN_TOKEN",
        "PUSHGO_BARK_PASSWORD",
        "PUSHGO_NTFY_UPSTREAM_TOKEN",
    }


def test_a_command_on_the_store_ignores_faults_of_the_servers_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUSHGO_HTTP_ADDR", "nonsense")
    assert str(load_config(StoreConfig, {}).db_url) == "sqlite:///pushgo-compat.db"
