"""The output of commands: text, or one JSON document; warnings on stderr."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import click

from pushgo_compat.cli.terminal.options import wants_json
from pushgo_compat.core.admin.results import Document

_TIMES = {
    "accepted_at",
    "oldest_waiting",
    "created_at",
    "first_seen",
    "last_seen",
    "last_used",
    "at",
    "next_try_at",
    "ends_at",
    "made_at",
}


def warn(lines: Iterable[str]) -> None:
    """Tell the operator something that is no part of the answer."""
    for line in lines:
        click.echo(f"note: {line}", err=True)


def print_object(document: Document) -> None:
    """Print one thing: its JSON, or a line a field."""
    if wants_json(click.get_current_context()):
        _print_json(document)
        return
    width = max(map(len, document))
    for name, value in document.items():
        click.echo(f"{name:<{width}}  {_readable(name, value)}".rstrip())
        for part in _documents(value):
            shown = (f"{key} {_readable(key, each)}" for key, each in part.items())
            click.echo(f"{'':<{width}}  {', '.join(shown)}")


def print_list(documents: Sequence[Document], when_empty: str) -> None:
    """Print many things: a JSON array, or a table."""
    if wants_json(click.get_current_context()):
        _print_json(documents)
        return
    if not documents:
        click.echo(when_empty)
        return
    rows = [list(documents[0])]
    rows += [[_readable(*item) for item in document.items()] for document in documents]
    widths = [max(map(_columns, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = zip(row, widths, strict=True)
        padded = (cell + " " * (width - _columns(cell)) for cell, width in cells)
        click.echo("  ".join(padded).rstrip())


def _documents(value: object) -> Sequence[Document]:
    """A list of things inside a thing; none for every other value."""
    if not isinstance(value, list):
        return ()
    return [part for part in value if isinstance(part, dict)]


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False))


def readable_time(unix_ms: int) -> str:
    """A time as people read it."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _columns(text: str) -> int:
    """Columns of a terminal: a Chinese character takes two."""
    return sum(1 + (unicodedata.east_asian_width(char) in "WF") for char in text)


def _readable(name: str, value: object) -> str:
    if name in _TIMES and isinstance(value, int):
        return readable_time(value)
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case dict():
            return ",".join(f"{old}={new}" for old, new in value.items())
        case list():
            parts = len(_documents(value))
            return str(parts) if parts else ",".join(map(str, value))
        case _:
            return str(value)
