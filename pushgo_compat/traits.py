"""What the rest of the program asks of a dialect before any request has come.

``Dialect.traits`` answers it: settings, command line, keys, aliases and the greeting
are made from the traits of all dialects, so that a new one is a folder and one line.
"""

from __future__ import annotations

import enum
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from pathlib import Path
from typing import NamedTuple

LETTERS_AND_DIGITS = string.ascii_letters + string.digits

Draw = Callable[[str, int], str]
"""Draws so many random signs of an alphabet: a dialect has no randomness of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyTraits:
    """What the old server's keys look like, and what they are good for."""

    make: Callable[[Draw], str]
    """Makes a fresh key in the shape that the old clients expect."""
    logs_in: bool = False
    """Clients can log in: a bare channel id together with the channel's password in
    the login opens the channel, and an alias may ask for a login."""
    in_host_name: bool = False
    """A key may stand in a host name, which has lost its case."""
    guessable_below: int = 0
    """A key of fewer characters is one that people choose, and guess."""


class DialectSetting(NamedTuple):
    """A setting of one dialect: ``max_batch`` of Bark is ``PUSHGO_BARK_MAX_BATCH``."""

    name: str
    parse: Callable[[str], object]
    """Raises ValueError with what was expected, never with what was given."""
    help: str
    default: str = ""
    secret: bool = False
    """No flag, as flags show in the list of processes."""
    needs: str | None = None
    """The dialect's setting without which this one means nothing."""


class ValueKind(enum.Enum):
    """What can be said of a field whose value nobody knows yet: a script's variable.

    Any other field takes the value as the text that it is.
    """

    LINK = "link"
    """A URL that counts as one only with ``http://`` or ``https://``."""
    LIST = "list"
    """Several texts in one: of a variable alone nobody knows how many it makes."""
    TYPED = "typed"
    """A number, a time, a switch, one of a few words: nothing can be said."""


def _no_page(path: str, query: str) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What never changes about a dialect."""

    name: str
    """As people write it: ``ServerChan``."""
    keys: KeyTraits
    example: Callable[[str, str], str]
    """Arguments of curl that send a first message, from the mount's URL and a key."""
    settings: tuple[DialectSetting, ...] = ()
    """Its own, besides the listener and the host names that every dialect has."""
    has_page: Callable[[str, str], bool] = _no_page
    """Whether a GET of this path and query gets a page of the old server's web app;
    both are undecoded, the path begins with a slash. The root always counts."""
    vendor_hosts: tuple[str, ...] = ()
    """Where the vendor's own server lives; ``*.push.ft07.com`` is any name below."""
    value_kinds: Mapping[str, ValueKind] = field(default_factory=dict)
    """By the lower-case names of fields; one that is not here is text."""
    added_fields: frozenset[str] = frozenset()
    """Top-level fields of our success that the old server's need not have."""
    stand_ins: Mapping[str, str] = field(default_factory=dict)
    """By the names of fields: a value that is taken in the place of one that nobody
    knows yet, and becomes no part of a message."""
    reads_forms: bool = True
    """A urlencoded body holds parameters; else it is the text itself (ntfy)."""


FileReader = Callable[[str], bytes | None]
"""Reads a small file of a folder; None: it has none of this name. Raises OSError."""


def _no_reads(folder: Path) -> FileReader:
    return lambda name: None


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a dialect is told of the machine that it runs on."""

    timezone: tzinfo = UTC
    random_bytes: Callable[[int], bytes] = bytes
    monotonic_s: Callable[[], float] = float
    """Seconds of a clock that never goes back."""
    reads_of: Callable[[Path], FileReader] = _no_reads
    """Makes a reader of the files in a folder, by their names."""
