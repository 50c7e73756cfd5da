"""``translate``: what an old call becomes, before anything is switched."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import click

from pushgo_compat.cli.moving.call_files import CallFiles, read_nothing
from pushgo_compat.cli.terminal.options import (
    PLACEHOLDER_URL,
    DialectName,
    common_options,
    given_dialects,
    wants_json,
)
from pushgo_compat.cli.terminal.output import print_list, print_object
from pushgo_compat.config.time_zone import system_timezone
from pushgo_compat.core.auth.secrets import printable
from pushgo_compat.core.receipts.receipts import Document, Reader
from pushgo_compat.migration.calls import Unreadable
from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.reading import MAX_BYTES
from pushgo_compat.migration.shell.grammar import ShellParserMissing
from pushgo_compat.migration.translating.answers import (
    Answer,
    Source,
    Translator,
    is_unread,
)
from pushgo_compat.migration.translating.servers import Servers
from pushgo_compat.model import Source as DialectSource
from pushgo_compat.traits import Surroundings

_STANDARD_INPUT = "-"
_SHOWN_CHARS = 40
_ANY_TEXT = (
    "\n# A quote, a backslash or a line end in a variable breaks that JSON. This form"
    "\n# takes any text:"
)
_OPERATORS = frozenset({"|", "||", "&&", ";", "&", "|&", "<", ">", ">>", "2>&1"})


class _Input(NamedTuple):
    file: str | None
    data: bytes


class _LineCommand(click.Command):
    """Reads options before a command line; behind it only if it is one word.

    ``translate curl -d x URL --json`` has an option of curl's, and
    ``translate 'curl -d x URL' --json`` one of ours.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Look whether the line is one word."""
        valued = {
            name
            for parameter in self.get_params(ctx)
            if isinstance(parameter, click.Option) and not parameter.is_flag
            for name in parameter.opts
        }
        rest = iter(args)
        first = ""
        for word in rest:
            if word in valued:
                next(rest, None)
            elif word == _STANDARD_INPUT or not word.startswith("-"):
                first = word
                break
        ctx.allow_interspersed_args = first == _STANDARD_INPUT or " " in first.strip()
        return super().parse_args(ctx, args)


@click.command(cls=_LineCommand)
@click.option(
    "--dialect", type=DialectName(), help="The dialect of a server of your own."
)
@click.option("--base-url", metavar="URL", help="Where the old server's root is.")
@click.option(
    "--files",
    metavar="DIR",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    help="Files that a call names are read below DIR; default: the working folder.",
)
@click.option("--no-files", is_flag=True, help="Read no files that a call names.")
@click.option("--har", is_flag=True, help="The input is a HAR file.")
@click.option(
    "-f",
    "--file",
    "paths",
    multiple=True,
    metavar="FILE",
    help="A script, a crontab, a request or a HAR file; repeatable, - is stdin.",
)
@click.argument("words", nargs=-1, metavar="[- | WORD...]")
@common_options
@click.pass_context
def translate(
    context: click.Context,
    /,
    *,
    dialect: DialectSource | None,
    base_url: str | None,
    files: Path,
    no_files: bool,
    har: bool,
    paths: Sequence[str],
    words: Sequence[str],
) -> None:
    """Show what an old call becomes: its verdict, its receipt, the native call.

    WORD... is one command line (curl, wget, HTTPie, xh); - reads a script, a crontab
    or a request from standard input. Nothing is executed, sent or stored. The exit
    status is 1 when a call could not be read.
    """
    translator = _translator(dialect, base_url, files, no_files=no_files)
    answers: list[Answer] = []
    for each in _inputs(paths, words):
        answers += _answers(translator, each, har=har)
    if wants_json(context):
        print_list([answer.document for answer in answers], "")
    else:
        _print(answers)
    if any(is_unread(answer.document) for answer in answers):
        context.exit(1)


def _translator(
    dialect: DialectSource | None,
    base_url: str | None,
    folder: Path,
    *,
    no_files: bool,
) -> Translator:
    surroundings = Surroundings(timezone=system_timezone())
    dialects = [each.configured({}, surroundings) for each in given_dialects()]
    try:
        servers = Servers(dialects, dialect, base_url)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--base-url") from None
    return Translator(
        servers,
        read_nothing if no_files else CallFiles(folder),
        reader=Reader(PLACEHOLDER_URL),
        now_ms=time.time_ns() // 1_000_000,
    )


def _inputs(paths: Sequence[str], words: Sequence[str]) -> list[_Input]:
    if paths and words:
        raise click.UsageError("either -f FILE or a command line, not both")
    if not paths and not words:
        raise click.UsageError("say what: a command line, - or -f FILE")
    if not paths and list(words) != [_STANDARD_INPUT]:
        return [_Input(None, _joined(words))]
    return [_read(path) for path in paths or (_STANDARD_INPUT,)]


def _joined(words: Sequence[str]) -> bytes:
    """The words as one line: as it was typed, or quoted again."""
    if len(words) == 1:
        return words[0].encode("utf-8", "surrogateescape")
    quoted = (word if word in _OPERATORS else shlex.quote(word) for word in words)
    return " ".join(quoted).encode("utf-8", "surrogateescape")


def _read(path: str) -> _Input:
    try:
        if path == _STANDARD_INPUT:
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
        else:
            with Path(path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise click.ClickException(f"{path}: {error}") from None
    if len(data) > MAX_BYTES:
        raise click.ClickException(f"{path}: longer than {MAX_BYTES} bytes")
    return _Input(None if path == _STANDARD_INPUT else path, data)


def _answers(translator: Translator, given: _Input, *, har: bool) -> list[Answer]:
    try:
        found = translator.read(given.data, har=har)
    except ShellParserMissing as missing:
        raise click.ClickException(str(missing)) from None
    except Unreadable as reason:
        raise click.ClickException(f"{given.file or 'the input'}: {reason}") from None
    lines = LineNumbers(given.data)
    return [
        translator.answer_in_full(
            call,
            found.variables,
            Source(given.file, lines.of(call.span.start)),
        )
        for call in found.calls
    ]


# --------------------------------------------------------------------------- for people


def _print(answers: Sequence[Answer]) -> None:
    if not answers:
        click.echo("no call of curl, wget, HTTPie or xh was found")
    for number, answer in enumerate(answers):
        if number:
            click.echo("")
        _print_one(answer)


def _print_one(given: Answer) -> None:
    answer = given.document
    source, receipt = answer["source"], answer["receipt"]
    assert isinstance(source, dict)  # noqa: S101 - as Translator makes it
    place = f"{source['file'] or 'line'}:{source['line']}"
    if not isinstance(receipt, dict):
        click.echo(f"{place}  {printable(str(answer['problem']))}")
        return
    reply = receipt["reply"]
    head = {"dialect": answer["dialect"], "verdict": answer["verdict"]}
    print_object(
        {"call": place, **head, "route": receipt["route"]}
        | {"outcome": receipt["outcome"], "status": reply["status"]}
        | {"answer": _shown(reply["body"])}
    )
    if receipt["notes"]:
        click.echo("")
        print_list([_row(note) for note in receipt["notes"]], "")
    for message in receipt["messages"]:
        click.echo("\n" + json.dumps(message, ensure_ascii=False, indent=2))
    for line in receipt["curl"]:
        click.echo(f"\n{line}")
    if given.any_text:
        click.echo(_ANY_TEXT)
    for line in given.any_text:
        click.echo(f"\n{line}")


def _row(note: Document) -> Document:
    """A line of the table of notes; its value on one line, and not all of it."""
    value = note["value"]
    if isinstance(value, str):
        line = " ".join(value.split())
        value = line if len(line) <= _SHOWN_CHARS else line[:_SHOWN_CHARS] + "…"
    shown = ("field", "place", "value", "verdict", "to", "why")
    row = {name: note[name] for name in shown} | {"value": value}
    return {n: printable(v) if isinstance(v, str) else v for n, v in row.items()}


def _shown(body: object) -> str:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return printable(text)
