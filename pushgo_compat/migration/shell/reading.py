"""A script, a crontab or a line of shell → the calls in it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import NamedTuple

from pushgo_compat.migration.calls import (
    FoundCall,
    FoundCalls,
    Span,
    Unreadable,
)
from pushgo_compat.migration.clients.common import Result
from pushgo_compat.migration.clients.curl.requests import read_curl
from pushgo_compat.migration.clients.httpie import read_httpie
from pushgo_compat.migration.clients.ntfy import read_ntfy
from pushgo_compat.migration.clients.wget import read_wget
from pushgo_compat.migration.shell.batch import is_batch, read_batch
from pushgo_compat.migration.shell.clients import (
    CLIENTS,
    REPEATERS,
    base_name,
    find_client,
    find_script,
)
from pushgo_compat.migration.shell.commands import (
    Argument,
    Command,
    Input,
    Script,
    read_script,
)
from pushgo_compat.migration.shell.crontab import split_crontab
from pushgo_compat.migration.shell.fish import from_fish
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.urls import Known
from pushgo_compat.migration.words import Variables, Word

Reader = Callable[[Sequence[Argument], Input, Known], list[Result]]
UNCLOSED = "a quote or a bracket is never closed"
_MAX_NESTED = 4
_ARRAY = re.compile(r"\$\{(\w+)\[[@*]\]\}")
_CLIENT_LINE = re.compile(rb"(?m)^.*\b(?:curl|wget2?|https?|xhs?|ntfy)[ \t].*$")


_BEGUN = re.compile(rb"\s*(?:sudo[ \t]+)?((?:[\w.~-]*/)*(?:curl|wget))[ \t]")


class _Found(NamedTuple):
    command: Command
    script: Script


def read_shell(data: bytes, variables: Variables) -> FoundCalls:
    """Every call of a text, its variables marked. Raises ShellParserMissing."""
    if is_batch(data):
        return read_batch_file(data, variables)
    return read_source(Source.of_text(data, variables), variables)


def read_batch_file(data: bytes, variables: Variables) -> FoundCalls:
    """Every call of a text for ``cmd``."""
    commands = read_batch(Source.whole(data), variables)
    batch = [_Found(command, Script()) for command in commands]
    known = Known(variables, {})
    calls = [call for each in batch for call in _read(each, known)]
    return FoundCalls(calls=calls, variables=variables)


def read_source(source: Source, variables: Variables) -> FoundCalls:
    """Every call of a piece of a text. Raises ShellParserMissing.

    What cannot be read is tried as fish.
    """
    found = _read_source(source, variables)
    problems = _problems(found)
    fish = from_fish(source) if problems else None
    if fish is not None:
        again = _read_source(fish, variables)
        if len(again.calls) >= len(found.calls) and _problems(again) < problems:
            return again
    return found


def _problems(found: FoundCalls) -> int:
    return sum(call.problem is not None for call in found.calls)


def _read_source(source: Source, variables: Variables) -> FoundCalls:
    rest, lines = split_crontab(source)
    found = list(_commands(rest, variables, 0))
    for command, given in lines:
        text = None if given is None else given.word(0, len(given.data))
        for each in _commands(command, variables, 0):
            piped = each.command.input or text
            found.append(each._replace(command=each.command._replace(input=piped)))
    known = Known(variables, _assigned_once(found))
    calls = [call for each in found for call in _read(each, known)]
    calls.sort(key=lambda call: call.span)
    return FoundCalls(calls=calls, variables=variables, assignments=known.assignments)


def _commands(source: Source, variables: Variables, depth: int) -> Iterator[_Found]:
    """The commands of a script, and of the scripts in it (``sh -c``)."""
    script = read_script(source, variables)
    again = [
        each
        for broken in (script.broken if depth < _MAX_NESTED else ())
        for each in _line_by_line(broken, variables)
    ]
    # What stands in both is told once: as it was read to its later end.
    read = {command.start: command.end for command in script.commands}
    ends = {each.command.start: each.command.end for each in again}
    yield from (each for each in again if each.command.end > read.get(each[0].start, 0))
    for command in script.commands:
        if command.end < ends.get(command.start, 0):
            continue
        yield _Found(command, script)
        at = find_script(command.arguments)
        if at is not None and depth < _MAX_NESTED:
            inner = Source.of_word(command.arguments[at].word)
            yield from _commands(inner, variables, depth + 1)


def _line_by_line(source: Source, variables: Variables) -> Iterator[_Found]:
    """The commands of what the grammar could make nothing of."""
    for line in _CLIENT_LINE.finditer(source.data):
        part = source.part(line.start(), line.end())
        script = read_script(part, variables)
        commands = list(script.commands)
        for unread in script.broken:
            if begun := _BEGUN.match(unread.data):
                start, end = begun.span(1)
                words = [Argument(unread.word(start, end))]
                places = unread.places
                broken = Command(words, None, places[start], places[-1], is_broken=True)
                commands.append(broken)
        for command in commands:
            yield _Found(command, script)


def _assigned_once(found: Sequence[_Found]) -> Mapping[str, Word]:
    scripts = {id(each.script): each.script for each in found}.values()
    values: dict[str, list[Word]] = {}
    for script in scripts:
        for name, words in script.assignments.items():
            values.setdefault(name, []).extend(words)
    return {name: words[0] for name, words in values.items() if len(words) == 1}


def _read(found: _Found, known: Known) -> Iterator[FoundCall]:
    command = found.command
    span = Span(command.start, command.end)
    named = find_client(command.arguments, known.variables)
    if command.is_broken:
        # ``http`` and ``xh`` are words of other texts as well.
        if named is not None and CLIENTS[named[1]] in ("curl", "wget"):
            yield FoundCall(client=CLIENTS[named[1]], span=span, problem=UNCLOSED)
        return
    if named is None or find_script(command.arguments) is not None:
        return
    at, name = named
    client = CLIENTS[name]
    words = _expanded(command.arguments[at + 1 :], found.script, known.variables)
    if base_name(command.arguments[0].word.text) in REPEATERS:
        # ``find -exec`` ends with ``;`` or ``+``.
        ends = [i for i, each in enumerate(words) if each.word.text in (";", "+")]
        words = words[: ends[0]] if ends else words
        words = [_repeated(argument, known.variables) for argument in words]
    try:
        known = known._replace(environment=command.environment)
        for result in READERS[name](words, command.input, known):
            if isinstance(result, Unreadable):
                yield FoundCall(client=client, span=span, problem=str(result))
            else:
                yield FoundCall(client=client, span=span, request=result)
    except Unreadable as reason:
        problem = UNCLOSED if command.precedes_error else str(reason)
        yield FoundCall(client=client, span=span, problem=problem)


def _expanded(
    words: Sequence[Argument], script: Script, variables: Variables
) -> list[Argument]:
    """The words, with ``"${ARRAY[@]}"`` replaced where the script sets it once."""
    expanded: list[Argument] = []
    for argument in words:
        text = argument.word.text
        array = _ARRAY.fullmatch(variables.expression(text))
        values = script.arrays.get(array[1], []) if array else []
        if len(values) == 1:
            expanded += values[0]
        else:
            expanded.append(argument)
    return expanded


def _repeated(argument: Argument, variables: Variables) -> Argument:
    """A word in which another program replaces ``{}``, here by a marker."""
    word = argument.word
    before, braces, _ = word.text.partition("{}")
    if not braces:
        return argument
    start = len(before)
    marker = variables.word("{}", word.offsets[start])
    parts = [word.part(0, start), marker, word.part(start + 2)]
    return _repeated(Argument(Word.joined(parts)), variables)


READERS: Mapping[str, Reader] = {
    "curl": read_curl,
    "curl.exe": read_curl,
    "wget": read_wget,
    "wget.exe": read_wget,
    "wget2": read_wget,
    "http": read_httpie,
    "https": partial(read_httpie, scheme="https"),
    "xh": read_httpie,
    "xhs": partial(read_httpie, scheme="https"),
    "ntfy": read_ntfy,
    "ntfy.exe": read_ntfy,
}
