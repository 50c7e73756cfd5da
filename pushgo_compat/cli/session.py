"""A command's time with the store: open it, act, close it, word what went wrong."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TypeVar

import click

from pushgo_compat.cli.options import given_db_url
from pushgo_compat.cli.output import warn
from pushgo_compat.config import ConfigError, StoreConfig, load_config
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.interfaces import Store
from pushgo_compat.errors import ServerBusy
from pushgo_compat.secret_file import load_secret, readable_by_others, secret_path
from pushgo_compat.storage import StoreMissing, open_store

T = TypeVar("T")
S = TypeVar("S", bound=StoreConfig)

_USAGE_STATUS = 2


class BadSettings(click.ClickException):
    """The settings are wrong: all faults, a line each, and the status of usage."""

    exit_code = _USAGE_STATUS

    def show(self, file: object = None) -> None:
        """Print the faults as they are."""
        click.echo(self.message, err=True)


def read_config(config: type[S], flags: Mapping[str, str | None]) -> S:
    """The settings, ``--db-url`` included. Raises BadSettings."""
    db_url = given_db_url(click.get_current_context())
    try:
        return load_config(config, {**flags, "db_url": db_url})
    except ConfigError as error:
        raise BadSettings(str(error)) from None


def administer(
    action: Callable[[Administration], Awaitable[T]], *, create: bool = False
) -> T:
    """Do something with the store that the settings name.

    With ``create`` a missing store is made, and its place told on stderr. What is
    refused becomes one line on stderr and exit status 1.
    """
    config = read_config(StoreConfig, {})
    return asyncio.run(with_store(config, action, create=create))


async def with_store(
    config: StoreConfig,
    action: Callable[[Administration], Awaitable[T]],
    *,
    create: bool,
) -> T:
    """Do something with this store; raises ClickException for what is refused."""
    path = config.db_url.path
    try:
        async with _opened(config, create=create) as administration:
            return await action(administration)
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    except StoreMissing:
        raise click.ClickException(
            f"there is no store at {path.absolute()}: name yours with --db-url, or make"
            " one with pushgo-compat channel create"
        ) from None
    except ServerBusy:
        raise click.ClickException(
            f"the store at {path.absolute()} is busy or full; try again"
        ) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"{path.absolute()}: {error}") from None


@asynccontextmanager
async def _opened(
    config: StoreConfig, *, create: bool
) -> AsyncIterator[Administration]:
    path = config.db_url.path
    is_new = not path.exists()
    if create:
        path.parent.mkdir(parents=True, exist_ok=True)
    store = await open_store(str(config.db_url), create=create)
    try:
        if is_new:
            warn([f"made a new store at {path.absolute()}"])
        had_secret = _has_secret(config)
        secret = load_secret(config)
        warn(await _doubts(config, store, had_secret=had_secret))
        yield Administration(store, secret, _now_ms)
    finally:
        await store.close()


def _has_secret(config: StoreConfig) -> bool:
    path = secret_path(config)
    return path is None or path.exists()


async def _doubts(config: StoreConfig, store: Store, *, had_secret: bool) -> list[str]:
    """What the operator should know about the secret key's file."""
    path = secret_path(config)
    if path is None:
        return []
    doubts = []
    if readable_by_others(path):
        doubts.append(f"others can read {path.absolute()}: chmod 600 it")
    if not had_secret and await store.aliases():
        doubts.append(
            f"a new secret key was made at {path.absolute()}, but the aliases in the"
            " store belong to another one and open nothing: put the old file back, or"
            " add them again"
        )
    return doubts


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
