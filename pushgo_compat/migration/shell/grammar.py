"""tree-sitter-bash, which the extra ``[scan]`` brings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


class ShellParserMissing(Exception):
    """The parser of shell is not installed."""

    def __init__(self) -> None:
        super().__init__(
            "reading command lines takes tree-sitter-bash:"
            " pip install 'pushgo-compat[scan]'"
        )


@lru_cache(maxsize=1)
def _parser() -> Parser:
    """The parser. Raises ShellParserMissing."""
    try:
        import tree_sitter_bash
        from tree_sitter import Language, Parser
    except ImportError as error:
        raise ShellParserMissing from error
    return Parser(Language(tree_sitter_bash.language()))


def parse_shell(source: bytes) -> Node:
    """The syntax tree of a script; there is one for any bytes.

    Raises ShellParserMissing.
    """
    return _parser().parse(source).root_node
