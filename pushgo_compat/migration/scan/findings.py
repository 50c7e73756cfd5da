"""What a scan finds in one text, before anybody has judged it."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

from pushgo_compat.migration.calls import FoundCall, Span, Url
from pushgo_compat.migration.words import Variables


class Takes(enum.Enum):
    """What a client can be told of where its server is."""

    URL = enum.auto()
    """An address with a path."""
    HOST_AND_PORT = enum.auto()
    KEY = enum.auto()
    """Nothing: the vendor's hosts are built in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An old call, or an address or a key that some client is set up with."""

    start: int
    """The byte that tells the line."""
    dialect: str
    client: str | None
    what: str
    """In words; holds no key."""
    key: str | None = field(default=None, repr=False)
    """In clear, for its mask; None where it is a variable, or stands elsewhere."""
    url: Url | None = None
    """Where it goes; None of a mere key."""
    takes: Takes = Takes.URL
    call: FoundCall | None = None
    """The request; None where the text does not hold one."""
    variables: Variables = field(default_factory=lambda: Variables(""))
    spans: tuple[Span, ...] = ()
    """What belongs to it: no second finding is made of these bytes."""
    remark: str | None = None
    """What else has to be done, or known."""
