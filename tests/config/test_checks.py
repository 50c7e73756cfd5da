"""Settings looked at beside the world: unknown names, halves, places that do not do."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

import adapters
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config, StoreConfig, delivery_age_s
from pushgo_compat.config.loading import COMMAND_VARIABLES, ConfigError, load_config
from tests.dialects import TRAITS
from tests.tls import self_signed


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("PUSHGO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def faults(**flags: str) -> tuple[str, ...]:
    """What is wrong with these settings; nothing is an empty tuple."""
    try:
        load_config(Config, flags, TRAITS)
    except ConfigError as error:
        return error.faults
    return ()


# --------------------------------------------------------------------- unknown names


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("PUSHGO_HTP_ADDR", "PUSHGO_HTTP_ADDR"),
        ("PUSHGO_HTTP_ADRESS", "PUSHGO_HTTP_ADDR"),
        ("PUSHGO_NTFY_HOST", "PUSHGO_NTFY_HOSTS"),
        ("PUSHGO_DBURL", "PUSHGO_DB_URL"),
        ("PUSHGO_TRUSTED_PROXY", "PUSHGO_TRUSTED_PROXIES"),
        ("PUSHGO_BARK_PASSWORT", "PUSHGO_BARK_PASSWORD"),
        ("PUSHGO_ALIAS_KEYS", "PUSHGO_ALIAS_KEY"),
    ],
)
def test_an_unknown_name_is_a_fault_with_the_nearest_known_one(
    monkeypatch: pytest.MonkeyPatch, name: str, nearest: str
) -> None:
    monkeypatch.setenv(name, "verysecret")
    (fault,) = faults()
    assert fault.startswith(f"{name} is no setting; the nearest is {nearest} (")
    assert "verysecret" not in fault


@pytest.mark.parametrize("config", [Config, StoreConfig])
def test_an_unknown_name_in_the_env_file_is_a_fault_for_every_command(
    config: type[StoreConfig],
) -> None:
    Path(".env").write_text("PUSHGO_DB_ULR=sqlite:///other.db\nOTHER=1\n")
    with pytest.raises(ConfigError) as caught:
        load_config(config, {}, TRAITS)
    assert "PUSHGO_DB_URL" in caught.value.faults[0]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUSHGO_SERVICE_HOST", "10.0.0.1"),
        ("PUSHGO_SERVICE_PORT", "8686"),
        ("PUSHGO_SERVICE_PORT_HTTP", "8686"),
        ("PUSHGO_PORT", "tcp://10.0.0.1:8686"),
        ("PUSHGO_PORT_8686_TCP", "tcp://10.0.0.1:8686"),
        ("PUSHGO_PORT_8686_TCP_ADDR", "10.0.0.1"),
        ("PUSHGO_COMPAT_SERVICE_HOST", "10.0.0.1"),
        ("PUSHGO_COMPAT_SERVICE_PORT_NTFY", "8687"),
        ("PUSHGO_COMPAT_PORT", "tcp://10.0.0.1:8686"),
        ("PUSHGO_COMPAT_PORT_8686_TCP_PROTO", "tcp"),
        ("PUSHGO_COMPAT_PORT_53_UDP", "udp://10.0.0.1:53"),
    ],
)
def test_what_a_container_platform_injects_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert faults() == ()


@pytest.mark.parametrize("name", ["PUSHGO_COMPAT_PORT", "PUSHGO_SERVICE_HOSTS"])
def test_what_only_looks_injected_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "8686")
    assert len(faults()) == 1


def test_every_secret_of_a_command_is_a_known_name() -> None:
    def variables(command: click.Command) -> Iterator[str]:
        for parameter in command.params:
            if isinstance(parameter.envvar, str):
                yield parameter.envvar
        for inner in getattr(command, "commands", {}).values():
            yield from variables(inner)

    assert set(variables(build_cli(lambda config: 0, adapters.DIALECTS))) == set(
        COMMAND_VARIABLES
    )


# ------------------------------------------------------------------------ half a pair


@pytest.mark.parametrize(
    ("flags", "missing", "given"),
    [
        ({"bark_user": "u"}, "PUSHGO_BARK_PASSWORD", "PUSHGO_BARK_USER"),
        ({"bark_password": "p"}, "PUSHGO_BARK_USER", "PUSHGO_BARK_PASSWORD"),
        ({"token_on_dialects": "true"}, "PUSHGO_TOKEN", "PUSHGO_TOKEN_ON_DIALECTS"),
        ({"tls_cert": __file__}, "PUSHGO_TLS_KEY", "PUSHGO_TLS_CERT"),
        ({"tls_key": __file__}, "PUSHGO_TLS_CERT", "PUSHGO_TLS_KEY"),
    ],
)
def test_half_of_a_pair_is_a_fault_that_names_the_other_half(
    flags: dict[str, str], missing: str, given: str
) -> None:
    assert faults(**flags) == (f"{missing} must be set, as {given} is",)


def test_whole_pairs_are_fine() -> None:
    assert faults(bark_user="u", bark_password="p") == ()
    assert faults(token_on_dialects="true", token="t") == ()
    assert faults(token="t") == ()


# ----------------------------------------------------------------------- certificates


def test_a_certificate_that_fits_its_key_is_fine(tmp_path: Path) -> None:
    cert, key, _ = self_signed(tmp_path)
    assert faults(tls_cert=str(cert), tls_key=str(key)) == ()


def test_the_key_of_another_certificate_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    cert, _, _ = self_signed(tmp_path)
    _, key, _ = self_signed(tmp_path / "other")
    assert faults(tls_cert=str(cert), tls_key=str(key)) == (
        "PUSHGO_TLS_KEY must be the key of the certificate",
    )


def test_a_key_with_a_passphrase_is_a_fault_and_nobody_is_asked(
    tmp_path: Path,
) -> None:
    cert, key, _ = self_signed(tmp_path)
    locked = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"passphrase"),
    )
    key.write_bytes(locked)
    assert faults(tls_cert=str(cert), tls_key=str(key)) == (
        "PUSHGO_TLS_KEY must be a private key without a passphrase",
    )


def test_files_that_hold_no_certificate_or_key_are_faults(tmp_path: Path) -> None:
    cert, key, _ = self_signed(tmp_path)
    text = tmp_path / "notes.txt"
    text.write_text("notes")
    assert faults(tls_cert=str(text), tls_key=str(key)) == (
        "PUSHGO_TLS_CERT must hold a certificate in PEM",
    )
    assert faults(tls_cert=str(key), tls_key=str(key)) == (
        "PUSHGO_TLS_CERT must hold a certificate in PEM",
    )
    for wrong in (text, cert):
        assert faults(tls_cert=str(cert), tls_key=str(wrong)) == (
            "PUSHGO_TLS_KEY must hold a private key in PEM",
        )


# ---------------------------------------------------------------------------- folders


def test_a_store_in_no_folder_is_a_fault_and_none_is_made() -> None:
    (fault,) = faults(db_url="sqlite:///new/folder/store.db")
    assert fault == (
        "PUSHGO_DB_URL must be in a folder that can be written:"
        f" {Path('new/folder').absolute()} does not exist"
    )
    assert list(Path().iterdir()) == []


def test_a_folder_that_takes_no_file_is_a_fault() -> None:
    Path("file").write_text("")
    (fault,) = faults(db_url="sqlite:///file/store.db")
    assert fault.endswith(f"{Path('file').absolute()} is no folder")
    (fault,) = faults(attachment_dir="file")
    assert fault.startswith("PUSHGO_ATTACHMENT_DIR must be a folder")
    (fault,) = faults(attachment_dir="file/below")
    assert fault.endswith(f"cannot be made: {Path('file').absolute()} is no folder")
    (fault,) = faults(attachment_dir="/proc/attachments")
    assert fault.startswith("PUSHGO_ATTACHMENT_DIR must be a folder")
    assert faults(attachment_dir="uploads") == faults(attachment_dir="") == ()
    assert [path.name for path in Path().iterdir()] == ["file"]


def test_every_kind_of_fault_is_reported_at_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    cert, _, _ = self_signed(tmp_path)
    _, key, _ = self_signed(tmp_path / "other")
    monkeypatch.setenv("PUSHGO_HTP_ADDR", "x")
    found = faults(
        ntfy_addr="8686",
        bark_user="u",
        db_url="sqlite:////nowhere/store.db",
        attachment_dir=__file__,
        tls_cert=str(cert),
        tls_key=str(key),
    )
    assert [fault.split()[0] for fault in found] == [
        "PUSHGO_HTP_ADDR",
        "PUSHGO_NTFY_ADDR",
        "PUSHGO_BARK_PASSWORD",
        "PUSHGO_DB_URL",
        "PUSHGO_ATTACHMENT_DIR",
        "PUSHGO_TLS_KEY",
    ]


# ------------------------------------------------------------------------- delivery


def test_a_delivery_cannot_wait_longer_than_its_message_is_kept() -> None:
    (fault,) = faults(delivery_max_age="2d", retention_days="1")
    assert fault.startswith("PUSHGO_DELIVERY_MAX_AGE must not be longer")
    assert faults(delivery_max_age="1d", retention_days="1") == ()


@pytest.mark.parametrize(
    ("given", "age_s"),
    [
        ({}, 86_400),
        ({"retention_days": "0.5"}, 43_200),
        ({"delivery_max_age": "90s"}, 90),
    ],
)
def test_a_delivery_waits_a_day_unless_messages_are_kept_for_less(
    given: dict[str, str], age_s: float
) -> None:
    assert delivery_age_s(load_config(Config, given)) == age_s


@pytest.mark.parametrize("subject", ["you@example.com", "mailto:", "http://x.example"])
def test_a_push_service_s_contact_is_an_address(subject: str) -> None:
    (fault,) = faults(webpush_subject=subject)
    assert fault.startswith("PUSHGO_WEBPUSH_SUBJECT must be mailto:")


def test_an_upstream_s_token_alone_means_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PUSHGO_NTFY_UPSTREAM_TOKEN", "tk_x")
    (fault,) = faults()
    assert fault.startswith("PUSHGO_NTFY_UPSTREAM_URL must be set")


def test_a_folder_of_templates_must_be_there_and_readable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (fault,) = faults(ntfy_template_dir="nowhere")
    assert fault == (
        "PUSHGO_NTFY_TEMPLATE_DIR must name a folder that exists and can be read"
    )
    assert faults(ntfy_template_dir=str(tmp_path)) == ()
    monkeypatch.setattr("adapters.ntfy.templates.files.yaml", None)
    (fault,) = faults(ntfy_template_dir=str(tmp_path))
    assert "the extra [templates]" in fault
