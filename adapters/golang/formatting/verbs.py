"""How Go's ``printf`` writes one value by one verb."""

from __future__ import annotations

import math
from dataclasses import dataclass

from adapters.golang.formatting.quote import is_character, quoted
from adapters.golang.time import GoTime
from adapters.golang.values import float_text, special_float, to_bytes

_BASES = {"v": 10, "d": 10, "b": 2, "o": 8, "O": 8, "x": 16, "X": 16}
_DIGITS = {2: "b", 8: "o", 10: "d", 16: "x"}
_PREFIXES = {"v": "", "d": "", "b": "0b", "o": "0", "O": "0o", "x": "0x", "X": "0x"}
_DEFAULT_PRECISION = 6
_BITS = 53
"""Of a float's significand."""
_HEX_DIGITS = 13
_LEAST_EXPONENT = -1074


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One directive of ``printf``: flags, width, precision and verb."""

    letter: str
    minus: bool = False
    plus: bool = False
    sharp: bool = False
    syntax: bool = False
    """``%#v``: as Go code writes the value."""
    space: bool = False
    zero: bool = False
    width: int | None = None
    precision: int | None = None

    def pad(self, text: str, *, zeros: bool = True) -> str:
        """Pad to the width, on the left unless the minus flag is set."""
        missing = (self.width or 0) - len(text)
        if missing <= 0:
            return text
        if self.minus:
            return text + " " * missing
        return ("0" if self.zero and zeros else " ") * missing + text

    def truncate(self, text: str) -> str:
        """The text, cut to as many characters as the precision."""
        return text if self.precision is None else text[: self.precision]


def written(verb: Verb, value: object) -> str | None:
    """The value written by the verb; None where the verb does not fit."""
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


def _write_bool(verb: Verb, value: bool) -> str | None:
    if verb.letter not in ("t", "v"):
        return None
    return verb.pad("true" if value else "false")


def _write_text(verb: Verb, value: str) -> str | None:
    match verb.letter:
        case "v" if verb.syntax:
            return verb.pad(quoted(verb.truncate(value)))
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


def _hexadecimal(verb: Verb, data: bytes) -> str:
    data = data if verb.precision is None else data[: verb.precision]
    prefix = "0x" if verb.sharp and data else ""
    separator = f" {prefix}" if verb.space else ""
    text = prefix + separator.join([f"{byte:02x}" for byte in data])
    return text.upper() if verb.letter == "X" else text


def _write_int(verb: Verb, value: int) -> str | None:
    match verb.letter:
        case "c":
            return verb.pad(_character(value))
        case "q":
            return verb.pad(quoted(_character(value), "'", ascii_only=verb.plus))
        case "U":
            return verb.pad(f"U+{value:04X}", zeros=False)
        case _:
            return _write_digits(verb, value)


def _write_digits(verb: Verb, value: int) -> str | None:
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


def _write_float(verb: Verb, value: float) -> str | None:
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


def _float_digits(verb: Verb, size: float) -> str | None:
    if verb.letter not in "vgGeEfFxXb":
        return None
    if not math.isfinite(size):
        return special_float(size).lstrip("+")
    if verb.letter in "xX":
        text = _hexadecimal_float(size, verb.precision)
        return text.upper() if verb.letter == "X" else text
    if verb.letter == "b":
        return _binary_float(size)
    if verb.letter in "eEfF":
        precision = _DEFAULT_PRECISION if verb.precision is None else verb.precision
        return format(size, f".{precision}{verb.letter}")
    if verb.precision is None:
        text = float_text(size)
    else:
        text = format(size, f".{verb.precision}g")
    return text.upper() if verb.letter == "G" else text


def _significand(size: float) -> tuple[int, int]:
    """The 53 bits of a float and its exponent: ``bits * 2 ** exponent``."""
    fraction, exponent = math.frexp(size)
    return int(fraction * 2**_BITS), exponent - _BITS


def _hexadecimal_float(size: float, precision: int | None) -> str:
    """Such as ``0x1.8p+01``; without a precision as many digits as it takes."""
    bits, exponent = _significand(size)
    digits = _HEX_DIGITS if precision is None else min(precision, _HEX_DIGITS)
    dropped = 4 * (_HEX_DIGITS - digits)
    kept, rest = bits >> dropped, bits & ((1 << dropped) - 1)
    half = 1 << dropped >> 1
    if rest > half or (rest and rest == half and kept & 1):
        kept += 1
    if kept >> (4 * digits + 1):
        kept, exponent = kept >> 1, exponent + 1
    lead, fraction = divmod(kept, 1 << 4 * digits)
    text = f"{fraction:0{digits}x}" if digits else ""
    text = text.rstrip("0") if precision is None else text.ljust(precision, "0")
    power = exponent + _BITS - 1 if size else 0
    return f"0x{lead}{'.' if text else ''}{text}p{power:+03d}"


def _binary_float(size: float) -> str:
    """The bits as a whole number, and the power of two."""
    bits, exponent = _significand(size)
    if exponent < _LEAST_EXPONENT:  # of 0, and of what is nearly 0
        bits, exponent = bits >> (_LEAST_EXPONENT - exponent), _LEAST_EXPONENT
    return f"{bits}p{exponent if size else _LEAST_EXPONENT:+d}"


def _sign(verb: Verb, *, negative: bool) -> str:
    if negative:
        return "-"
    return "+" if verb.plus else " " if verb.space else ""
