"""The tokens of a template, as Go's lexer makes them."""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from typing import NamedTuple

from adapters.golang.template.faults import NOT_PARSED, TemplateFault

_BLANKS = " \t\r\n"
_OPEN = "{{"
_COMMENT = re.compile(r"(?:-[ \t\r\n])?/\*")
_COMMENT_END = re.compile(r"(?:([ \t\r\n]-)?\}\})")
_TRIMS_LEFT = re.compile(r"-(?=[ \t\r\n])")
_ENDS_WORD = r"(?=[ \t\r\n.,|:()]|\}\}|\Z)"
_TOKEN = re.compile(
    r"""
      (?P<close>[ \t\r\n]+-\}\}[ \t\r\n]*|\}\})
    | (?P<space>[ \t\r\n]+)
    | (?P<string>"(?:\\[^\n]|[^"\\\n])*"|`[^`]*`)
    | (?P<char>'(?:\\[^\n]|[^'\\\n])*')
    | (?P<variable>\$\w*)WORD
    | (?P<number>
        [+-]?(?:
            0[xX][0-9a-fA-F_]*(?:\.[0-9a-fA-F_]*)?(?:[pP][+-]?[0-9_]*)?
          | 0[oO][0-7_]+
          | 0[bB][01_]+
          | (?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9_]*)?
        )(?![\w+-])
      )
    | (?P<field>\.\w+)WORD
    | (?P<dot>\.)WORD
    | (?P<word>\w+)WORD
    | (?P<declare>:=)
    | (?P<mark>[=|(),])
    """.replace("WORD", _ENDS_WORD),
    re.VERBOSE,
)


class Token(NamedTuple):
    """A token of a template. ``kind`` is its group in the lexer's expression.

    Text outside of actions is ``text``, ``open`` begins an action, and the kind of a
    ``mark`` is the character itself.
    """

    kind: str
    text: str = ""


END = Token("end of template")


def tokens_of(template: str) -> Iterator[Token]:
    """Make the tokens of a template. Raises TemplateFault at a text that is no token.

    The parser, not the lexer, refuses parentheses without their match.
    """
    position = 0
    trims = False
    while True:
        opened = template.find(_OPEN, position)
        inside = opened + len(_OPEN)
        text = template[position : opened if opened >= 0 else None]
        if trims:
            text = text.lstrip(_BLANKS)
        trims_left = _TRIMS_LEFT.match(template, inside) if opened >= 0 else None
        if trims_left:
            text = text.rstrip(_BLANKS)
        if text:
            yield Token("text", text)
        if opened < 0:
            return
        if _COMMENT.match(template, inside):
            position, trims = _comment(template, inside)
        else:
            yield Token("open")
            trims = False
            start = trims_left.end() if trims_left else inside
            position = yield from _action(template, start)


def _action(template: str, position: int) -> Generator[Token, None, int]:
    """Yield the tokens of an action and of its end; return the position behind it."""
    while True:
        found = _TOKEN.match(template, position)
        if found is None:
            raise TemplateFault(NOT_PARSED)
        position = found.end()
        kind = str(found.lastgroup)
        yield Token(found[0] if kind == "mark" else kind, found[0])
        if kind == "close":
            return position


def _comment(template: str, start: int) -> tuple[int, bool]:
    """The position behind a comment, and whether blanks behind it are trimmed."""
    end = template.find("*/", template.index("/*", start) + 2)
    closed = _COMMENT_END.match(template, end + 2) if end >= 0 else None
    if closed is None:
        raise TemplateFault(NOT_PARSED)
    return closed.end(), closed[1] is not None
