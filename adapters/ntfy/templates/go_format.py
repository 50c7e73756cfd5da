"""Go's ``fmt``: ``print``, ``println`` and ``printf`` over template values.

A verb that does not fit its value is no error in Go: it prints what went wrong, such
as ``%!d(float64=3)``, and people find out from their notification.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from adapters.ntfy.templates.faults import Budget, FunctionError, check_length
from adapters.ntfy.templates.go_quote import is_character, quoted
from adapters.ntfy.templates.go_time import GoTime
from adapters.ntfy.templates.go_values import (
    float_text,
    sorted_keys,
    special_float,
    text_of,
    to_bytes,
    type_name,
)

_MAX_WIDTH = 999
"""Of padding and precision; ntfy refuses longer ones as an attack on its memory."""
_DIRECTIVE = re.compile(
    r"%(?P<flags>[-+# 0]*)"
    r"(?P<at>\[[^\]]*\])?(?P<width>\*|[0-9]*)"
    r"(?:\.(?P<precise>\[[^\]]*\])?(?P<precision>\*|[0-9]*))?"
    r"(?P<of>\[[^\]]*\])?(?P<verb>.)?",
    re.DOTALL,
)
_BASES = {"v": 10, "d": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_DIGITS = {2: "b", 8: "o", 10: "d", 16: "x"}
_PREFIXES = {"v": "", "d": "", "b": "0b", "o": "0", "O": "0o", "x": "0x", "X": "0x"}
_DEFAULT_PRECISION = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    """One directive: how a value is to be written."""

    letter: str
    minus: bool = False
    plus: bool = False
    sharp: bool = False
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None

    def pad(self, text: str, *, zeros: bool = True) -> str:
        """Fill up to the width, left unless the minus flag is set."""
        missing = (self.width or 0) - len(text)
        if missing <= 0:
            return text
        if self.minus:
            return text + " " * missing
        return ("0" if self.zero and zeros else " ") * missing + text

    def truncate(self, text: str) -> str:
        """As many characters as the precision says."""
        return text if self.precision is None else text[: self.precision]


def sprint(values: Sequence[object], budget: Budget) -> str:
    """``print``: blanks only between two values that are both no text."""
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
    """``println``: blanks between all of them, and a line feed."""
    return " ".join([text_of(value, budget) for value in values]) + "\n"


def sprintf(template: str, values: Sequence[object], budget: Budget) -> str:
    """``printf``; raises FunctionError for widths that only an attack needs."""
    return _Printf(values, budget).format(template)


@dataclass(slots=True)
class _Printf:
    """One ``printf`` on its way through its values."""

    values: Sequence[object]
    budget: Budget
    position: int = 0
    reordered: bool = False
    good: bool = True
    """False once a directive points at a value that is not there."""

    def format(self, template: str) -> str:
        """Write every directive, then complain about values that none asked for."""
        text = _DIRECTIVE.sub(self.directive, template)
        left = self.values[self.position :]
        if left and not self.reordered:
            text += f"%!(EXTRA {', '.join([self.named(value) for value in left])})"
        return text

    def directive(self, found: re.Match[str]) -> str:
        """The text of one directive."""
        self.budget.spend()
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
        verb = _Verb(
            letter=letter,
            minus="-" in flags or (width or 0) < 0,
            plus="+" in flags and letter != "v",
            sharp="#" in flags and letter != "v",
            space=" " in flags,
            zero="0" in flags,
            width=None if width is None else abs(width),
            precision=precision if (precision or 0) >= 0 else None,
        )
        return complaint + self.written(verb)

    def point_at(self, index: str | None) -> None:
        """``[2]``: go on with the second value."""
        if index is None:
            return
        self.reordered = True
        number = index[1:-1]
        if number.isdecimal() and 0 < int(number[:9]) <= len(self.values):
            self.position = int(number) - 1
        else:
            self.good = False

    def number(self, text: str | None) -> tuple[int | None, bool]:
        """A width or precision; a star takes it from the values, where it may lack."""
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

    def written(self, verb: _Verb) -> str:
        """The next value by this verb."""
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

    def value(self, verb: _Verb, value: object) -> str:
        """A value that is there; of lists and maps every part goes by the verb."""
        self.budget.spend_on(value)
        match value:
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
                text = _written(verb, value)
                return self.bad(verb, value) if text is None else text

    def bad(self, verb: _Verb, value: object) -> str:
        """The complaint about a verb that does not fit."""
        what = "<nil>" if value is None else self.named(value, verb)
        return f"%!{verb.letter}({what})"

    def named(self, value: object, verb: _Verb | None = None) -> str:
        """The type and the value, for a complaint."""
        if value is None:
            return "<nil>"
        plain = replace(verb, letter="v") if verb else _Verb(letter="v")
        return f"{type_name(value)}={self.value(plain, value)}"


# ------------------------------------------------------- one for each type; None: bad


def _written(verb: _Verb, value: object) -> str | None:
    match value:
        case bool():
            return _write_bool(verb, value)
        case int():
            return _write_int(verb, value)
        case float():
            return _write_float(verb, value)
        case str() | GoTime():
            return _write_text(verb, str(value))
        case _:
            return None


def _write_bool(verb: _Verb, value: bool) -> str | None:
    if verb.letter not in ("t", "v"):
        return None
    return verb.pad("true" if value else "false")


def _write_text(verb: _Verb, value: str) -> str | None:
    match verb.letter:
        case "v" | "s":
            return verb.pad(verb.truncate(value))
        case "q":
            text = verb.truncate(value)
            if verb.sharp and "`" not in text and text.isprintable():
                return verb.pad(f"`{text}`")
            return verb.pad(quoted(text, ascii_only=verb.plus))
        case "x" | "X":
            return verb.pad(_hexadecimal(verb, to_bytes(value)))
        case _:
            return None


def _hexadecimal(verb: _Verb, data: bytes) -> str:
    data = data if verb.precision is None else data[: verb.precision]
    prefix = "0x" if verb.sharp and data else ""
    separator = f" {prefix}" if verb.space else ""
    text = prefix + separator.join([f"{byte:02x}" for byte in data])
    return text.upper() if verb.letter == "X" else text


def _write_int(verb: _Verb, value: int) -> str | None:
    match verb.letter:
        case "c":
            return verb.pad(_character(value))
        case "q":
            return verb.pad(quoted(_character(value), "'", ascii_only=verb.plus))
        case "U":
            return verb.pad(f"U+{value:04X}", zeros=False)
        case _:
            return _write_digits(verb, value)


def _write_digits(verb: _Verb, value: int) -> str | None:
    base = _BASES.get(verb.letter)
    if base is None:
        return None
    sign = _sign(verb, negative=value < 0)
    digits = format(abs(value), _DIGITS[base])
    if verb.precision is not None:
        digits = "" if verb.precision == value == 0 else digits.zfill(verb.precision)
    elif verb.zero and not verb.minus:
        digits = digits.zfill((verb.width or 0) - len(sign))
    if not digits:
        return verb.pad("", zeros=False)
    prefix = _PREFIXES[verb.letter] if verb.sharp or verb.letter == "O" else ""
    if prefix == "0" == digits[0]:
        prefix = ""
    text = prefix + digits
    return verb.pad(sign + (text.upper() if verb.letter == "X" else text), zeros=False)


def _character(code: int) -> str:
    return chr(code) if is_character(code) else "\ufffd"


def _write_float(verb: _Verb, value: float) -> str | None:
    digits = _float_digits(verb, abs(value))
    if digits is None:
        return None
    if math.isnan(value):
        return verb.pad(_sign(verb, negative=False) + digits, zeros=False)
    sign = _sign(verb, negative=math.copysign(1, value) < 0)
    if math.isinf(value):
        return verb.pad((sign or "+") + digits, zeros=False)
    if verb.zero and not verb.minus:
        digits = digits.zfill((verb.width or 0) - len(sign))
    return verb.pad(sign + digits)


def _float_digits(verb: _Verb, size: float) -> str | None:
    if verb.letter not in "vgGeEfF":
        return None
    if not math.isfinite(size):
        return special_float(size).lstrip("+")
    if verb.letter in "eEfF":
        precision = _DEFAULT_PRECISION if verb.precision is None else verb.precision
        return format(size, f".{precision}{verb.letter}")
    if verb.precision is None:
        text = float_text(size)
    else:
        text = format(size, f".{verb.precision}g")
    return text.upper() if verb.letter == "G" else text


def _sign(verb: _Verb, *, negative: bool) -> str:
    if negative:
        return "-"
    return "+" if verb.plus else " " if verb.space else ""


def repeated(text: str, count: int) -> str:
    """The text many times; raises FunctionError below zero and when it gets long."""
    if count < 0:
        raise FunctionError("negative repeat count")
    check_length(len(text) * count)
    return text * count
