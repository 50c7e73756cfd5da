"""``store``: a whole store, moved to another place."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from dataclasses import dataclass, field

import click

from pushgo_compat.cli.running.backup import end_as_ctrl_c
from pushgo_compat.cli.terminal.options import SecretText, given_db_url, json_option
from pushgo_compat.cli.terminal.output import print_object, warn
from pushgo_compat.cli.terminal.session import read_config, worded_at
from pushgo_compat.config.config import CopyConfig
from pushgo_compat.core.stores.place import StorePlace
from pushgo_compat.storage import parse_store_url

_SHOWN_EVERY_S = 0.5


@click.group()
@json_option
def store() -> None:
    """Move the whole store."""


@store.command("copy")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@json_option
def copy(source: str, target: str) -> None:
    """Copy a store to a place where there is none, and compare them.

    FROM and TO are URLs as PUSHGO_DB_URL takes them; - takes one from standard input,
    a line each. No server may run on either.
    """
    from pushgo_compat.backup.store_copy import copy_store

    if given_db_url(click.get_current_context()) is not None:
        raise click.UsageError("store copy is told of both stores, not by --db-url")
    places = [_place(source, "FROM"), _place(target, "TO")]
    config = read_config(CopyConfig, {})
    shown = _Shown()
    signal.signal(signal.SIGTERM, end_as_ctrl_c)
    try:
        with worded_at(places[0]):
            copied = asyncio.run(copy_store(places[0], places[1], config, shown))
    finally:
        shown.clear()
    warn(copied.warnings)
    print_object(copied.document())


def _place(argument: str, name: str) -> StorePlace:
    """The place that an argument names. Its text, which may be secret, is not shown."""
    url = SecretText().convert(argument, None, None)
    try:
        place = parse_store_url(url)
    except ValueError as fault:
        raise click.UsageError(f"{name} {fault}") from None
    if place.holds_secret and argument != "-":
        raise click.UsageError(
            f"{name} must not hold a password, which every user of this machine can"
            " read: give - and the URL on standard input, or set PGPASSWORD or"
            " PGPASSFILE"
        )
    return place


@dataclass
class _Shown:
    """How far a copy has come, in one line of a terminal."""

    _at_s: float = field(default_factory=time.monotonic)
    _width: int = 0

    def __call__(self, what: str, rows: int) -> None:
        """Show it now and then."""
        if not sys.stderr.isatty() or time.monotonic() - self._at_s < _SHOWN_EVERY_S:
            return
        self._at_s = time.monotonic()
        line = f"{what}: {rows:,}"
        click.echo(f"\r{line:<{self._width}}", nl=False, err=True)
        self._width = len(line)

    def clear(self) -> None:
        """Leave an empty line."""
        if self._width:
            click.echo(f"\r{'':<{self._width}}\r", nl=False, err=True)
