"""Lines of a crontab: when, perhaps who, and then shell (crontab(5))."""

from __future__ import annotations

import re

from pushgo_compat.migration.shell.source import Source

_FIELD = rb"(?:[0-9*][0-9*/,-]*|[A-Za-z]{3}(?:[-,][A-Za-z]{3})*)"
_WHEN = re.compile(
    rb"[ \t]*(?:(?:" + _FIELD + rb"[ \t]+){5}|@[a-z_]+[ \t]+)"
    rb"(?:[a-z_][a-z0-9_-]*[ \t]+"
    rb"(?=(?:\S*/)?(?:curl|wget|http|xh|ntfy|sh|bash|sudo)\b))?"
    rb"(?=\S)"
)
_CLIENT = re.compile(rb"\b(?:curl|wget2?|https?|xhs?|ntfy)\b")
_PERCENT = re.compile(rb"\\%|%")


def split_crontab(source: Source) -> tuple[Source, list[tuple[Source, Source | None]]]:
    """Take the lines of a crontab out of a text.

    The rest keeps its places; of each line come its command and what cron writes to
    its standard input: what stands behind the first ``%``.
    """
    data = bytearray(source.data)
    lines: list[tuple[Source, Source | None]] = []
    start = 0
    for line in source.data.splitlines(keepends=True):
        end = start + len(line)
        # A line of a longer text may begin with five numbers as well.
        if (when := _WHEN.match(line)) and _CLIENT.search(line):
            command = source.part(start + when.end(), start + len(line.rstrip(b"\r\n")))
            lines.append(_without_percents(command))
            # Nothing is moved: the rest of the text keeps its offsets.
            data[start : start + len(line.rstrip(b"\r\n"))] = b" " * len(
                line.rstrip(b"\r\n")
            )
        start = end
    return Source(bytes(data), source.places), lines


def _without_percents(command: Source) -> tuple[Source, Source | None]:
    r"""Undo ``%``: the first ends the command, the others lines; ``\%`` is text."""
    data = bytearray()
    places: list[int] = []
    given: int | None = None
    at = 0
    for found in _PERCENT.finditer(command.data):
        data += command.data[at : found.start()]
        places += command.places[at : found.start()]
        at = found.end()
        if found[0] == b"%" and given is None:
            given = len(data)
            continue
        data += b"%" if found[0] == b"\\%" else b"\n"
        places.append(command.places[found.start()])
    data += command.data[at:]
    places += command.places[at:]
    if given is None:
        return Source(bytes(data), places), None
    line_end = places[-1]
    return (
        Source(bytes(data[:given]), [*places[:given], places[given]]),
        Source(bytes(data[given:]) + b"\n", [*places[given:], line_end]),
    )
