"""A script's syntax tree → the commands in it, and what stands on their input."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from pushgo_compat.migration.shell.grammar import parse_shell
from pushgo_compat.migration.shell.quoting import EXPANSIONS, WordReader
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Variables, Word

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 120
"""Commands within commands that are looked into."""
_REDIRECTS = frozenset({"file_redirect", "heredoc_redirect", "herestring_redirect"})
_NO_ARGUMENTS = frozenset({"variable_assignment", "comment", *_REDIRECTS})
_SKIPPED = frozenset({"command", "redirected_statement", "pipeline"})
_CLIENT = re.compile(rb"(?i)curl|wget|http|xh|ntfy")
_LIST = re.compile(r"\$[@*]|\$\{[@*].*\}|\$\{\w+\[[@*]\].*\}", re.DOTALL)
_JOINTS = frozenset({"|", "|&"})
_READ_IN = "<"


class InputFile(NamedTuple):
    """Standard input is this file."""

    name: Word


Input = Word | InputFile | None
"""What a command reads from standard input, as far as the script says."""


class Argument(NamedTuple):
    """A word of a command."""

    word: Word
    is_bare: bool = False
    """It is an expansion without quotes, which may become several words, or none."""


class Command(NamedTuple):
    """A command with its words, the name first."""

    arguments: Sequence[Argument]
    input: Input
    start: int
    end: int
    """Bytes in the source."""
    is_broken: bool = False
    """A quote or a bracket in it is never closed."""
    precedes_error: bool = False
    """The grammar could make nothing of what follows."""
    environment: Mapping[str, Word] = {}
    """``NAME=value`` before the name."""


@dataclass(slots=True)
class Script:
    """The commands of a piece of shell, and the variables that it sets."""

    commands: list[Command] = field(default_factory=list)
    assignments: dict[str, list[Word]] = field(default_factory=dict)
    arrays: dict[str, list[list[Argument]]] = field(default_factory=dict)
    broken: list[Source] = field(default_factory=list)
    """What the grammar could make nothing of."""


def read_script(source: Source, variables: Variables) -> Script:
    """Find the commands that may run a client. Raises ShellParserMissing."""
    walk = _Walk(source, variables)
    if walk.places:
        walk.into(parse_shell(source.data), None, 0)
    return walk.script


class _Walk:
    def __init__(self, source: Source, variables: Variables) -> None:
        self._source = source
        self._variables = variables
        self._words = WordReader(source, variables)
        self.script = Script()
        self.places = [found.start() for found in _CLIENT.finditer(source.data)]
        """Where clients are named: a script is long, and has few calls."""

    def _names_client(self, node: Node) -> bool:
        at = bisect_left(self.places, node.start_byte)
        return at < len(self.places) and self.places[at] < node.end_byte

    def into(self, node: Node, given: Input, depth: int) -> None:
        """Gather the commands below a node, which reads ``given``."""
        if depth > MAX_DEPTH or (
            node.type in _SKIPPED and not self._names_client(node)
        ):
            return
        match node.type:
            case "command":
                self._command(node, (), given)
            case "redirected_statement":
                self._redirected(node, given, depth)
                return
            case "pipeline":
                self._pipeline(node.children, node.start_byte, given, depth)
                return
            case "variable_assignment":
                self._assignment(node)
            case "ERROR" if node.parent is None or node.parent.type != "ERROR":
                part = self._source.part(node.start_byte, node.end_byte)
                self.script.broken.append(part)
        for child in node.children:
            self.into(child, None, depth + 1)

    def _command(self, node: Node, more: Sequence[Node], given: Input) -> None:
        arguments = self._arguments((*_argument_nodes(node), *more))
        for child in node.children:
            if child.type in _REDIRECTS:
                given = self._input_of(child) or given
        start, end = self._trimmed(node)
        command = Command(
            arguments,
            given,
            self._source.places[start],
            self._source.places[end],
            node.has_error and _is_unclosed(node, 0),
            node.next_sibling is not None and node.next_sibling.type == "ERROR",
            dict(self._set_before(node)),
        )
        self.script.commands.append(command)

    def _set_before(self, command: Node) -> Iterator[tuple[str, Word]]:
        for node in command.children:
            if node.type != "variable_assignment":
                continue
            name = node.child_by_field_name("name")
            value = node.child_by_field_name("value")
            if name is not None and value is not None:
                key = self._source.text(name.start_byte, name.end_byte)
                yield key, self._words.read(value)

    def _arguments(self, nodes: Sequence[Node]) -> list[Argument]:
        """The words. The grammar makes several of one with a backslash in it."""
        arguments: list[Argument] = []
        end = -1
        for node in nodes:
            word = self._words.read(node)
            is_bare = node.type in EXPANSIONS or self._is_list(word)
            argument = Argument(word, is_bare)
            if arguments and self._words.visible_start(node) == end:
                before = arguments.pop().word
                argument = Argument(Word.joined([before, argument.word]))
            arguments.append(argument)
            end = node.end_byte
        return arguments

    def _is_list(self, word: Word) -> bool:
        """``"$@"`` and ``"${ARRAY[@]}"`` are several words, between quotes too."""
        if not self._variables.is_whole(word.text):
            return False
        return _LIST.fullmatch(self._variables.expression(word.text)) is not None

    def _trimmed(self, node: Node) -> tuple[int, int]:
        data = self._source.data[node.start_byte : node.end_byte]
        start = node.start_byte + len(data) - len(data.lstrip())
        return start, max(start, node.end_byte - (len(data) - len(data.rstrip())))

    # ---------------------------------------------------------------------- redirects

    def _redirected(self, node: Node, given: Input, depth: int) -> None:
        redirects = [child for child in node.children if child.type in _REDIRECTS]
        bodies = [child for child in node.children if child.type not in _REDIRECTS]
        for redirect in redirects:
            given = self._input_of(redirect) or given
        more = [extra for each in redirects for extra in _stray_arguments(each)]
        for body in bodies:
            if body.type == "command":
                self._command(body, more, given)
                for child in body.children:
                    self.into(child, None, depth + 1)
            elif body.type == "pipeline":
                self._pipeline(body.children, body.start_byte, given, depth, more)
            else:
                self.into(body, given, depth + 1)
        for redirect in redirects:
            self._behind(redirect, bodies, given, depth)

    def _behind(
        self, redirect: Node, bodies: Sequence[Node], given: Input, depth: int
    ) -> None:
        """What follows ``<<EOF`` on its line belongs to the redirect's node."""
        for child in redirect.children:
            if child.type != "pipeline":
                self.into(child, None, depth + 1)
                continue
            is_cat = len(bodies) == 1 and self._source.bytes_of(bodies[0]) == b"cat"
            start = bodies[0].start_byte if bodies else redirect.start_byte
            piped: Input = given
            if not is_cat:
                piped = self._output_of(start, redirect.end_byte)
            parts = [part for part in child.children if part.type not in _JOINTS]
            for part in parts:
                self.into(part, piped, depth + 1)
                piped = self._output_of(start, redirect.end_byte)

    def _input_of(self, redirect: Node) -> Input:
        children = redirect.children
        match redirect.type:
            case "herestring_redirect" if len(children) > 1:
                word = self._words.read(children[-1])
                return Word.joined([word, Word.made_up("\n")])
            case "heredoc_redirect":
                return self._words.heredoc(redirect)
            case "file_redirect":
                kinds = [child.type for child in children]
                if _READ_IN in kinds and kinds.index(_READ_IN) + 1 < len(children):
                    name = children[kinds.index(_READ_IN) + 1]
                    return InputFile(self._words.read(name))
            case _:
                pass
        return None

    # ---------------------------------------------------------------------- pipelines

    def _pipeline(
        self,
        children: Sequence[Node],
        start: int,
        given: Input,
        depth: int,
        more: Sequence[Node] = (),
    ) -> None:
        parts = [child for child in children if child.type not in _JOINTS]
        for number, part in enumerate(parts):
            if number:
                given = self._output_of(start, parts[number - 1].end_byte)
            if more and part is parts[-1] and part.type == "command":
                self._command(part, more, given)
                for child in part.children:
                    self.into(child, None, depth + 1)
            else:
                self.into(part, given, depth + 1)

    def _output_of(self, start: int, end: int) -> Word:
        """What some commands print: as if it stood in ``$(…)``."""
        written = self._source.text(start, end).strip()
        blank = " " if written.startswith("(") else ""  # $(( is arithmetic
        expression = f"$({blank}{written}{blank})"
        return self._variables.word(expression, self._source.places[start])

    # -------------------------------------------------------------------- assignments

    def _assignment(self, node: Node) -> None:
        name = node.child_by_field_name("name")
        value = node.child_by_field_name("value")
        if name is None or name.type != "variable_name":
            return
        key = self._source.text(name.start_byte, name.end_byte)
        if value is not None and value.type == "array":
            items = [child for child in value.children if child.type not in "()"]
            words = [
                Argument(self._words.read(child), child.type in EXPANSIONS)
                for child in items
                if child.type != "comment"
            ]
            values = self.script.arrays.setdefault(key, [])
            is_added = any(child.type == "+=" for child in node.children)
            if is_added and values:
                values[-1] += words
            else:
                values.append(words)
            return
        word = Word.made_up("") if value is None else self._words.read(value)
        self.script.assignments.setdefault(key, []).append(word)


def _is_unclosed(node: Node, depth: int) -> bool:
    """Whether a quote or a bracket had to be thought of to read a command."""
    if node.is_missing or depth > MAX_DEPTH:
        return True
    return any(
        _is_unclosed(child, depth + 1) for child in node.children if child.has_error
    )


def _argument_nodes(node: Node) -> Iterator[Node]:
    for child in node.children:
        if child.type in _NO_ARGUMENTS:
            if child.type in _REDIRECTS:
                yield from _stray_arguments(child)
            continue
        following = child.next_sibling
        if child.type == "$" and following and following.type == "string":
            continue  # $"…": a text that could be translated
        if child.type == "command_name" and child.children:
            yield child.children[0]
        else:
            yield child


def _stray_arguments(redirect: Node) -> list[Node]:
    """Arguments that stand behind a redirect: the grammar takes them for a part of it.

    As in ``curl -d x > /dev/null URL``.
    """
    if redirect.type == "herestring_redirect":
        return []
    if redirect.type == "heredoc_redirect":
        kept = redirect.children_by_field_name("argument")
        return list(kept)
    return redirect.children_by_field_name("destination")[1:]
