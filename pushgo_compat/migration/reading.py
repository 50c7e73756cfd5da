"""Text of any kind → the calls in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from pushgo_compat.migration.calls import FoundCall, FoundCalls
from pushgo_compat.migration.har import read_har
from pushgo_compat.migration.other_languages import IsOldHost, find_unread
from pushgo_compat.migration.powershell.reading import (
    names_powershell,
    read_powershell,
)
from pushgo_compat.migration.raw_http import is_raw_http, read_raw_http
from pushgo_compat.migration.shell.reading import read_shell
from pushgo_compat.migration.words import Variables

MAX_BYTES = 10 * 1024 * 1024
"""Of one text; a longer one is refused before it comes here."""


def _nowhere(host: str) -> bool:
    return False


def read_calls(
    data: bytes, *, har: bool = False, is_old_host: IsOldHost = _nowhere
) -> FoundCalls:
    """Every call of a text, in order: a line, a script, a crontab, a request.

    A call to an old host in a language that is not read is told as a problem. Raises
    Unreadable for a HAR file that is none, and ShellParserMissing.
    """
    if har:
        return FoundCalls(calls=read_har(data))
    if is_raw_http(data):
        return FoundCalls(calls=[read_raw_http(data)])
    variables = Variables(data.decode("utf-8", "surrogateescape"))
    found = read_shell(data, variables)
    others: list[FoundCall] = []
    if names_powershell(data):
        others += read_powershell(data, variables)
    others += find_unread(data, is_old_host)
    if not others:
        return found
    return replace(found, calls=_merged(found.calls, others))


def _merged(calls: Iterable[FoundCall], others: Iterable[FoundCall]) -> list[FoundCall]:
    """All in their order; of two that overlap the first counts."""
    merged: list[FoundCall] = []
    for call in sorted((*calls, *others), key=lambda call: call.span):
        last = merged[-1] if merged else None
        # Several requests of one command have one span.
        if last is None or call.span == last.span or call.span.start >= last.span.end:
            merged.append(call)
    return merged
