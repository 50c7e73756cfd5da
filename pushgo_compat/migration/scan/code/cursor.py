"""A place in a program's tokens: what stands there, and how far a thing goes."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from pushgo_compat.migration.scan.code.tokens import Token
from pushgo_compat.migration.scan.code.values import Call, Known, Value
from pushgo_compat.migration.scan.code.work import Work
from pushgo_compat.migration.scan.kinds import Kind
from pushgo_compat.migration.words import Variables, Word

MAX_TOKENS = 4000
"""Of one expression."""
_PATH_SIGNS = frozenset({".", "->", "::", "?."})
OPEN, CLOSE = frozenset("([{"), frozenset(")]}")
_TEXT_CALLS = frozenset(
    {"str", "string", "encodeuricomponent", "quote", "urlencode", "encodeuri"}
    | {"rawurlencode", "quote_plus", "queryescape", "pathescape", "url", "uri", "trim"}
    | {"bytes", "newreader", "newbufferstring", "newbuffer"}
)


class Tokens:
    """The tokens of a program, and markers for what is not read in them."""

    def __init__(
        self, kind: Kind, text: str, tokens: Sequence[Token], variables: Variables
    ) -> None:
        self.kind = kind
        self.text = text
        self.tokens = tokens
        self.variables = variables
        self.work = Work(len(tokens))

    def unknown(self, start: int, end: int) -> Word:
        """A marker for a stretch of the program."""
        written = " ".join(self.text[start:end].split())
        return self._marked(written, start)

    def _marked(self, written: str, start: int) -> Word:
        with suppress(UnicodeEncodeError):
            written = written.encode("latin-1").decode("utf-8", "replace")
        return self.variables.word(written, start)

    def as_word(self, value: Value, first: int) -> Word:
        """A value as a part of a text."""
        match value:
            case Word():
                return value
            case Known(value=number) if number is not None:
                return Word.made_up(str(number).removesuffix(".0"))
            case Call(arguments=[Word() as inner, *_]) if value.last in _TEXT_CALLS:
                return inner
            case Call():
                return self.unknown(value.start, value.end)
            case _:
                at = self.tokens[first].start if first < len(self.tokens) else 0
                return self._marked("…", at)

    def path(self, index: int) -> tuple[str, int]:
        """A dotted name, and the token behind it."""
        name = self.tokens[index].text
        index += 1
        while (
            index + 1 < len(self.tokens)
            and self.tokens[index].text in _PATH_SIGNS
            and self.tokens[index + 1].kind == "name"
            and not (self.kind is Kind.PHP and self.tokens[index].text == ".")
        ):
            name += self.tokens[index].text + self.tokens[index + 1].text
            index += 2
        return name, index

    def _sign(self, index: int) -> str:
        if 0 <= index < len(self.tokens) and self.tokens[index].kind == "sign":
            return self.tokens[index].text
        return ""

    def _skip_brackets(self, index: int) -> tuple[int, int]:
        """The closing bracket's place twice: itself, and for Go's type behind it."""
        depth = 0
        for at in range(index, min(len(self.tokens), index + MAX_TOKENS)):
            text = self._sign(at)
            depth += (text in OPEN if text else 0) - (text in CLOSE if text else 0)
            if not depth:
                self.work.tokens(at - index)
                return at, at + 1
        self.work.tokens(MAX_TOKENS)
        return index, index + 1

    def _ends_argument(self, index: int) -> bool:
        """Whether a pipe or PowerShell's next ``-Name`` begins."""
        token = self.tokens[index]
        if token.text in ("|", "||", "`") or token.kind == "name":
            return True
        following = self.tokens[index + 1] if index + 1 < len(self.tokens) else token
        return token.text == "-" and following.start == token.end

    def _is_to_json(self, index: int) -> bool:
        """PowerShell's ``| ConvertTo-Json``."""
        following = [token.text.lower() for token in self.tokens[index + 1 : index + 4]]
        return following == ["convertto", "-", "json"]

    def _begins_statement(self, index: int) -> bool:
        """Whether a token stands on a new line, where no operator goes on."""
        token, before = self.tokens[index], self.tokens[index - 1]
        if token.kind == "sign" and token.text not in ("$", "@", "#"):
            return False
        return "\n" in self.text[before.end : token.start]

    def _skipped(self, first: int, index: int) -> tuple[Word, int]:
        """What is no text: up to the next comma or closing bracket."""
        depth, begin = 0, index
        most = 1 if self.work.is_done else MAX_TOKENS
        while index < len(self.tokens) and index - first < most:
            text = self.tokens[index].text if self.tokens[index].kind == "sign" else ""
            if not depth and (text in CLOSE or text in (",", ";")):
                break
            if not depth and index > first and self._begins_statement(index):
                break
            depth += (text in OPEN) - (text in CLOSE)
            index += 1
        start = self.tokens[first].start if first < len(self.tokens) else len(self.text)
        end = self.tokens[index - 1].end if index else start
        self.work.tokens(index - begin)
        self.work.text(end - start)
        return self.unknown(start, end), max(index, first + 1)
