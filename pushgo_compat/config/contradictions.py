"""Settings that are legal one by one and contradict each other, or the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from importlib.util import find_spec
from typing import Any

from pushgo_compat.config.checks import (
    certificate_fault,
)
from pushgo_compat.config.config import S_A_DAY, Config
from pushgo_compat.config.dialects import ADDR, HOSTS, Dialects, field_of
from pushgo_compat.config.setting import variable_of
from pushgo_compat.settings import Address
from pushgo_compat.storage.folders import new_folder_fault

_NEEDS = (
    ("tls_cert", "tls_key"),
    ("tls_key", "tls_cert"),
    ("https_addr", "tls_cert"),
    ("token_on_dialects", "token"),
    ("ntfy_upstream_token", "ntfy_upstream_url"),
    ("smtp_addr", "smtp_domain"),
    ("smtp_domain", "smtp_addr"),
    ("smtp_prefix", "smtp_addr"),
)
"""A setting, and the one without which it means nothing."""


def contradictions(
    config: Config,
    values: Mapping[str, Any],
    broken: AbstractSet[str],
    dialects: Dialects,
) -> list[str]:
    """Find settings that are legal one by one and contradict each other."""
    addresses = [
        "http_addr",
        "https_addr",
        "metrics_addr",
        "admin_addr",
        "smtp_addr",
        *(field_of(source, ADDR) for source in dialects),
    ]
    hosts = [field_of(source, HOSTS) for source in dialects]
    return [
        *_claimed_twice(values, addresses),
        *_claimed_twice(values, hosts),
        *_half_set(values, broken, dialects),
        *_too_old(config, broken),
        *_without_extra(config),
        *_unusable(config, broken),
    ]


def _half_set(
    values: Mapping[str, Any], broken: AbstractSet[str], dialects: Dialects
) -> list[str]:
    """Find settings that mean nothing without another one, which is unset."""
    own = (
        (field_of(source, row.name), field_of(source, row.needs))
        for source, traits in dialects.items()
        for row in traits.settings
        if row.needs is not None
    )
    return [
        f"{variable_of(other)} must be set, as {variable_of(field)} is"
        for field, other in (*own, *_NEEDS)
        if values[field] and not values[other] and not broken & {field, other}
    ]


def _too_old(config: Config, broken: AbstractSet[str]) -> list[str]:
    """A delivery cannot wait for longer than its message is kept."""
    age_s, kept_s = config.delivery_max_age, config.retention_days * S_A_DAY
    if age_s is None or age_s <= kept_s or "retention_days" in broken:
        return []
    return [
        "PUSHGO_DELIVERY_MAX_AGE must not be longer than PUSHGO_RETENTION_DAYS:"
        " messages would be gone before they are sent"
    ]


def _without_extra(config: Config) -> list[str]:
    """Find what needs a library that the base installation leaves out."""
    if config.smtp_addr is None or find_spec("aiosmtpd") is not None:
        return []
    return ["PUSHGO_SMTP_ADDR needs an extra: pip install 'pushgo-compat[smtp]'"]


def _unusable(config: Config, broken: AbstractSet[str]) -> list[str]:
    """Find files and folders that exist and cannot be used."""
    found: list[str] = []
    fault = None if "db_url" in broken else config.db_url.fault()
    if fault:
        found.append(f"PUSHGO_DB_URL {fault}")
    uploads = config.attachment_dir
    if uploads and not (fault and uploads.parent == config.db_url.folder):
        fault = new_folder_fault(uploads)
        if fault:
            found.append(
                "PUSHGO_ATTACHMENT_DIR must be a folder that can be written:"
                f" {uploads.absolute()} {fault}"
            )
    if config.tls_cert and config.tls_key:
        unfit = certificate_fault(config.tls_cert, config.tls_key)
        if unfit:
            found.append(f"{variable_of(f'tls_{unfit[0]}')} {unfit[1]}")
    return found


def _claimed_twice(values: Mapping[str, Any], fields: Sequence[str]) -> list[str]:
    """Listeners or host names given to two owners; one root has one dialect."""
    found: list[str] = []
    owners: dict[object, str] = {}
    for field in fields:
        value = values[field]
        variable = variable_of(field)
        for claim in (value,) if isinstance(value, Address) else value or ():
            if isinstance(claim, Address) and claim.port == 0:
                continue  # any free port: never the same one
            owner = owners.setdefault(claim, variable)
            if owner != variable:
                found.append(f"{variable} must not repeat {claim} of {owner}")
    return found
