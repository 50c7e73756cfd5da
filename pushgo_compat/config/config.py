"""The table of settings: the fields of the configs below.

The environment's names, the flags of ``serve`` and their help are all made from it.
"""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pushgo_compat.config.setting import setting
from pushgo_compat.core.auth.key_forms import MAX_PASSWORD_CHARS
from pushgo_compat.core.auth.secrets import MIN_SECRET_BYTES
from pushgo_compat.core.auth.tokens.admin_token import MIN_TOKEN_CHARS
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.model import Source
from pushgo_compat.settings import (
    AccessLog,
    Address,
    Network,
    comma_list,
    optional,
    parse_address,
    parse_amount,
    parse_base_url,
    parse_contact,
    parse_count,
    parse_domain,
    parse_duration,
    parse_file,
    parse_mail_prefix,
    parse_network,
    parse_rate,
    parse_size,
    parse_switch,
    parse_text,
    parse_workers,
    word_of,
)
from pushgo_compat.storage import parse_listen_url, parse_store_url

ATTACHMENTS = "attachments"
S_A_DAY = 86_400


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

    db_url: StorePlace = setting(
        parse_store_url,
        "the store; three slashes: below the working folder, four: absolute; or"
        " postgresql://…",
        default="sqlite:///pushgo-compat.db",
    )
    secret_key: str | None = setting(
        optional(parse_secret_key),
        "keys the hashes of aliases and unknown keys; unset: a file beside the SQLite"
        " store",
        secret=True,
    )
    db_listen_url: str | None = setting(
        optional(parse_listen_url),
        "the same PostgreSQL past pgbouncer, for wake-ups; unset: a look every 5 s",
        secret=True,
    )


def parse_admin_token(text: str) -> str:
    """The operator's own token, 20-128 characters; blanks around it do not count."""
    token = text.strip()
    if not MIN_TOKEN_CHARS <= len(token) <= MAX_PASSWORD_CHARS:
        raise ValueError(
            f"must have {MIN_TOKEN_CHARS} to {MAX_PASSWORD_CHARS} characters"
        )
    return token


def _admin_token() -> str | None:
    return setting(
        optional(parse_admin_token),
        "token of the operator's pages; unset: admin-token makes one",
        secret=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminTokenConfig(StoreConfig):
    """The settings of the command that makes a token for the operator's pages."""

    admin_token: str | None = _admin_token()


def _public_base_url() -> str | None:
    return setting(
        optional(parse_base_url), "address used in links; unset: from the request"
    )


def _attachment_dir() -> Path | None:
    return setting(
        optional(Path),
        "files of the ntfy dialect; unset: attachments beside the store, or in"
        " PostgreSQL; empty: off",
        default=ATTACHMENTS,
        empty_means_off=True,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesConfig(StoreConfig):
    """The settings of commands that copy everything that is kept."""

    attachment_dir: Path | None = _attachment_dir()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyConfig(StoreConfig):
    """The settings of ``store copy``, which is told of both places."""

    attachment_dir: Path | None = _attachment_dir()
    files_as_usual: bool = False
    """Nothing is said of uploads: they lie beside each store, or in it."""


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
    smtp_addr: Address | None = setting(
        optional(parse_address),
        "the e-mail door: mail to TOPIC@DOMAIN becomes a message",
    )
    smtp_domain: str = setting(parse_domain, "the domain of its addresses")
    smtp_prefix: str = setting(parse_mail_prefix, "what stands before the topic: ntfy-")
    attachment_dir: Path | None = _attachment_dir()
    files_in_store: bool = False
    """The store takes files: it is no file, and no folder is named for them."""
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
    admin_token: str | None = _admin_token()
    rate_limit: float | None = setting(
        parse_rate, "requests a second per key and per address", default="off"
    )
    public_base_url: str | None = _public_base_url()
    https_addr: Address | None = setting(
        optional(parse_address),
        "one more address of the main listener, for TLS; all others stay plain then",
    )
    metrics_addr: Address | None = setting(
        optional(parse_address),
        "/metrics on a listener of its own, and no longer on the main one",
    )
    admin_addr: Address | None = setting(
        optional(parse_address),
        "the operator's pages on their own listener, and no longer on the main one",
    )
    access_log: AccessLog = setting(
        word_of(AccessLog),
        "which calls leave a line in the log: off, refused or all",
        default="refused",
    )
    tls_cert: Path | None = setting(
        optional(parse_file),
        "PEM certificate: then every listener speaks TLS, or PUSHGO_HTTPS_ADDR alone",
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
    workers: int = setting(
        parse_workers, "processes on the same listeners", default="1"
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
    return min(S_A_DAY, config.retention_days * S_A_DAY)
