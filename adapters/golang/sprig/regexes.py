"""Sprig's regular expressions, by an engine that does not backtrack.

Go's ``regexp`` is RE2, which google-re2 is as well: the extra ``[templates]``. Python's
own ``re`` can take years for a pattern and a text of 30 characters.

RE2 looks at each character of a text once for each instruction of the compiled pattern
at most. That bound of one search is taken from the budget beforehand; between matches
the budget looks at its clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from adapters.golang.template.faults import Budget, FunctionError, check_length
from adapters.golang.template.functions import Function, function
from adapters.shared.parsing import clean_text

try:
    import re2 as google_re2

    re2: Any = google_re2
except ImportError:  # the extra is not installed
    re2 = None

MISSING_EXTRA = "regular expressions need the extra [templates]"

_MAX_COMPILED_BYTES = 1 << 18
_PATTERN_PRICE = 100
_CHAR_PRICE = 10
_CLASS_PRICE = 400
"""Of ``\\p{…}``, which stands for hundreds of ranges."""
_REPEAT_PRICE = 1000
_TOO_LARGE_PRICE = 10_000
_STEPS_A_STEP = 300
"""Instructions of RE2 that take as long as a step of the budget."""
_MATCH_PRICE = 5
_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_ANY_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")
"""RE2 has ``\\C``, one byte of a character, and Go has not."""
_REFERENCE = re.compile(r"\$(?:\$|(\w+)|\{(\w+)\})", re.ASCII)


class _Match(Protocol):
    """What google-re2 knows of a match; it has no type information."""

    @property
    def re(self) -> _Compiled:
        """The pattern."""
        ...

    def group(self, number: int = 0) -> str | None:
        """The text of a group."""
        ...

    def groupdict(self) -> dict[str, str | None]:
        """The texts of groups with names."""
        ...

    def start(self) -> int:
        """Where it begins."""
        ...

    def end(self) -> int:
        """Where it ends."""
        ...


class _Compiled(Protocol):
    """A pattern of google-re2."""

    @property
    def programsize(self) -> int:
        """Instructions."""
        ...

    @property
    def groups(self) -> int:
        """The number of groups."""
        ...

    def search(self, text: str) -> _Match | None:
        """The first match."""
        ...

    def finditer(self, text: str) -> Iterator[_Match]:
        """Matches in their order."""
        ...


def _compile(budget: Budget, pattern: str) -> _Compiled:
    """Compile a pattern. Raises FunctionError for one that Go refuses as well."""
    classes = pattern.count("\\p") + pattern.count("\\P")
    budget.spend(
        _PATTERN_PRICE
        + _CHAR_PRICE * len(pattern)
        + _CLASS_PRICE * classes
        + _REPEAT_PRICE * pattern.count("{")
    )
    if _ANY_BYTE.search(pattern):
        raise FunctionError("invalid escape sequence")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MAX_COMPILED_BYTES
    try:
        compiled: _Compiled = re2.compile(clean_text(pattern), options)
    except re2.error as error:
        if b"too large" in error.args[0]:
            budget.spend(_TOO_LARGE_PRICE)
        raise FunctionError("error parsing regexp") from error
    budget.spend(compiled.programsize // 2)
    return compiled


def _search_price(compiled: _Compiled, text: str) -> int:
    return 1 + len(text) * compiled.programsize // _STEPS_A_STEP


def _matches(
    budget: Budget, compiled: _Compiled, text: str, limit: int = -1
) -> Iterator[_Match]:
    """Matches that do not overlap. An empty one right after another does not count."""
    budget.spend(_search_price(compiled, text))
    end, count = -1, 0
    for match in compiled.finditer(text):
        if count == limit:
            return
        budget.spend(_MATCH_PRICE)
        budget.check_time()
        if match.start() == match.end() == end:
            continue
        end = match.end()
        count += 1
        yield match


def _must_match(budget: Budget, pattern: str, text: str) -> bool:
    compiled = _compile(budget, pattern)
    budget.spend(_search_price(compiled, text))
    return compiled.search(clean_text(text)) is not None


def _match(budget: Budget, pattern: str, text: str) -> bool:
    """Whether it matches; a pattern that is none matches nothing."""
    try:
        return _must_match(budget, pattern, text)
    except FunctionError:
        return False


def _find_all(budget: Budget, pattern: str, text: str, limit: int) -> list[object]:
    compiled = _compile(budget, pattern)
    found = _matches(budget, compiled, clean_text(text), limit)
    return [match.group() for match in found]


def _find(budget: Budget, pattern: str, text: str) -> str:
    compiled = _compile(budget, pattern)
    budget.spend(_search_price(compiled, text))
    match = compiled.search(clean_text(text))
    return "" if match is None else str(match.group())


def _replaced(
    budget: Budget, pattern: str, text: str, new: Callable[[_Match], str]
) -> str:
    compiled, text = _compile(budget, pattern), clean_text(text)
    pieces, end, size = [], 0, len(text)
    for match in _matches(budget, compiled, text):
        piece = new(match)
        size += len(piece)
        check_length(size)
        pieces += [text[end : match.start()], piece]
        end = match.end()
    return "".join(pieces) + text[end:]


def _replace(budget: Budget, pattern: str, text: str, new: str) -> str:
    return _replaced(budget, pattern, text, lambda match: _expanded(budget, match, new))


def _replace_literal(budget: Budget, pattern: str, text: str, new: str) -> str:
    return _replaced(budget, pattern, text, lambda match: new)


def _expanded(budget: Budget, match: _Match, new: str) -> str:
    """The replacement with ``$1`` and ``${name}`` filled in, as Go does it."""
    if "$" not in new:
        return new
    budget.spend(1 + len(new) // 4)

    def fill(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if name.isdecimal():
            known = int(name[:4]) <= match.re.groups
            return (match.group(int(name)) or "") if known else ""
        return match.groupdict().get(name) or ""

    return _REFERENCE.sub(fill, new)


def _split(budget: Budget, pattern: str, text: str, limit: int) -> list[object]:
    compiled, text = _compile(budget, pattern), clean_text(text)
    if limit == 0:
        return []
    if pattern and not text:
        return [""]
    pieces: list[object] = []
    begin = end = 0
    for match in _matches(budget, compiled, text):
        if 0 < limit == len(pieces) + 1:
            break
        end = match.start()
        if match.end() != 0:
            pieces.append(text[begin:end])
        begin = match.end()
    if end != len(text):
        pieces.append(text[begin:])
    return pieces


def _quote_meta(text: str) -> str:
    return _META.sub(lambda sign: f"\\{sign[0]}", text)


def _regex(signature: str, run: Callable[..., object]) -> Function:
    absent = "" if re2 is not None else MISSING_EXTRA
    made = function(signature, run, walks=True, price=10)
    return made._replace(absent=absent)


_ALSO_MUST: Mapping[str, Function] = {
    "regexFindAll": _regex("text text int", _find_all),
    "regexFind": _regex("text text", _find),
    "regexReplaceAll": _regex("text text text", _replace),
    "regexReplaceAllLiteral": _regex("text text text", _replace_literal),
    "regexSplit": _regex("text text int", _split),
}

REGEXES: Mapping[str, Function] = {
    "regexMatch": _regex("text text", _match),
    "mustRegexMatch": _regex("text text", _must_match),
    **_ALSO_MUST,
    **{f"must{name[0].upper()}{name[1:]}": run for name, run in _ALSO_MUST.items()},
    "regexQuoteMeta": function("text", _quote_meta, chars_a_step=4),
}
