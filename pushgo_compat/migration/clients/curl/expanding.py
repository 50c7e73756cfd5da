"""``--variable`` and ``--expand-…`` of curl 8.3: text with ``{{name}}`` in it.

Source: https://curl.se/docs/manpage.html#--variable. Nothing is read: a variable of the
environment, or of a file, stays unknown.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import quote

from pushgo_compat.migration.clients.common import as_bytes
from pushgo_compat.migration.shell.commands import Argument
from pushgo_compat.migration.words import Variables, Word

_VARIABLE = "--variable"
_EXPAND = "--expand-"
_USE = re.compile(r"\\?\{\{(\w+)((?::\w+)*)\}\}")
_SET = re.compile(r"(%?)(\w+)(?:([=@])(.*))?", re.DOTALL)
_FUNCTIONS: Mapping[str, Callable[[str], str]] = {
    "trim": str.strip,
    "json": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    "url": lambda text: quote(as_bytes(text), safe="-._~"),
    "b64": lambda text: base64.b64encode(as_bytes(text)).decode(),
}


def expanded(words: Sequence[Argument], variables: Variables) -> list[Argument]:
    """The words, with ``--expand-x`` replaced by ``--x`` and what it comes to."""
    found: list[Argument] = []
    values: dict[str, Word] = {}
    rest = iter(words)
    for word in rest:
        text = word.word.text
        if text == _VARIABLE:
            if (given := next(rest, None)) is not None:
                _set(given.word, values, variables)
        elif text.startswith(_EXPAND):
            found.append(Argument(Word.made_up("--" + text.removeprefix(_EXPAND))))
            if (given := next(rest, None)) is not None:
                found.append(Argument(_filled(given.word, values, variables)))
        else:
            found.append(word)
    return found


def _set(word: Word, values: dict[str, Word], variables: Variables) -> None:
    """``name=text``, ``%NAME`` of the environment, ``name@file``."""
    matched = _SET.fullmatch(word.text)
    if matched is None:
        return
    from_outside, name, sign, _ = matched.groups()
    if sign == "=" and not from_outside:
        values[name] = word.part(matched.start(4))
    else:
        written = f"${name}" if from_outside else f"{{{{{name}}}}}"
        values[name] = variables.word(written, word.offsets[0])


def _filled(word: Word, values: Mapping[str, Word], variables: Variables) -> Word:
    parts: list[Word] = []
    at = 0
    for found in _USE.finditer(word.text):
        parts.append(word.part(at, found.start()))
        at = found.end()
        if found[0].startswith("\\"):
            parts.append(word.part(found.start() + 1, at))
        else:
            value = values.get(found[1], Word.made_up(""))
            parts.append(_applied(value, found, word, variables))
    return Word.joined([*parts, word.part(at)])


def _applied(
    value: Word, found: re.Match[str], word: Word, variables: Variables
) -> Word:
    """A value behind the functions that are named: ``{{name:trim:url}}``."""
    functions = [name for name in found[2].split(":") if name]
    if not functions:
        return value
    if variables.are_in(value.text) or not _FUNCTIONS.keys() >= set(functions):
        return variables.word(found[0], word.offsets[found.start()])
    text = value.text
    for name in functions:
        text = _FUNCTIONS[name](text)
    return Word.made_up(text)
