"""Options that several commands share, and the types of what they take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

import click

from pushgo_compat.config.setting import Setting
from pushgo_compat.legacy import Dialect
from pushgo_compat.model import Severity, Source

C = TypeVar("C", bound=Callable[..., Any])

PLACEHOLDER_URL = "http://127.0.0.1:8686"
"""In curl lines: a command does not know how the server is reached."""
_DB_URL, _JSON = "pushgo_compat.db_url", "pushgo_compat.json"


def common_options(command: C) -> C:
    """Add ``--db-url`` and ``--json``, which work before and after a subcommand."""
    return json_option(db_url_option(command))


def db_url_option(command: C) -> C:
    """Add ``--db-url``; the last one on the line counts."""
    return click.option(
        "--db-url",
        metavar="URL",
        expose_value=False,
        callback=_remember(_DB_URL),
        help="The store, such as sqlite:///pushgo-compat.db  [PUSHGO_DB_URL]",
    )(command)


def json_option(command: C) -> C:
    """Add ``--json``."""
    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=_remember(_JSON),
        help="Print one JSON document.",
    )(command)


def given_db_url(context: click.Context) -> str | None:
    """The value of ``--db-url``, given before or after the subcommand."""
    url: str | None = context.meta.get(_DB_URL)
    return url


def wants_json(context: click.Context) -> bool:
    """Whether ``--json`` was given, before or after the subcommand."""
    return bool(context.meta.get(_JSON))


def setting_options(rows: Iterable[Setting]) -> Callable[[C], C]:
    """Add a flag for each setting that is no secret, named as its variable."""

    def add(command: C) -> C:
        for row in reversed([row for row in rows if not row.secret]):
            switch = row.default in ("true", "false")
            default = f"; default {row.default}" if row.default else ""
            command = click.option(
                row.flag,
                row.field,
                metavar="[BOOL]" if switch else "TEXT",
                is_flag=False,
                # A switch may stand alone: --bark-rejoin-iv means true.
                flag_value="true" if switch else None,
                help=f"{row.help}{default}  [{row.variable}]",
            )(command)
        return command

    return add


def _remember(
    place: str,
) -> Callable[[click.Context, click.Parameter, object], None]:
    """Keep a value where the whole chain of commands finds it (``Context.meta``)."""

    def remember(context: click.Context, _: click.Parameter, value: object) -> None:
        if value:
            context.meta[place] = value

    return remember


class SecretText(click.ParamType[str]):
    """Text that ``-`` takes from standard input, one line for each ``-``."""

    name = "secret"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> str:
        """Read the line when asked to; its end is no part of the secret."""
        if value != "-":
            return str(value)
        line = sys.stdin.buffer.readline()
        if not line:
            self.fail("- found nothing on standard input", param, ctx)
        return line.decode("utf-8", "surrogateescape").rstrip("\r\n")

    def split_envvar_value(self, rv: str) -> list[str]:
        """A variable holds one secret, spaces included."""
        return [rv]


def given_dialects() -> Sequence[Dialect]:
    """The dialects that the composition root handed to the command line."""
    dialects: Sequence[Dialect] = click.get_current_context().find_root().obj
    return dialects


class DialectName(click.ParamType[Source]):
    """The name of one of the dialects."""

    name = "dialect"

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """All names, as help shows them."""
        return f"[{'|'.join(_names(ctx))}]"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> Source:
        """Find the dialect."""
        names = _names(ctx)
        if value not in names:
            self.fail(f"{str(value)!r} is not one of {', '.join(names)}", param, ctx)
        return names[str(value)]


def _names(context: click.Context | None) -> dict[str, Source]:
    dialects: Sequence[Dialect] = context.find_root().obj if context else ()
    return {str(dialect.source): dialect.source for dialect in dialects}


class SeverityMap(click.ParamType[dict[Severity, Severity]]):
    """``high=critical,normal=low``: native severities, from = to."""

    name = "severity map"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> dict[Severity, Severity]:
        """Read the pairs; a severity may be mapped once."""
        pairs: dict[Severity, Severity] = {}
        if not str(value).strip():
            return pairs  # alias change takes '' for none
        for pair in str(value).split(","):
            old, _, new = (word.strip().lower() for word in pair.partition("="))
            try:
                before, after = Severity(old), Severity(new)
            except ValueError:
                words = ", ".join(Severity)
                self.fail(f"expected FROM=TO of {words}", param, ctx)
            if pairs.setdefault(before, after) is not after:
                self.fail(f"{before} is mapped twice", param, ctx)
        return pairs
