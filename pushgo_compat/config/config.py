"""The operator's settings: the environment, a ``.env`` file, flags → one ``Config``.

The classes below are the table of settings. The environment's names, the flags of
``serve`` and their help are all made from it.
"""

from __future__ import annotations

import dataclasses
import enum
import os
from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar, cast

from dotenv import dotenv_values

from pushgo_compat.config.checks import (
    certificate_fault,
    folder_fault,
    new_folder_fault,
    unknown_names,
)
from pushgo_compat.core.auth.secrets import MIN_SECRET_BYTES
from pushgo_compat.model import Source
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
    parse_size,
    parse_store_url,
    parse_switch,
    parse_text,
    word_of,
)
from pushgo_compat.traits import Traits

T = TypeVar("T")
S = TypeVar("S", bound="StoreConfig")

_KEY = "setting"
_ATTACHMENTS = "attachments"
_S_A_DAY = 86_400
_ADDR, _HOSTS = "addr", "hosts"
_NEEDS = (
    ("tls_cert", "tls_key"),
    ("tls_key", "tls_cert"),
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
    """The form of the log: for people or for machines."""

    TEXT = "text"
    JSON = "json"


class LogLevel(enum.StrEnum):
    """The least that is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class ConfigError(Exception):
    """The faults of the settings, one line each."""

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
    """Declare a field of a config: its parser, its help, its default."""
    row = Setting("", parse, help, default, empty_means_off, secret)
    declared: object = dataclasses.field(
        default_factory=lambda: parse(default),
        repr=not secret,
        metadata={_KEY: row},
    )
    return cast("T", declared)  # to a reader, and to mypy, the field has its value


def parse_secret_key(text: str) -> str:
    """Enough text to key a hash with."""
    if len(text.encode("utf-8", "surrogatepass")) < MIN_SECRET_BYTES:
        raise ValueError(f"must be at least {MIN_SECRET_BYTES} bytes long")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class DialectConfig:
    """What the operator says about one dialect."""

    addr: Address | None = None
    """A listener where it owns the root."""
    hosts: tuple[str, ...] = ()
    """Host names on the main listener where it owns the root."""
    options: Mapping[str, object] = dataclasses.field(default_factory=dict, repr=False)
    """Values of its own settings by their names; secrets among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreConfig:
    """The settings of every command: the store, and the secret key of its hashes."""

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


def _public_base_url() -> str | None:
    return setting(
        optional(parse_base_url), "address used in links; unset: from the request"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressConfig(StoreConfig):
    """The settings of commands that must know under which address clients call."""

    public_base_url: str | None = _public_base_url()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(StoreConfig):
    """All settings of ``serve``."""

    http_addr: Address = setting(
        parse_address,
        "main listener: native API, and each dialect under its own prefix",
        default="127.0.0.1:8686",
    )
    dialects: Mapping[Source, DialectConfig] = dataclasses.field(default_factory=dict)
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
    rate_limit: float | None = setting(
        parse_rate, "requests a second per key and per address", default="off"
    )
    public_base_url: str | None = _public_base_url()
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

    def of(self, source: Source) -> DialectConfig:
        """What is said about a dialect; nothing, where none was asked for."""
        return self.dialects.get(source) or DialectConfig()


def delivery_age_s(config: Config) -> float:
    """The longest time that a delivery waits, in seconds."""
    if config.delivery_max_age is not None:
        return config.delivery_max_age
    return min(_S_A_DAY, config.retention_days * _S_A_DAY)


Dialects = Mapping[Source, Traits]
"""The dialects that this program has, and their settings."""


def settings_of(
    config: type[StoreConfig], dialects: Dialects = MappingProxyType({})
) -> tuple[Setting, ...]:
    """The rows of a config's table, in order; those of the dialects after the first."""
    rows = [
        field.metadata[_KEY]._replace(field=field.name)
        for field in dataclasses.fields(config)
        if _KEY in field.metadata
    ]
    if issubclass(config, Config):
        place = [row.field for row in rows].index("http_addr") + 1
        rows[place:place] = _dialect_rows(dialects)
    return tuple(rows)


def _dialect_rows(dialects: Dialects) -> list[Setting]:
    """A listener and host names for each dialect, then what each has of its own."""

    def row(
        source: Source, name: str, parse: Callable[[str], object], text: str
    ) -> Setting:
        return Setting(_field(source, name), parse, text, "", False, False)

    return [
        *(
            row(
                source,
                _ADDR,
                optional(parse_address),
                f"a listener with {traits.name} at its root",
            )
            for source, traits in dialects.items()
        ),
        *(
            row(
                source,
                _HOSTS,
                comma_list(parse_host_pattern),
                f"host names with {traits.name} at their root, commas"
                " (*.push.example.com works)",
            )
            for source, traits in dialects.items()
        ),
        *(
            Setting(
                _field(source, own.name),
                own.parse,
                own.help,
                own.default,
                False,
                own.secret,
            )
            for source, traits in dialects.items()
            for own in traits.settings
        ),
    ]


def _field(source: Source, name: str) -> str:
    return f"{source}_{name}"


def dialect_configs(
    dialects: Dialects, values: Mapping[str, Any]
) -> dict[Source, DialectConfig]:
    """Values by the names of their rows (``bark_user``), put in order by dialect."""
    return {
        source: DialectConfig(
            addr=values.get(_field(source, _ADDR)),
            hosts=values.get(_field(source, _HOSTS), ()),
            options={
                own.name: values[_field(source, own.name)]
                for own in traits.settings
                if _field(source, own.name) in values
            },
        )
        for source, traits in dialects.items()
    }


def load_config(
    config: type[S],
    flags: Mapping[str, str | None],
    dialects: Dialects = MappingProxyType({}),
) -> S:
    """Read the settings: a flag wins over the environment, that over ``.env``.

    ``flags`` maps names of rows to what the command line says, None for nothing.
    Raises ConfigError with all faults at once.
    """
    environment = _environment()
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    rows = settings_of(config, dialects)
    for row in rows:
        flag = flags.get(row.field)
        given = environment.get(row.variable) if flag is None else flag
        if given is None or not (given.strip() or row.empty_means_off):
            continue
        try:
            values[row.field] = row.parse(given.strip())
        except ValueError as fault:
            faults[row.field] = f"{row.variable} {fault}"
    found = [*unknown_names(environment, _known_names(dialects)), *faults.values()]
    defaults = {row.field: row.parse(row.default) for row in rows}
    loaded = _build(config, defaults | values, dialects)
    if isinstance(loaded, Config):
        values.setdefault("attachment_dir", loaded.db_url.beside(_ATTACHMENTS))
        loaded = _build(config, defaults | values, dialects)
    if isinstance(loaded, Config):
        found += _contradictions(loaded, defaults | values, faults.keys(), dialects)
    if found:
        raise ConfigError(tuple(found))
    return loaded


def _environment() -> dict[str, str]:
    """The variables of the process, and those of a ``.env`` file in its folder."""
    lines = dotenv_values(Path.cwd() / ".env").items()
    written = {name: value for name, value in lines if value is not None}
    return {**written, **os.environ}


def _known_names(dialects: Dialects) -> dict[str, str]:
    """Every variable that any command reads, with its meaning."""
    rows = settings_of(Config, dialects)
    return {row.variable: row.help for row in rows} | COMMAND_VARIABLES


def _build(config: type[S], values: Mapping[str, Any], dialects: Dialects) -> S:
    """Values parsed by the fields' own parsers have the fields' types."""
    names = {field.name for field in dataclasses.fields(config)}
    own = {name: value for name, value in values.items() if name in names}
    if issubclass(config, Config):
        own["dialects"] = dialect_configs(dialects, values)
    return config(**own)


def _contradictions(
    config: Config,
    values: Mapping[str, Any],
    broken: AbstractSet[str],
    dialects: Dialects,
) -> list[str]:
    """Find settings that are legal one by one and contradict each other."""
    addresses = ["http_addr", *(_field(source, _ADDR) for source in dialects)]
    hosts = [_field(source, _HOSTS) for source in dialects]
    return [
        *_claimed_twice(values, addresses),
        *_claimed_twice(values, hosts),
        *_half_set(values, broken, dialects),
        *_too_old(config, broken),
        *_unusable(config, broken),
    ]


def _half_set(
    values: Mapping[str, Any], broken: AbstractSet[str], dialects: Dialects
) -> list[str]:
    """Find settings that mean nothing without another one, which is unset."""
    own = (
        (_field(source, row.name), _field(source, row.needs))
        for source, traits in dialects.items()
        for row in traits.settings
        if row.needs is not None
    )
    return [
        f"{_variable(other)} must be set, as {_variable(field)} is"
        for field, other in (*own, *_NEEDS)
        if values[field] and not values[other] and not broken & {field, other}
    ]


def _too_old(config: Config, broken: AbstractSet[str]) -> list[str]:
    """A delivery cannot wait for longer than its message is kept."""
    age_s, kept_s = config.delivery_max_age, config.retention_days * _S_A_DAY
    if age_s is None or age_s <= kept_s or "retention_days" in broken:
        return []
    return [
        "PUSHGO_DELIVERY_MAX_AGE must not be longer than PUSHGO_RETENTION_DAYS:"
        " messages would be gone before they are sent"
    ]


def _unusable(config: Config, broken: AbstractSet[str]) -> list[str]:
    """Find files and folders that exist and cannot be used."""
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


def _claimed_twice(values: Mapping[str, Any], fields: Sequence[str]) -> list[str]:
    """Listeners or host names given to two owners; one root has one dialect."""
    found: list[str] = []
    owners: dict[object, str] = {}
    for field in fields:
        value = values[field]
        variable = _variable(field)
        for claim in (value,) if isinstance(value, Address) else value or ():
            if isinstance(claim, Address) and claim.port == 0:
                continue  # any free port: never the same one
            owner = owners.setdefault(claim, variable)
            if owner != variable:
                found.append(f"{variable} must not repeat {claim} of {owner}")
    return found
