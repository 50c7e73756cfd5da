"""The operator's settings: the environment, a ``.env`` file, flags → one ``Config``.

The classes below are the table of settings. The environment's names, the flags of
``serve`` and their help are all made from it.
"""

from __future__ import annotations

import dataclasses
import enum
import os
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from dotenv import dotenv_values

from pushgo_compat.config_checks import (
    certificate_fault,
    folder_fault,
    new_folder_fault,
    unknown_names,
)
from pushgo_compat.settings import (
    Address,
    Network,
    StoreUrl,
    comma_list,
    optional,
    parse_address,
    parse_amount,
    parse_base_url,
    parse_contact,
    parse_count,
    parse_duration,
    parse_file,
    parse_host_pattern,
    parse_network,
    parse_rate,
    parse_secret_key,
    parse_size,
    parse_store_url,
    parse_switch,
    parse_text,
    parse_timezone,
    word_of,
)

T = TypeVar("T")
S = TypeVar("S", bound="StoreConfig")

_KEY = "setting"
_ATTACHMENTS = "attachments"
_S_A_DAY = 86_400
_ADDRESSES = ("http_addr", "ntfy_addr", "bark_addr", "serverchan_addr")
_HOSTS = ("ntfy_hosts", "bark_hosts", "serverchan_hosts")
_PAIRS = (("bark_user", "bark_password"), ("tls_cert", "tls_key"))
"""Settings of which neither means anything without the other."""
_NEEDS = (
    ("token_on_dialects", "token"),
    ("ntfy_upstream_token", "ntfy_upstream_url"),
)
"""A setting, and the one without which it means nothing."""
COMMAND_VARIABLES = {
    "PUSHGO_CHANNEL_PASSWORD": "the password of channel create",
    "PUSHGO_ALIAS_KEY": "the key of alias add and remove",
    "PUSHGO_ALIAS_CREDENTIAL": "an old login of alias add",
}
"""Secrets of one command, which no setting is made of."""


class LogFormat(enum.StrEnum):
    """For whom the log is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(enum.StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ConfigError(Exception):
    """Everything that is wrong with the settings, one line a fault."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Setting(NamedTuple):
    """One row of the table."""

    field: str
    parse: Callable[[str], object]
    help: str
    default: str
    empty_means_off: bool
    """Empty text is a value here; elsewhere it counts as unset."""
    secret: bool
    """No flag, as flags show in the list of processes; not in ``repr`` either."""

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return _variable(self.field)

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.field.replace('_', '-')}"


