"""Literals in templates: quoted texts, characters, numbers (Go's ``strconv``)."""

from __future__ import annotations

import re

from adapters.golang.formatting.quote import is_character
from adapters.golang.template.faults import NOT_PARSED, TemplateFault
from adapters.golang.template.nodes import Number

_MAX_INT64 = 2**63
_OLD_OCTAL = re.compile(r"([+-]?)0([0-7_]+)")
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\'\"])|x([0-9a-fA-F]{2})|([0-7]{3})"
    r"|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|)"
)
_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}


def read_string(literal: str) -> str:
    """The text of a quoted literal. Bytes that are not UTF-8 become lone surrogates."""
    inner = literal[1:-1]
    if literal[0] == "`":
        return inner.replace("\r", "")
    return _unescape(inner, '"')


def read_char(literal: str) -> Number:
    """The value of a character constant, which is a number in Go."""
    text = _unescape(literal[1:-1], "'")
    if len(text) != 1:
        raise TemplateFault(NOT_PARSED)
    code = ord(text)
    return Number(code, code)


def read_number(literal: str) -> Number:
    """An integer or a float. Raises TemplateFault for another text or overflow."""
    try:
        octal = _OLD_OCTAL.fullmatch(literal)
        whole = int(f"{octal[1]}0o{octal[2]}" if octal else literal, 0)
    except ValueError:
        return _read_float(literal)
    if not -_MAX_INT64 <= whole < _MAX_INT64:
        raise TemplateFault(NOT_PARSED)
    return Number(whole, whole)


def _read_float(literal: str) -> Number:
    try:
        hexadecimal = "x" in literal.lower()
        value = float.fromhex(literal) if hexadecimal else float(literal)
    except (ValueError, OverflowError) as error:
        raise TemplateFault(NOT_PARSED) from error
    if value in (float("inf"), float("-inf")):
        raise TemplateFault(NOT_PARSED)
    whole = value.is_integer() and -_MAX_INT64 <= value < _MAX_INT64
    return Number(value, int(value) if whole else None)


def _unescape(text: str, quote: str) -> str:
    if "\\" not in text:
        return text

    def character(found: re.Match[str]) -> str:
        simple, *numbers = found.groups()
        if simple:
            if simple in "'\"" and simple != quote:
                raise TemplateFault(NOT_PARSED)
            return _SIMPLE.get(simple, simple)
        return _by_number(*numbers)

    decoded = _ESCAPE.sub(character, text)
    return decoded.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _by_number(
    hexadecimal: str | None, octal: str | None, short: str | None, long: str | None
) -> str:
    """The character of a numeric escape. The first two kinds are single bytes."""
    if hexadecimal or octal:
        byte = int(hexadecimal, 16) if hexadecimal else int(octal or "", 8)
        try:
            return bytes([byte]).decode("utf-8", "surrogateescape")
        except ValueError as error:
            raise TemplateFault(NOT_PARSED) from error
    code = int(short or long or "-1", 16)
    if not is_character(code):
        raise TemplateFault(NOT_PARSED)
    return chr(code)
