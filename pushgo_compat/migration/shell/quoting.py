"""A word's syntax tree → the word as the program gets it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from pushgo_compat.migration.shell.escapes import (
    ansi_c,
    in_double_quotes,
    in_heredoc,
    unquoted,
)
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.words import Variables, Word

if TYPE_CHECKING:
    from tree_sitter import Node

EXPANSIONS = frozenset(
    {
        "simple_expansion",
        "expansion",
        "command_substitution",
        "process_substitution",
        "arithmetic_expansion",
    }
)
"""The node types of what the shell would work out; it is kept as it is written."""
_BACKTICKS = re.compile(r"(?<!\\)`(?:[^`\\]|\\.)*`", re.DOTALL)
_BLANKS = b" \t\r\n"
_MAX_DEPTH = 60
_CAT_PARTS = 2
"""``cat`` and its here-document."""

_Undo = Callable[[Word], Word]


class WordReader:
    """Reads the words of one piece of shell."""

    def __init__(self, source: Source, variables: Variables) -> None:
        self._source = source
        self._variables = variables

    def read(self, node: Node) -> Word:
        """One word, quoting undone, expansions as markers."""
        return self._read(node, unquoted, 0)

    def heredoc(self, redirect: Node) -> Word:
        """The text of a here-document."""
        parts = {child.type: child for child in redirect.children}
        body, delimiter = parts.get("heredoc_body"), parts.get("heredoc_start")
        if body is None or delimiter is None:
            return Word.made_up("")
        name = self._source.bytes_of(delimiter)
        start = self._body_start(body)
        if any(sign in name for sign in (b"'", b'"', b"\\")):
            text = self._source.word(start, body.end_byte)
        else:
            text = self._pieces(body, start, body.end_byte, self._in_heredoc, 0)
        return _without_tabs(text) if "<<-" in parts else text

    def _in_heredoc(self, word: Word) -> Word:
        """The grammar takes backticks in a here-document for text."""
        parts: list[Word] = []
        end = 0
        for found in _BACKTICKS.finditer(word.text):
            parts.append(in_heredoc(word.part(end, found.start())))
            offset = word.offsets[found.start()]
            parts.append(self._variables.word(found[0], offset))
            end = found.end()
        return Word.joined([*parts, in_heredoc(word.part(end))])

    def _body_start(self, body: Node) -> int:
        """The grammar leaves the blanks out that a here-document begins with."""
        data = self._source.data
        start = body.start_byte
        while start and data[start - 1 : start].isspace():
            start -= 1
        line_end = data.find(b"\n", start, body.start_byte)
        return body.start_byte if line_end < 0 else line_end + 1

    def _read(self, node: Node, undo: _Undo, depth: int) -> Word:
        start, end = node.start_byte, node.end_byte
        if depth > _MAX_DEPTH:
            return self._source.word(start, end)
        match node.type:
            case "raw_string":
                word = self._source.word(start + 1, max(start + 1, end - 1))
            case "ansi_c_string":
                word = ansi_c(self._source.word(start + 2, max(start + 2, end - 1)))
            case "string":
                word = self._quoted(node, start + 1, depth)
            case "translated_string":
                word = self._quoted(node, start + 2, depth)
            case kind if kind in EXPANSIONS:
                word = self._expansion(node)
            case _:
                word = self._pieces(node, start, end, undo, depth)
        return word

    def _quoted(self, node: Node, start: int, depth: int) -> Word:
        end = node.end_byte
        if end > start and self._source.data[end - 1 : end] == b'"':
            end -= 1
        if node.type == "translated_string":
            node = node.children[-1] if node.children else node
        return self._pieces(node, start, end, in_double_quotes, depth)

    def _pieces(
        self, node: Node, start: int, end: int, undo: _Undo, depth: int
    ) -> Word:
        """What stands between the children is literal; so are most of them."""
        parts: list[Word] = []
        at = start
        for child in node.children:
            if not child.child_count and child.type not in _QUOTED:
                continue  # a token of literal text
            if child.start_byte < at or child.end_byte > end:
                continue
            begin = self.visible_start(child)
            parts.append(undo(self._source.word(at, begin)))
            parts.append(self._read(child, undo, depth + 1))
            at = child.end_byte
        parts.append(undo(self._source.word(at, max(at, end))))
        return Word.joined(parts) if len(parts) > 1 else parts[0]

    def _expansion(self, node: Node) -> Word:
        if (heredoc := _printed_heredoc(node, self._source)) is not None:
            text = self.heredoc(heredoc)
            return text.part(0, len(text.text.rstrip("\n")))
        start = self.visible_start(node)
        expression = self._source.text(start, node.end_byte)
        return self._variables.word(expression, self._source.places[start])

    def visible_start(self, node: Node) -> int:
        """Where an expansion begins: the grammar counts blanks before it as its own."""
        start = node.start_byte
        if node.type in EXPANSIONS:
            while self._source.data[start : start + 1] in _BLANK_BYTES:
                start += 1
        return start


def _printed_heredoc(node: Node, source: Source) -> Node | None:
    """The here-document of ``$(cat <<EOF …)``, which is but a way to quote."""
    if node.type != "command_substitution":
        return None
    (inner,) = node.named_children if len(node.named_children) == 1 else (node,)
    if inner.type != "redirected_statement" or len(inner.named_children) != _CAT_PARTS:
        return None
    command, redirect = inner.named_children
    is_cat = source.bytes_of(command) == b"cat" and redirect.type == "heredoc_redirect"
    is_alone = all(
        child.type.startswith(("heredoc", "<<")) for child in redirect.children
    )
    return redirect if is_cat and is_alone else None


_BLANK_BYTES = tuple(bytes([byte]) for byte in _BLANKS)
_QUOTED = frozenset({"raw_string", "ansi_c_string", "string", *EXPANSIONS})


def _without_tabs(text: Word) -> Word:
    """``<<-`` takes the tabs at the beginning of lines away."""
    parts: list[Word] = []
    at = 0
    for line in text.text.splitlines(keepends=True):
        tabs = len(line) - len(line.lstrip("\t"))
        parts.append(text.part(at + tabs, at + len(line)))
        at += len(line)
    return Word.joined(parts)