def setting(
    parse: Callable[[str], T],
    help: str,
    *,
    default: str = "",
    empty_means_off: bool = False,
    secret: bool = False,
) -> T:
    """Declare a field of a config: how to read it, and what stands in when unset."""
    row = Setting("", parse, help, default, empty_means_off, secret)
    declared: object = dataclasses.field(
        default_factory=lambda: parse(default),
        repr=not secret,
        metadata={_KEY: row},
    )
    return cast("T", declared)  # to a reader, and to mypy, the field has its value


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """What every command needs: where the store is, and the key to its hashes."""

    db_url: StoreUrl = setting(
        parse_store_url,
        "the store; three slashes: below the working folder, four: absolute",
        default="sqlite:///pushgo-compat.db",
    )
    secret_key: str | None = setting(
        optional(parse_secret_key),
        "keys the hashes of aliases and unknown keys; unset: a file beside the store",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(StoreConfig):
    """Everything that ``serve`` can be told."""

    http_addr: Address = setting(
        parse_address,
        "main listener: native API, /ntfy, /bark, /serverchan",
        default="127.0.0.1:8686",
    )
    ntfy_addr: Address | None = setting(
        optional(parse_address), "a listener with ntfy at its root"
    )
    bark_addr: Address | None = setting(
        optional(parse_address), "a listener with Bark at its root"
    )
    serverchan_addr: Address | None = setting(
        optional(parse_address), "a listener with ServerChan at its root"
    )
    ntfy_hosts: tuple[str, ...] = setting(
        comma_list(parse_host_pattern), "host names with ntfy at their root, commas"
    )
    bark_hosts: tuple[str, ...] = setting(
        comma_list(parse_host_pattern), "host names with Bark at their root, commas"
    )
    serverchan_hosts: tuple[str, ...] = setting(
        comma_list(parse_host_pattern),
        "host names with ServerChan at their root, commas (*.push.ft07.com works)",
    )
    attachment_dir: Path | None = setting(
        optional(Path),
        "files of the ntfy dialect; unset: attachments beside the store; empty: off",
        default=_ATTACHMENTS,
        empty_means_off=True,
    )
    attachment_file_limit: int = setting(
        parse_size, "largest file, in bytes, or with K, M, G", default="15M"
    )
    attachment_channel_limit: int = setting(
        parse_size, "most bytes of files in one channel", default="100M"
    )
    attachment_total_limit: int = setting(
        parse_size, "most bytes of files in all channels", default="5G"
    )
    attachment_expiry: float = setting(
        parse_duration, "how long files are kept: 90s, 45m, 3h, 7d", default="3h"
    )
    token: str | None = setting(
        optional(parse_text), "gateway token, asked of native calls", secret=True
    )
    token_on_dialects: bool = setting(
        parse_switch, "ask old clients for the gateway token as well", default="false"
    )
    bark_user: str = setting(parse_text, "Basic auth of the Bark dialect: user")
    bark_password: str = setting(
        parse_text, "Basic auth of the Bark dialect: password", secret=True
    )
    bark_max_batch: int = setting(
        parse_count, "most device_keys in one Bark call", default="1000"
    )
    bark_rejoin_iv: bool = setting(
        parse_switch,
        "join the iv to Bark's AES-GCM ciphertexts, so that native clients open them",
        default="false",
    )
    ntfy_timezone: zoneinfo.ZoneInfo | None = setting(
        optional(parse_timezone), "zone for delays such as 8pm; unset: the system's"
    )
    rate_limit: float | None = setting(
        parse_rate, "requests a second per key and per address", default="off"
    )
    public_base_url: str | None = setting(
        optional(parse_base_url), "address used in links; unset: from the request"
    )
    tls_cert: Path | None = setting(
        optional(parse_file), "PEM certificate: then every listener speaks TLS"
    )
    tls_key: Path | None = setting(
        optional(parse_file), "PEM private key of the certificate"
    )
    retention_days: float = setting(
        parse_amount, "days that messages, receipts and op_ids are kept", default="7"
    )
    trusted_proxies: tuple[Network, ...] = setting(
        comma_list(parse_network), "networks whose X-Forwarded-* headers count, commas"
    )
    bark_apns_key_file: Path | None = setting(
        optional(parse_file),
        "Apple's key of the Bark project (.p8): delivery to Bark's own app",
    )
    bark_apns_key_id: str = setting(parse_text, "id of that key", default="LH4T9V5U4R")
    bark_apns_team_id: str = setting(
        parse_text, "team of that key", default="5U8LBRXG3A"
    )
    bark_apns_topic: str = setting(
        parse_text, "bundle id of Bark's app", default="me.fin.bark"
    )
    bark_apns_endpoint: str = setting(
        parse_base_url, "Apple's push service", default="https://api.push.apple.com"
    )
    ntfy_upstream_url: str | None = setting(
        optional(parse_base_url), "wakes ntfy's iPhone app: https://ntfy.sh"
    )
    ntfy_upstream_token: str | None = setting(
        optional(parse_text), "access token of that server", secret=True
    )
    webpush_subject: str | None = setting(
        optional(parse_contact),
        "mailto: or https: address for push services; unset: an https base URL",
    )
    webpush_allow_private: tuple[Network, ...] = setting(
        comma_list(parse_network), "private networks that push services may be in"
    )
    delivery_max_age: float | None = setting(
        optional(parse_duration),
        "when a delivery that waits expires; unset: 24h, or the retention if shorter",
    )
    delivery_rate: float = setting(
        parse_amount, "most deliveries started a second", default="400"
    )
    delivery_allow_private: tuple[Network, ...] = setting(
        comma_list(parse_network), "private networks that webhooks may lead to"
    )
    outbox_limit: int = setting(
        parse_count,
        "waiting deliveries beyond which new messages are refused",
        default="1000000",
    )
    log_format: LogFormat = setting(
        word_of(LogFormat), "text for people, json for machines", default="text"
    )
    log_level: LogLevel = setting(
        word_of(LogLevel), "debug, info, warning or error", default="info"
    )


def delivery_age_s(config: Config) -> float:
    """How long a delivery may wait."""
    if config.delivery_max_age is not None:
        return config.delivery_max_age
    return min(_S_A_DAY, config.retention_days * _S_A_DAY)


def settings_of(config: type[StoreConfig]) -> tuple[Setting, ...]:
    """The rows of a config's table, in order."""
    return tuple(
        field.metadata[_KEY]._replace(field=field.name)
        for field in dataclasses.fields(config)
    )


def load_config(config: type[S], flags: Mapping[str, str | None]) -> S:
    """Read the settings: a flag wins over the environment, that over ``.env``.

    ``flags`` maps names of fields to what the command line says, None for nothing.
    Raises ConfigError with all faults at once.
    """
    environment = _environment()
    values: dict[str, object] = {}
    faults: dict[str, str] = {}
    for row in settings_of(config):
        flag = flags.get(row.field)
        given = environment.get(row.variable) if flag is None else flag
        if given is None or not (given.strip() or row.empty_means_off):
            continue
        try:
            values[row.field] = row.parse(given.strip())
        except ValueError as fault:
            faults[row.field] = f"{row.variable} {fault}"
    loaded = _build(config, values)
    if isinstance(loaded, Config):
        values.setdefault("attachment_dir", loaded.db_url.beside(_ATTACHMENTS))
        loaded = _build(config, values)
    found = [*unknown_names(environment, _known_names()), *faults.values()]
    if isinstance(loaded, Config):
        found += _contradictions(loaded, frozenset(faults))
    if found:
        raise ConfigError(tuple(found))
    return loaded


def _environment() -> dict[str, str]:
    """The variables of the process, and those of a ``.env`` file in its folder."""
    lines = dotenv_values(Path.cwd() / ".env").items()
    written = {name: value for name, value in lines if value is not None}
    return {**written, **os.environ}


def _known_names() -> dict[str, str]:
    """Every variable that means something to any command, and what."""
    return {row.variable: row.help for row in settings_of(Config)} | COMMAND_VARIABLES


def _build(config: type[S], values: Mapping[str, Any]) -> S:
    """Values parsed by the fields' own parsers have the fields' types."""
    return config(**values)


def _contradictions(config: Config, broken: frozenset[str]) -> list[str]:
    """Settings that are legal one by one, and cannot stand together or be used."""
    return [
        *_claimed_twice(config, _ADDRESSES),
        *_claimed_twice(config, _HOSTS),
        *_half_set(config, broken),
        *_too_old(config, broken),
        *_unusable(config, broken),
    ]


def _half_set(config: Config, broken: frozenset[str]) -> list[str]:
    """What is set, and means nothing without another setting."""
    both_ways = [*_PAIRS, *((second, first) for first, second in _PAIRS)]
    return [
        f"{_variable(other)} must be set, as {_variable(field)} is"
        for field, other in (*both_ways, *_NEEDS)
        if getattr(config, field)
        and not getattr(config, other)
        and not broken & {field, other}
    ]


def _too_old(config: Config, broken: frozenset[str]) -> list[str]:
    """A delivery cannot wait for longer than its message is kept."""
    age_s, kept_s = config.delivery_max_age, config.retention_days * _S_A_DAY
    if age_s is None or age_s <= kept_s or "retention_days" in broken:
        return []
    return [
        "PUSHGO_DELIVERY_MAX_AGE must not be longer than PUSHGO_RETENTION_DAYS:"
        " messages would be gone before they are sent"
    ]


def _unusable(config: Config, broken: frozenset[str]) -> list[str]:
    """Files and folders that are there, and do not do."""
    found: list[str] = []
    folder = config.db_url.path.parent
    fault = None if "db_url" in broken else folder_fault(folder)
    if fault:
        found.append(
            "PUSHGO_DB_URL must be in a folder that can be written:"
            f" {folder.absolute()} {fault}"
        )
    uploads = config.attachment_dir
    if uploads and not (fault and uploads.parent == folder):
        fault = new_folder_fault(uploads)
        if fault:
            found.append(
                "PUSHGO_ATTACHMENT_DIR must be a folder that can be written:"
                f" {uploads.absolute()} {fault}"
            )
    if config.tls_cert and config.tls_key:
        unfit = certificate_fault(config.tls_cert, config.tls_key)
        if unfit:
            found.append(f"{_variable(f'tls_{unfit[0]}')} {unfit[1]}")
    return found


def _variable(field: str) -> str:
    """The name in the environment of a field of ``Config``."""
    return f"PUSHGO_{field.upper()}"


def _claimed_twice(config: Config, fields: tuple[str, ...]) -> list[str]:
    """Listeners or host names given to two owners; one root has one dialect."""
    found: list[str] = []
    owners: dict[object, str] = {}
    for field in fields:
        value = getattr(config, field)
        variable = _variable(field)
        for claim in (value,) if isinstance(value, Address) else value or ():
            if isinstance(claim, Address) and claim.port == 0:
                continue  # any free port: never the same one
            owner = owners.setdefault(claim, variable)
            if owner != variable:
                found.append(f"{variable} must not repeat {claim} of {owner}")
    return found
