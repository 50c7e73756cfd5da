"""The shape of one entry in the table of ntfy's parameters."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.ntfy.event import Event, EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.native_fields import NativeFields
from pushgo_compat.legacy import NoteText, RefusalText
from pushgo_compat.model import NativeMessage, Source

Check = Callable[[Found, EventView, str], None]
"""Puts a value into the event. Raises LegacyRefusal where ntfy refuses it."""
Translate = Callable[[NativeFields, str, str], str]
"""Puts a value into the native message; gets the value and the sender's name for it.
Returns the code of the note about it, "" for none."""
Show = Callable[[NativeMessage, Source, EventView], None]
"""Puts a native message that came through another door into the event."""
Wanted = frozenset[object]
"""What a subscriber asks for; empty asks for everything."""

NO_TURN = 99
"""The turn of a parameter that ntfy takes without a check."""


class Overlooked(NamedTuple):
    """A value that ntfy ignores in one header, as if it had not been sent."""

    header: str
    """In lower case."""
    pattern: re.Pattern[str]
    note: str


class Filter(NamedTuple):
    """How a subscriber asks for messages with a certain value."""

    read: Callable[[str], Wanted]
    """May raise LegacyRefusal."""
    passes: Callable[[Wanted, Event], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter that ntfy knows."""

    name: str
    """Also its key in a JSON publish, in any case there."""
    names: tuple[str, ...]
    """Of headers and in the query, in lower case. The first that is sent counts."""
    from_json: Callable[[object], str] | None = None
    """Makes the header value of a JSON value that is not null. "" is the same as not
    sent. Raises LegacyRefusal (40024). None: no key of a JSON publish."""
    of_http: bool = False
    """HTTP clients send the header for reasons of their own, so that a value without a
    meaning for ntfy gets no note."""
    overlooked: Overlooked | None = None
    event_key: str = ""
    """The key of the event that takes the value as it was sent."""
    check: Check | None = None
    """In place of ``event_key``."""
    turn: int = NO_TURN
    """Its place in ntfy's order of checks (docs/dialects/ntfy.md 8.2): the first
    parameter that fails is the one that is refused."""
    renderable: bool = False
    """The value may be a template; ``check`` gets what the template made."""
    note: str = ""
    """The code of the note about every value. In place of ``translate``."""
    translate: Translate | None = None
    recorded: str = ""
    """The key of the event whose value metadata repeats, wherever it came from."""
    show: Show | None = None
    filter: Filter | None = None
    notes: Mapping[str, NoteText] = field(default_factory=dict)
    """The codes that only this parameter uses, and their texts."""
    refusals: Mapping[str, RefusalText] = field(default_factory=dict)
    """ntfy's numbers of its refusals, and what the operator reads of them."""
