"""How ntfy finds a parameter: headers first, then the query (the ntfy page, 2 and 3).

One pass over the headers and one over the query fill a table with what was sent; the
twenty parameters and their seventy names cost nothing unless they are there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from typing import NamedTuple

from adapters.ntfy.delay import Clock
from adapters.ntfy.logins import QUERY_NAMES
from adapters.ntfy.words import decode_words
from adapters.shared.parsing import header_text, parse_pairs, shown_name
from pushgo_compat.legacy import LegacyRequest, Note

GO_BLANKS = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What Go trims. Python's ``strip`` takes the separators U+001C to U+001F as well."""

_NAMES: Mapping[str, tuple[str, ...]] = {
    "message": ("x-message", "message", "m"),
    "title": ("x-title", "title", "t"),
    "priority": ("x-priority", "priority", "prio", "p"),
    "tags": ("x-tags", "tags", "tag", "ta"),
    "delay": ("x-delay", "delay", "x-at", "at", "x-in", "in"),
    "actions": ("x-actions", "actions", "action"),
    "click": ("x-click", "click"),
    "attach": ("x-attach", "attach", "a"),
    "filename": ("x-filename", "filename", "file", "f"),
    "icon": ("x-icon", "icon"),
    "markdown": ("x-markdown", "markdown", "md"),
    "content_type": ("content-type", "content_type"),
    "email": ("x-email", "x-e-mail", "email", "e-mail", "mail", "e"),
    "call": ("x-call", "call"),
    "cache": ("x-cache", "cache"),
    "firebase": ("x-firebase", "firebase"),
    "unifiedpush": ("x-unifiedpush", "unifiedpush", "up"),
    "content_encoding": ("content-encoding",),
    "poll_id": ("x-poll-id", "poll-id"),
    "template": ("x-template", "template", "tpl"),
    "sequence_id": ("x-sequence-id", "sequence-id", "sid"),
}
"""Parameter → its names, the winning one first; in the query only in lower case."""

_OF_HTTP = frozenset({"content_type", "content_encoding"})
"""Every client sends these for its own reasons: no note when they mean nothing."""
HTTP_PRIORITY_HINT = re.compile(r"u=[0-9](?:,[\t\n\f\r ]*(?:i|[0-9]))?")
"""RFC 9218, put in by content networks; ntfy looks past it (only in ``Priority``)."""
_TRUE = frozenset({"1", "yes", "true"})


class _Place(NamedTuple):
    """Which parameter a name belongs to and how many names come before it."""

    parameter: str
    rank: int


class Sent(NamedTuple):
    """A raw value and the name that the sender gave it."""

    field: str
    value: str


_PLACES = {
    name: _Place(parameter, rank)
    for parameter, names in _NAMES.items()
    for rank, name in enumerate(names)
}


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameters that are set, trimmed and decoded, never empty."""

    values: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    """Parameter → the name that the sender gave it."""
    notes: list[Note] = field(default_factory=list)
    """About what was sent and is not in ``values``."""
    clock: Clock = field(default_factory=Clock)

    def flag(self, parameter: str, *, default: bool = False) -> bool:
        """Whether it is ``1 yes true`` in any case; all else is false, even ``on``."""
        value = self.values.get(parameter)
        return default if value is None else is_true(value)


def trim(text: str) -> str:
    """Trim what Go's ``TrimSpace`` trims."""
    return text.strip(GO_BLANKS)


def is_true(value: str) -> bool:
    """Whether ntfy reads a value as true; all else is false, even ``on``."""
    return value.lower() in _TRUE


def unknown(name: str) -> Note:
    """A note about a name that no parameter has."""
    return Note(shown_name(name), "unknown")


def read_parameters(
    request: LegacyRequest,
    overrides: Mapping[str, Sent] | None = None,
    zone: tzinfo = UTC,
) -> Parameters:
    """Find every parameter; ``overrides`` are JSON fields by header name."""
    found = Parameters(clock=Clock(request.received_at_ms, zone))
    headers = _first_of_each(request.headers.items(), found.notes)
    if overrides:
        found.notes.extend(
            Note(headers[name].field, "overridden")
            for name in overrides
            if name in headers
        )
        headers.update(overrides)
    _choose_headers(headers, found)
    if request.query:
        _choose_query(request.query, found)
    return found


def _first_of_each(
    headers: Iterable[tuple[str, str]], notes: list[Note]
) -> dict[str, Sent]:
    """The first line of each header that is a parameter, by its lower-case name."""
    first: dict[str, Sent] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered not in _PLACES:
            continue
        if lowered in first:
            notes.append(Note(name, "overridden"))
        else:
            first[lowered] = Sent(
                name, value if value.isascii() else header_text(value)
            )
    return first


def _choose_headers(headers: Mapping[str, Sent], found: Parameters) -> None:
    """Take for each parameter the first of its names that is not blank."""
    ranks: dict[str, int] = {}
    for name, (sent_as, raw) in headers.items():
        parameter, rank = _PLACES[name]
        value = trim(decode_words(raw))
        if not value:
            if parameter not in _OF_HTTP:
                found.notes.append(Note(sent_as, "blank"))
        elif name == "priority" and HTTP_PRIORITY_HINT.fullmatch(value):
            found.notes.append(Note(sent_as, "priority_hint"))
        elif rank < ranks.get(parameter, rank + 1):
            if parameter in ranks:
                found.notes.append(Note(found.fields[parameter], "overridden"))
            ranks[parameter] = rank
            found.values[parameter] = value
            found.fields[parameter] = sent_as
        else:
            found.notes.append(Note(sent_as, "overridden"))


def _choose_query(query: str, found: Parameters) -> None:
    """Fill in what no header gave; a value of blanks ends the search without one."""
    seen = set()
    chosen: dict[str, tuple[int, Sent]] = {}
    for name, value in parse_pairs(query):
        place = _PLACES.get(name)
        if place is None:
            if name not in QUERY_NAMES:
                found.notes.append(unknown(name))
        elif name in seen or place.parameter in found.values:
            found.notes.append(Note(name, "overridden"))
        else:
            seen.add(name)
            rival = chosen.get(place.parameter)
            if not value:
                found.notes.append(Note(name, "blank"))
            elif rival is None:
                chosen[place.parameter] = place.rank, Sent(name, value)
            elif place.rank < rival[0]:
                chosen[place.parameter] = place.rank, Sent(name, value)
                found.notes.append(Note(rival[1].field, "overridden"))
            else:
                found.notes.append(Note(name, "overridden"))
    for parameter, (_, sent) in chosen.items():
        if trimmed := trim(sent.value):
            found.values[parameter] = trimmed
            found.fields[parameter] = sent.field
        else:
            found.notes.append(Note(sent.field, "blank"))
