"""The environment, a ``.env`` file, flags → one config, or all faults at once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from dotenv import dotenv_values

from pushgo_compat.config.checks import unknown_names
from pushgo_compat.config.config import (
    ATTACHMENTS,
    Config,
    CopyConfig,
    FilesConfig,
    StoreConfig,
)
from pushgo_compat.config.contradictions import contradictions
from pushgo_compat.config.dialects import Dialects, dialect_configs, dialect_rows
from pushgo_compat.config.setting import KEY, Setting
from pushgo_compat.storage import listening_at

S = TypeVar("S", bound=StoreConfig)

COMMAND_VARIABLES = {
    "PUSHGO_CHANNEL_PASSWORD": "the password of channel create",
    "PUSHGO_ALIAS_KEY": "the key of alias add and remove",
    "PUSHGO_ALIAS_CREDENTIAL": "an old login of alias add",
}
"""Secrets of one command, which no setting is made of."""


class ConfigError(Exception):
    """The faults of the settings, one line each."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def settings_of(
    config: type[StoreConfig], dialects: Dialects = MappingProxyType({})
) -> tuple[Setting, ...]:
    """The rows of a config's table, in order; those of the dialects after the first."""
    rows = [
        field.metadata[KEY]._replace(field=field.name)
        for field in dataclasses.fields(config)
        if KEY in field.metadata
    ]
    if issubclass(config, Config):
        place = [row.field for row in rows].index("http_addr") + 1
        rows[place:place] = dialect_rows(dialects)
    return tuple(rows)


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
    if isinstance(loaded, Config | FilesConfig):
        _place_files(loaded, values, faults.keys())
    if isinstance(loaded, CopyConfig):
        values["files_as_usual"] = "attachment_dir" not in values
    else:
        found += _place_wake_ups(loaded, values, faults.keys())
    loaded = _build(config, defaults | values, dialects)
    if not isinstance(loaded, CopyConfig):
        found += _unsafe(loaded, flags.get("db_url"), faults.keys())
    if isinstance(loaded, Config):
        found += contradictions(loaded, defaults | values, faults.keys(), dialects)
    if found:
        raise ConfigError(tuple(found))
    return loaded


def _place_files(
    loaded: StoreConfig, values: dict[str, Any], broken: AbstractSet[str]
) -> None:
    """Put uploads beside a store that is a file, or into it, where nothing is said."""
    if "attachment_dir" in values.keys() | broken:
        return
    folder = loaded.db_url.folder
    values["attachment_dir"] = None if folder is None else folder / ATTACHMENTS
    values["files_in_store"] = folder is None


def _place_wake_ups(
    loaded: StoreConfig, values: dict[str, Any], broken: AbstractSet[str]
) -> list[str]:
    """Tell the store where to hear wake-ups."""
    if loaded.db_listen_url is None or "db_url" in broken:
        return []
    try:
        values["db_url"] = listening_at(loaded.db_url, loaded.db_listen_url)
    except ValueError as fault:
        return [f"PUSHGO_DB_LISTEN_URL {fault}"]
    return []


def _unsafe(
    loaded: StoreConfig, db_url_flag: str | None, broken: AbstractSet[str]
) -> list[str]:
    """Find a store without a secret key, and a password that others can read."""
    found = []
    place = loaded.db_url
    if place.key_file is None and not loaded.secret_key and "secret_key" not in broken:
        found.append(
            "PUSHGO_SECRET_KEY must be set with PostgreSQL, the same for every server"
            " and command on this database"
        )
    if db_url_flag is not None and place.holds_secret:
        found.append(
            "PUSHGO_DB_URL must not be given as --db-url with a password, which every"
            " user of this machine can read: set the variable, PGPASSWORD or PGPASSFILE"
        )
    return found


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
