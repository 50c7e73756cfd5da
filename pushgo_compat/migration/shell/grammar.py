"""tree-sitter-bash, which the extra ``[scan]`` brings."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


_CHUNK_BYTES = 2048
_READS_PER_CHUNK = 20
"""A common script takes one or two."""
_MIN_READS = 200


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


class _Chunks:
    """Hands a script to the parser in pieces, and counts them.

    For some texts the grammar's scanner looks for the end of a here-document from each
    line anew, which would take the square of the length. After too many pieces the
    script ends where it was read to.
    """

    def __init__(self, source: bytes) -> None:
        self._source = source
        self.left = _MIN_READS + _READS_PER_CHUNK * (len(source) // _CHUNK_BYTES)

    def __call__(self, offset: int, _: object) -> bytes:
        self.left -= 1
        if self.left < 0:
            return b""
        return self._source[offset : offset + _CHUNK_BYTES]


def parse_shell(source: bytes) -> Node:
    """The syntax tree of a script; there is one for any bytes.

    Its nodes hold no text. Raises ShellParserMissing.
    """
    return _parser().parse(_Chunks(source), encoding="utf8").root_node
