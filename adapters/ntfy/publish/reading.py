"""How ntfy finds the parameters of a publish: headers first, then the query.

One pass over the headers and one over the query fill a table with what was sent, so
that parameters that are not there cost nothing (docs/dialects/ntfy.md 2 and 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adapters.golang.header_words import decode_words
from adapters.golang.time import Clock
from adapters.golang.trimming import BLANKS
from adapters.ntfy.keys import LOGIN_NAMES
from adapters.ntfy.parameters import PLACES
from adapters.ntfy.parameters.found import Found, Sent
from adapters.shared.parsing import header_text, parse_pairs, shown_name
from pushgo_compat.legacy import LegacyRequest, Note

_NO_CLOCK = Clock()


def read_parameters(
    request: LegacyRequest,
    overrides: Mapping[str, Sent] | None = None,
    clock: Clock = _NO_CLOCK,
) -> Found:
    """Find every parameter. ``overrides`` are the fields of JSON, by header name.

    Of ``clock`` all but the time counts, which is that of the request.
    """
    found = Found(Clock(request.received_at_ms, clock.zone, clock.outside))
    headers = _first_of_each(request.headers.items(), found.notes)
    if overrides:
        found.notes.extend(
            Note(headers[name][0], "overridden")
            for name in overrides
            if name in headers
        )
        headers.update(overrides)
    _choose_headers(headers, found)
    if request.query:
        _choose_query(request.query, found)
    return found


def unknown(name: str) -> Note:
    """A note about a name that no parameter has."""
    return Note(shown_name(name), "unknown")


def _first_of_each(
    headers: Iterable[tuple[str, str]], notes: list[Note]
) -> dict[str, tuple[str, str]]:
    """The first line of each header that is a parameter, by its lower-case name.

    Name and value, as in ``Sent``, whose making would double the cost of the search.
    """
    first: dict[str, tuple[str, str]] = {}
    for name, value in headers:
        lowered = name.lower()
        if lowered not in PLACES:
            continue
        if lowered in first:
            notes.append(Note(name, "overridden"))
        else:
            first[lowered] = name, value if value.isascii() else header_text(value)
    return first


def _choose_headers(headers: Mapping[str, tuple[str, str]], found: Found) -> None:
    """Take for each parameter the first of its names that is not blank."""
    ranks: dict[str, int] = {}
    for name, (sent_as, raw) in headers.items():
        parameter, rank, of_http, overlooked = PLACES[name]
        value = (decode_words(raw) if "=?" in raw else raw).strip(BLANKS)
        if not value:
            if not of_http:
                found.notes.append(Note(sent_as, "blank"))
        elif overlooked and overlooked.pattern.fullmatch(value):
            found.notes.append(Note(sent_as, overlooked.note))
        elif parameter in ranks and ranks[parameter] <= rank:
            found.notes.append(Note(sent_as, "overridden"))
        else:
            if parameter in ranks:
                found.notes.append(Note(found.fields[parameter], "overridden"))
            ranks[parameter] = rank
            found.values[parameter] = value
            found.fields[parameter] = sent_as


def _choose_query(query: str, found: Found) -> None:
    """Fill in what no header gave. A value of blanks ends the search without one."""
    seen = set()
    chosen: dict[str, tuple[int, Sent]] = {}
    for name, value in parse_pairs(query):
        place = PLACES.get(name)
        if place is None:
            if name not in LOGIN_NAMES:
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
        if trimmed := sent.value.strip(BLANKS):
            found.values[parameter] = trimmed
            found.fields[parameter] = sent.field
        else:
            found.notes.append(Note(sent.field, "blank"))
