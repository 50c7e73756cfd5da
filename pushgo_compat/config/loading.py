"""The environment, a ``.env`` file, flags → one config, or all faults at once."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

from dotenv import dotenv_values

from pushgo_compat.config.checks import unknown_names
from pushgo_compat.config.config import ATTACHMENTS, Config, FilesConfig, StoreConfig
from pushgo_compat.config.contradictions import contradictions
from pushgo_compat.config.dialects import Dialects, dialect_configs, dialect_rows
from pushgo_compat.config.setting import KEY, Setting

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
        values.setdefault("attachment_dir", loaded.db_url.folder / ATTACHMENTS)
        loaded = _build(config, defaults | values, dialects)
    if isinstance(loaded, Config):
        found += contradictions(loaded, defaults | values, faults.keys(), dialects)
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
