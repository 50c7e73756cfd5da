"""The table of ntfy's parameters: one entry each, in files by theme.

Reading a publish, checking it, its native message and notes, the filters of a stream
and messages of other doors all ask this table. A new parameter is one entry in the file
of its theme. A new key of ntfy's event goes into ``event.py`` as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from adapters.ntfy.parameters import (
    actions,
    delay,
    files,
    general_notes,
    general_refusals,
    hand_on,
    links,
    text,
    updates,
    urgency,
)
from adapters.ntfy.parameters.parameter import Filter, Overlooked, Parameter
from pushgo_compat.legacy import NoteText, RefusalText


class Place(NamedTuple):
    """The parameter that a name belongs to, and how many of its names come before."""

    parameter: str
    rank: int
    of_http: bool
    overlooked: Overlooked | None
    """Only where the name is that of its header."""


TABLE: Mapping[str, Parameter] = {
    parameter.name: parameter
    for theme in (updates, text, urgency, delay, links, files, actions, hand_on)
    for parameter in theme.PARAMETERS
}
"""Every parameter that ntfy knows."""


def _overlooked(parameter: Parameter, name: str) -> Overlooked | None:
    overlooked = parameter.overlooked
    return overlooked if overlooked and overlooked.header == name else None


PLACES: Mapping[str, Place] = {
    name: Place(parameter.name, rank, parameter.of_http, _overlooked(parameter, name))
    for parameter in TABLE.values()
    for rank, name in enumerate(parameter.names)
}
"""Name of a header or in the query, in lower case → where it belongs."""
FROM_JSON = {
    parameter.name: (parameter.names[0], parameter.from_json)
    for parameter in TABLE.values()
    if parameter.from_json
}
"""Key of a JSON publish → the header that it overwrites, and how it is read."""
_BY_TURN = sorted(TABLE.values(), key=lambda parameter: parameter.turn)
TURNS = {parameter.name: turn for turn, parameter in enumerate(_BY_TURN)}
"""Name → its place in ntfy's order of checks (docs/dialects/ntfy.md 8.2)."""
RECORDED = [p.recorded for p in TABLE.values() if p.recorded]
RENDERABLE = [p for p in TABLE.values() if p.renderable]
SHOWN = [p.show for p in TABLE.values() if p.show]
FILTERS: Mapping[tuple[str, ...], Filter] = {
    p.names: p.filter for p in TABLE.values() if p.filter
}
"""Names → the filter of a stream that is asked for by them."""
NOTES: Mapping[str, NoteText] = {
    **{code: note for p in TABLE.values() for code, note in p.notes.items()},
    **general_notes.NOTES,
}
"""Every code that a note of this dialect carries."""
REFUSALS: Mapping[str, RefusalText] = {
    **{code: text for p in TABLE.values() for code, text in p.refusals.items()},
    **general_refusals.REFUSALS,
}
"""Every code of a refusal: ntfy's number, or a word where that says too little."""
