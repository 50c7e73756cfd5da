"""Text for fish as other shells have it: ``(command)`` is their ``$(command)``."""

from __future__ import annotations

import re

from pushgo_compat.migration.shell.source import Source

_TOKEN = re.compile(
    rb"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|(?<!\S)#[^\n]*|\\.|(?<![$<>=(])(\()",
    re.DOTALL,
)
_FUNCTION = re.compile(rb"(?m)^[ \t]*function [^(){}\n]*$")
"""Its body follows without a brace."""


def from_fish(source: Source) -> Source | None:
    """The text with its substitutions in the other form; None where nothing is fish's.

    ``name()`` begins a function in the other shells and is nothing in fish.
    """
    if b"()" in source.data:
        return None
    data = _FUNCTION.sub(lambda header: b" " * len(header[0]), source.data)
    text, places, end = bytearray(), list[int](), 0
    for found in _TOKEN.finditer(data):
        if found[1] is None:
            continue
        at = found.start()
        text += data[end:at] + b"$"
        places += [*source.places[end:at], source.places[at]]
        end = at
    if not end and data == source.data:
        return None
    text += data[end:]
    return Source(bytes(text), [*places, *source.places[end:]])
