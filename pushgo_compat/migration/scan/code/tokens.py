"""A program's text → its tokens; comments and documentation are left out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from pushgo_compat.migration.scan.kinds import Kind


class Token(NamedTuple):
    """A piece of a program."""

    kind: str
    """``string``, ``name``, ``number``, ``sign``."""
    text: str
    """Without quotes, nothing undone."""
    start: int
    end: int
    """Bytes in the file, quotes included."""
    inner: int = 0
    """Where the text of a string begins."""
    quote: str = ""
    """What opened a string, its prefix included."""


_DOUBLE = r'"(?:[^"\\\n]|\\[\s\S])*+"'
_SINGLE = r"'(?:[^'\\\n]|\\[\s\S])*+'"
_SLASHES = r"//[^\n]*|/\*[\s\S]*?(?:\*/|\Z)"
_HASH = r"\#[^\n]*"
_TEMPLATE = r"`(?:[^`\\]|\\[\s\S])*+(?:`|\Z)"
_MULTILINE_DOUBLE = r'"(?:[^"\\]|\\[\s\S])*+"'
_MULTILINE_SINGLE = r"'(?:[^'\\]|\\[\s\S])*+'"
_TRIPLE = r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+(?:"""|\Z)'
_TRIPLE_SINGLE = r"'''(?:[^'\\]|\\[\s\S]|'(?!''))*+(?:'''|\Z)"
_HEREDOC = (
    r"<<<[ \t]*(?P<here>[\"']?)(?P<tag>[A-Za-z_]\w*)(?P=here)\r?\n"
    r"[\s\S]*?(?:\n[ \t]*(?P=tag)\b|\Z)"
)
_WORDS = r"(?P<name>[A-Za-z_$@\x80-\xff][\w$\x80-\xff]*)|(?P<number>\d[\w.]*)"
_SIGNS = (
    r"(?P<sign>=>|:=|==+|!==?|->|::|\?\.|\?\?|&&|\|\||\.\.\.|<=|>=|\+=|\.=|[^\s\w])"
)


def _language(comments: str, strings: str) -> re.Pattern[str]:
    return re.compile(
        rf"(?P<comment>{comments})|(?P<string>{strings})|{_WORDS}|{_SIGNS}", re.ASCII
    )


_LANGUAGES: Mapping[Kind, re.Pattern[str]] = {
    Kind.PYTHON: _language(
        _HASH,
        rf"(?i:\b[rbuft]{{1,2}})?(?:{_TRIPLE}|{_TRIPLE_SINGLE}|{_DOUBLE}|{_SINGLE})",
    ),
    Kind.JAVASCRIPT: _language(
        _SLASHES + r"|<!--[\s\S]*?(?:-->|\Z)", rf"{_DOUBLE}|{_SINGLE}|{_TEMPLATE}"
    ),
    Kind.PHP: _language(
        _SLASHES + r"|\#(?!\[)[^\n]*|\?>[\s\S]*?(?:<\?(?:php|=)?|\Z)",
        rf"{_MULTILINE_DOUBLE}|{_MULTILINE_SINGLE}|{_HEREDOC}",
    ),
    Kind.GO: _language(_SLASHES, rf"{_DOUBLE}|{_SINGLE}|`[^`]*+(?:`|\Z)"),
    Kind.POWERSHELL: _language(
        r"<\#[\s\S]*?(?:\#>|\Z)|" + _HASH,
        r'@"[ \t]*\r?\n[\s\S]*?(?:\n"@|\Z)|@\'[ \t]*\r?\n[\s\S]*?(?:\n\'@|\Z)'
        r'|"(?:[^"`]|`[\s\S]|"")*+"|\'(?:[^\']|\'\')*+\'',
    ),
    Kind.C_LIKE: _language(
        _SLASHES + r"|\#(?:include|import)[^\n]*",
        rf'\$?@"(?:[^"]|"")*+"|\$?(?:{_TRIPLE}|{_DOUBLE})|{_TRIPLE_SINGLE}|{_SINGLE}',
    ),
    Kind.HASH_LIKE: _language(
        r"(?<!\$)"
        + _HASH
        + r"|(?m:^)=(?:begin|pod|head1)[\s\S]*?(?:\n=(?:end|cut)|\Z)",
        rf"{_TRIPLE}|{_MULTILINE_DOUBLE}|{_MULTILINE_SINGLE}",
    ),
    Kind.LUA: _language(
        r"--\[\[[\s\S]*?(?:\]\]|\Z)|--[^\n]*",
        rf"{_DOUBLE}|{_SINGLE}|\[\[[\s\S]*?(?:\]\]|\Z)",
    ),
}
LANGUAGES = frozenset(_LANGUAGES)
_QUOTE = re.compile(r"""\w{0,2}(?:\"\"\"|'''|@"|@'|["'`]|\[\[)|<<<[^\n]*\n|\$?@?\"+""")
_REGEX = re.compile(r"/(?![/*])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/[a-z]*")
_BEFORE_REGEX = frozenset("(,=:[!&|?{};+") | {"&&", "||", "=>", "==", "===", "??"}


def read_tokens(kind: Kind, text: str) -> Iterator[Token]:
    """The tokens of a program; there are some for any text.

    A character stands for a byte (Latin-1).
    """
    pattern = _LANGUAGES[kind]
    at = 0
    if kind is Kind.PHP:
        begin = re.search(r"<\?(?:php|=)?", text)
        at = begin.end() if begin else len(text)
    before = ""
    while found := pattern.search(text, at):
        group, at = found.lastgroup or "sign", found.end()
        if group in ("here", "tag"):
            group = "string"
        if group == "comment":
            continue
        written = found[0]
        if written == "/" and kind is Kind.JAVASCRIPT and before in _BEFORE_REGEX:
            literal = _REGEX.match(text, found.start())
            if literal is not None:
                at, before = literal.end(), "/"
                continue
        before = written
        if group != "string":
            yield Token(group, written, found.start(), at)
            continue
        yield _string(written, found.start())


def _string(token: str, start: int) -> Token:
    opened = _QUOTE.match(token)
    quote = opened[0] if opened else token[:1]
    close = quote.lstrip("rbuftRBUFT$").removeprefix("@")
    end = len(token)
    if quote.startswith("<<<"):
        last = token.rfind("\n")
        end = last if last >= len(quote) else end
    else:
        for size in (3, 2, 1):
            tail = "]]" if quote == "[[" else close[:size]
            is_closed = len(tail) == size and token.endswith(tail)
            if is_closed and len(token) >= len(quote) + size:
                end = len(token) - size
                break
    return Token(
        "string",
        token[len(quote) : max(end, len(quote))],
        start,
        start + len(token),
        start + len(quote),
        quote,
    )


def without_documentation(tokens: list[Token], text: str) -> list[Token]:
    """Python's docstrings taken out: strings that are statements of their own."""
    kept = []
    depth = 0
    for index, token in enumerate(tokens):
        if token.kind == "sign":
            depth += (token.text in "([{") - (token.text in ")]}")
        elif token.kind == "string" and depth <= 0:
            line_start = text.rfind("\n", 0, token.start) + 1
            is_first = not text[line_start : token.start].strip()
            following = tokens[index + 1].start if index + 1 < len(tokens) else None
            is_last = following is None or "\n" in text[token.end : following]
            if is_first and is_last:
                continue
        kept.append(token)
    return kept
