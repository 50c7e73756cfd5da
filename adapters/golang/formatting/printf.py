"""Go's ``fmt``: ``print``, ``println`` and ``printf`` over template values.

A verb that does not fit its value is no error in Go: the output then holds a complaint
such as ``%!d(float64=3)``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.golang.formatting.verbs import Verb, written
from adapters.golang.template.faults import Budget, FunctionError
from adapters.golang.values import sorted_keys, text_of, type_name

_DIRECTIVE_PRICE = 12
_VALUE_PRICE = 4
_CHARS_A_STEP = 2
"""Characters a step, for a text that is quoted or written in hexadecimal digits."""
_BY_CHARACTER = frozenset("qxX")
_MAX_WIDTH = 999
"""The largest width or precision. ntfy refuses larger ones to protect its memory."""
_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)"
    r"(?P<at>\[[^\]]*\])?(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<precise>\[[^\]]*\])?(?P<precision>\*|[0-9]*))?"
    r"(?P<of>\[[^\]]*\])?(?P<verb>.)?",
    re.DOTALL,
)


def sprint(values: Sequence[object], budget: Budget) -> str:
    """``print``: a blank between two values if neither of them is a text."""
    pieces: list[str] = []
    after_text = True
    for value in values:
        is_text = isinstance(value, str)
        if not (is_text or after_text):
            pieces.append(" ")
        pieces.append(text_of(value, budget))
        after_text = is_text
    return "".join(pieces)


def sprintln(values: Sequence[object], budget: Budget) -> str:
    """``println``: a blank between all values, and a line feed at the end."""
    return " ".join([text_of(value, budget) for value in values]) + "\n"


def sprintf(template: str, values: Sequence[object], budget: Budget) -> str:
    """``printf``. Raises FunctionError for a width or precision over the limit."""
    return _Printf(values, budget).format(template)


@dataclass(slots=True)
class _Printf:
    """The state of one ``printf``: its values, and which of them is next."""

    values: Sequence[object]
    budget: Budget
    position: int = 0
    reordered: bool = False
    good: bool = True
    """False after a directive that names a value that does not exist."""

    def format(self, template: str) -> str:
        """Write every directive, then a complaint about values that were not used."""
        text = _DIRECTIVE.sub(self.directive, template)
        left = self.values[self.position :]
        if left and not self.reordered:
            text += f"%!(EXTRA {', '.join([self.named(value) for value in left])})"
        return text

    def directive(self, found: re.Match[str]) -> str:
        """The output of one directive."""
        self.budget.spend(_DIRECTIVE_PRICE)
        self.good = True
        complaint = ""
        self.point_at(found["at"])
        width, bad_width = self.number(found["width"])
        if bad_width:
            complaint = "%!(BADWIDTH)"
        if found["at"] and found["width"] and found["width"] != "*":
            self.good = False
        self.point_at(found["precise"])
        precision, bad_precision = self.number(found["precision"])
        if bad_precision:
            complaint += "%!(BADPREC)"
        if found["precision"] == "":
            precision = 0
        self.point_at(found["of"])
        letter = found["verb"]
        if letter is None:
            return f"{complaint}%!(NOVERB)"
        flags = found["flags"]
        verb = Verb(
            letter=letter,
            minus="-" in flags or (width or 0) < 0,
            plus="+" in flags and letter != "v",
            sharp="#" in flags and letter != "v",
            syntax="#" in flags and letter == "v",
            space=" " in flags,
            zero="0" in flags,
            width=None if width is None else abs(width),
            precision=precision if (precision or 0) >= 0 else None,
        )
        return complaint + self.written(verb)

    def point_at(self, index: str | None) -> None:
        """Read an index: ``[2]`` makes the second value the next one."""
        if index is None:
            return
        self.reordered = True
        number = index[1:-1]
        if number.isdecimal() and 0 < int(number[:9]) <= len(self.values):
            self.position = int(number) - 1
        else:
            self.good = False

    def number(self, text: str | None) -> tuple[int | None, bool]:
        """Read a width or precision. A star takes it from the values."""
        if not text:
            return None, False
        if text != "*":
            return self.small(int(text[:9])), False
        taken = self.values[self.position : self.position + 1]
        self.position += len(taken)
        if not taken or type(taken[0]) is not int:
            return None, True
        return self.small(taken[0]), False

    def small(self, number: int) -> int:
        if abs(number) > _MAX_WIDTH:
            raise FunctionError("printf width or precision too large")
        return number

    def written(self, verb: Verb) -> str:
        """The next value, written by this verb."""
        if verb.letter == "%":
            return "%"
        if not self.good:
            return f"%!{verb.letter}(BADINDEX)"
        if self.position >= len(self.values):
            return f"%!{verb.letter}(MISSING)"
        value = self.values[self.position]
        self.position += 1
        if verb.letter == "T":
            return verb.pad(verb.truncate(type_name(value)))
        if value is None:
            return verb.pad("<nil>") if verb.letter == "v" else self.bad(verb, value)
        return self.value(verb, value)

    def value(self, verb: Verb, value: object) -> str:
        """A value written by the verb; for a list or map, every part of it."""
        self.budget.spend(_VALUE_PRICE)
        if verb.letter in _BY_CHARACTER or verb.syntax:
            self.budget.spend_on(value, _CHARS_A_STEP)
        else:
            self.budget.spend_on(value)
        match value:
            case None if verb.syntax:
                return "interface {}(nil)"
            case list() | dict() if verb.syntax:
                return self.in_syntax(verb, value)
            case list():
                return f"[{' '.join([self.value(verb, inner) for inner in value])}]"
            case dict():
                pairs = [
                    f"{self.value(verb, key)}:{self.value(verb, value[key])}"
                    for key in sorted_keys(value)
                ]
                return f"map[{' '.join(pairs)}]"
            case None:
                return "<nil>"
            case _:
                text = written(verb, value)
                return self.bad(verb, value) if text is None else text

    def in_syntax(self, verb: Verb, value: list[object] | dict[str, object]) -> str:
        """A list or map as Go code writes it (``%#v``)."""
        if isinstance(value, list):
            parts = [self.value(verb, inner) for inner in value]
        else:
            parts = [
                f"{self.value(verb, key)}:{self.value(verb, value[key])}"
                for key in sorted_keys(value)
            ]
        return f"{type_name(value)}{{{', '.join(parts)}}}"

    def bad(self, verb: Verb, value: object) -> str:
        """The complaint about a verb that does not fit its value."""
        what = "<nil>" if value is None else self.named(value, verb)
        return f"%!{verb.letter}({what})"

    def named(self, value: object, verb: Verb | None = None) -> str:
        """Type and value, as a complaint shows them."""
        if value is None:
            return "<nil>"
        plain = replace(verb, letter="v", syntax=False) if verb else Verb(letter="v")
        return f"{type_name(value)}={self.value(plain, value)}"
