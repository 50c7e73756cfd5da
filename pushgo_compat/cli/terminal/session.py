"""A command's time with the store: open it, act, close it, word what went wrong."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar

import click

from pushgo_compat.cli.terminal.options import given_db_url, given_dialects
from pushgo_compat.cli.terminal.output import warn
from pushgo_compat.config.config import StoreConfig
from pushgo_compat.config.loading import ConfigError, load_config
from pushgo_compat.config.secret_file import (
    load_secret,
    readable_by_others,
    secret_path,
)
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.place import StoreMissing, StorePlace, StoreUnmakable
from pushgo_compat.core.stores.store import Store, StoreTooNew, StoreUnfinished
from pushgo_compat.errors import ServerBusy

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
        traits = {d.source: d.traits for d in given_dialects()}
        return load_config(config, {**flags, "db_url": db_url}, traits)
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


def administer_with(
    kind: type[S], action: Callable[[Administration, S], Awaitable[T]]
) -> T:
    """The same for an action that needs more settings than where the store is."""
    config = read_config(kind, {})
    return asyncio.run(
        with_store(config, lambda admin: action(admin, config), create=False)
    )


def watch_store(action: Callable[[Administration], Awaitable[T]], feed: Feed) -> T:
    """The same while ``feed`` hears of every message, of a server's as well."""
    config = read_config(StoreConfig, {})
    return asyncio.run(with_store(config, action, create=False, feed=feed))


async def with_store(
    config: StoreConfig,
    action: Callable[[Administration], Awaitable[T]],
    *,
    create: bool,
    feed: Feed | None = None,
) -> T:
    """Do something with this store; raises ClickException for what is refused."""
    with worded(config):
        async with _opened(config, feed, create=create) as administration:
            return await action(administration)


@contextmanager
def worded(config: StoreConfig) -> Iterator[None]:
    """Word what is refused inside as a ClickException."""
    with worded_at(config.db_url):
        yield


@contextmanager
def worded_at(place: StorePlace) -> Iterator[None]:
    """The same where the command was told of the store itself."""
    unreadable: tuple[type[Exception], ...] = (OSError, *place.failures)
    try:
        yield
    except Refused as refusal:
        raise click.ClickException(str(refusal)) from None
    except StoreMissing:
        raise click.ClickException(
            f"there is no store at {place.shown}: name yours with --db-url, or make"
            " one with pushgo-compat channel create"
        ) from None
    except StoreUnmakable as reason:
        raise click.ClickException(
            f"{reason}: make it, or name another place with --db-url"
        ) from None
    except StoreTooNew as error:
        raise click.ClickException(
            f"the store at {place.shown} is for a newer pushgo-compat (it needs"
            f" version {error.needed} of the tables, this program knows"
            f" {error.known}): install that"
        ) from None
    except StoreUnfinished:
        raise click.ClickException(
            f"the store at {place.shown} is half a copy: run pushgo-compat store copy"
            " once more, which begins anew"
        ) from None
    except ServerBusy as error:
        raise click.ClickException(
            f"the store at {place.shown} takes no change"
            f" ({error.detail or 'busy'}); try again"
        ) from None
    except unreadable as error:
        raise click.ClickException(f"{place.shown}: {error}") from None


@asynccontextmanager
async def _opened(
    config: StoreConfig, feed: Feed | None, *, create: bool
) -> AsyncIterator[Administration]:
    is_new = not await config.db_url.exists()
    store = await config.db_url.open(create=create, feed=feed)
    try:
        if is_new:
            warn([f"made a new store at {config.db_url.shown}"])
        secret = await _own_secret(config, store)
        keys = {d.source: d.traits.keys for d in given_dialects()}
        yield Administration(store, secret, now_ms, keys)
    finally:
        await store.close()


async def _own_secret(config: StoreConfig, store: Store) -> SecretKey:
    """The secret key that this store was made with; of a new one it is made.

    Raises ClickException for any other key: every alias would open nothing.
    """
    path = secret_path(config)
    # In this order: a command that starts at the same time makes the key, then binds.
    bound = await _is_bound(store)
    if path is not None and bound and not path.exists():
        raise click.ClickException(
            f"the secret key of this store is not at {path.absolute()}: put the old"
            " file back, or set PUSHGO_SECRET_KEY"
        )
    secret = load_secret(config)
    if not await store.claim(secret.fingerprint()):
        place = "PUSHGO_SECRET_KEY" if path is None else path.absolute()
        raise click.ClickException(
            f"{place} is not the secret key of this store, and its aliases would open"
            " nothing: put the old one back"
        )
    if path is not None and readable_by_others(path):
        warn([f"others can read {path.absolute()}: chmod 600 it"])
    return secret


async def _is_bound(store: Store) -> bool:
    """Whether the store holds hashes that were made with an earlier secret key."""
    return await store.secret_fingerprint() is not None or bool(await store.aliases())


def now_ms() -> int:
    """The time in Unix milliseconds."""
    return time.time_ns() // 1_000_000
