"""Text of any kind → the calls in it."""

from __future__ import annotations

from pushgo_compat.migration.calls import FoundCalls
from pushgo_compat.migration.har import read_har
from pushgo_compat.migration.raw_http import is_raw_http, read_raw_http
from pushgo_compat.migration.shell.reading import read_shell

MAX_BYTES = 10 * 1024 * 1024
"""Of one text; a longer one is refused before it comes here."""


def read_calls(data: bytes, *, har: bool = False) -> FoundCalls:
    """Every call of a text, in order: a line, a script, a crontab, a request.

    Raises Unreadable for a HAR file that is none, and ShellParserMissing.
    """
    if har:
        return FoundCalls(calls=read_har(data))
    if is_raw_http(data):
        return FoundCalls(calls=[read_raw_http(data)])
    return read_shell(data)


def line_of(data: bytes, offset: int) -> int:
    """The line of a byte, from 1."""
    return data.count(b"\n", 0, offset) + 1
