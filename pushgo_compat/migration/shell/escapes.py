"""The escapes of the shell's quotes (Bash manual, 3.1.2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from pushgo_compat.migration.words import Word

_ANSI_C = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})"
    r"|([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_ANSI_C_LETTERS = {
    "a": "\a",
    "b": "\b",
    "e": "\x1b",
    "E": "\x1b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
}
_UNQUOTED = re.compile(r"\\(.)", re.DOTALL)
_DOUBLE = re.compile(r'\\([$`"\\\n])')
_HEREDOC = re.compile(r"\\([$`\\\n])")
_MAX_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def unquoted(word: Word) -> Word:
    """Text outside quotes: a backslash quotes what follows it."""
    return _replaced(word, _UNQUOTED, _plain)


def in_double_quotes(word: Word) -> Word:
    """Text between double quotes."""
    return _replaced(word, _DOUBLE, _plain)


def in_heredoc(word: Word) -> Word:
    """Text of a here-document whose delimiter is not quoted."""
    return _replaced(word, _HEREDOC, _plain)


def ansi_c(word: Word) -> Word:
    """Text of ``$'…'``; bytes that are no UTF-8 become lone surrogates."""
    decoded = _replaced(word, _ANSI_C, _ansi_c)
    if decoded.text.isascii():
        return decoded
    return _joined_bytes(decoded)


def _plain(found: re.Match[str]) -> str:
    return "" if found[1] == "\n" else found[1]


def _ansi_c(found: re.Match[str]) -> str:
    two, four, eight, octal, control, letter = found.groups()
    if two or octal:
        # A byte on its own: surrogateescape has a character for each.
        code = int(two, 16) if two else int(octal, 8) & 0xFF
        return bytes([code]).decode("utf-8", "surrogateescape")
    if four or eight:
        code = int(four or eight, 16)
        is_text = code <= _MAX_CODE_POINT and code not in _SURROGATES
        return chr(code) if is_text else "\ufffd"
    if control:
        return chr(ord(control) & 0x1F)
    return _ANSI_C_LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)


def _replaced(
    word: Word, pattern: re.Pattern[str], value: Callable[[re.Match[str]], str]
) -> Word:
    if "\\" not in word.text:
        return word
    parts: list[Word] = []
    end = 0
    for found in pattern.finditer(word.text):
        parts.append(word.part(end, found.start()))
        text = value(found)
        parts.append(Word(text, [word.offsets[found.start()]] * len(text)))
        end = found.end()
    parts.append(word.part(end))
    return Word.joined(parts)


def _joined_bytes(word: Word) -> Word:
    r"""Bytes given one by one (``$'\xc3\xa4'``) as the characters that they make."""
    text = word.text.encode("utf-8", "surrogateescape")
    decoded = text.decode("utf-8", "surrogateescape")
    if decoded == word.text:
        return word
    offsets: list[int] = []
    sizes = [len(char.encode("utf-8", "surrogateescape")) for char in word.text]
    of_byte: Sequence[int] = [
        offset
        for offset, size in zip(word.offsets, sizes, strict=True)
        for _ in range(size)
    ]
    at = 0
    for char in decoded:
        offsets.append(of_byte[at])
        at += len(char.encode("utf-8", "surrogateescape"))
    return Word(decoded, offsets)
