"""Which calls an operator wants to see, and where his list goes on."""

from __future__ import annotations

import enum
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import orjson

from pushgo_compat.core.calls.call_id import is_call_id
from pushgo_compat.model import Source

MAX_TEXT_CHARS = 128
_HEADER_NAME = re.compile(
    r"(?i)^\s*(?:x-request-id|x-pushgo-call-id|user-agent)\s*:\s*"
)


class Outcome(enum.StrEnum):
    """How a call ended."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Fields(enum.StrEnum):
    """What became of a call's fields."""

    LOST = "lost"
    """At least one was lost."""
    CHANGED = "changed"
    """At least one took another form."""
    KEPT = "kept"
    """None was lost or changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Every term that is set has to fit; texts are compared without case (ASCII)."""

    dialect: Source | None = None
    channel: int | None = None
    """The channel's number: those of one channel are read in its own order."""
    client: str = ""
    """A part of the User-Agent."""
    outcome: Outcome | None = None
    fields: Fields | None = None
    text: str = ""
    """A part of the title, the client or the request id; a pasted header line too."""
    since_ms: int | None = None
    """When the call came, in Unix milliseconds, this one included."""
    before_ms: int | None = None

    @property
    def call_id(self) -> str | None:
        """The id of the one call that the text names."""
        text = self.searched
        return text if is_call_id(text) else None

    @property
    def searched(self) -> str:
        """The text that is looked for."""
        return _HEADER_NAME.sub("", self.text).strip()[:MAX_TEXT_CHARS]


ALL = CallFilter()
"""Lets every call pass."""


def needles(wanted: CallFilter) -> Callable[[bytes, bytes], bool] | None:
    """Looks for the texts of a filter in packed records; None: it has no texts.

    Thousands of records are looked at, and most of them hold none.
    """
    client, text = _needle(wanted.client[:MAX_TEXT_CHARS]), _needle(wanted.searched)
    if not client and not text:
        return None
    if not text:
        return lambda record, _: client in record.lower()

    def may_fit(record: bytes, beside: bytes) -> bool:
        lowered = record.lower()
        return client in lowered and (text in lowered or text in beside.lower())

    return may_fit


def _needle(text: str) -> bytes:
    """A text as it stands in JSON, without its quotes."""
    return orjson.dumps(text.strip())[1:-1].lower()


class Cursor(NamedTuple):
    """Where a list goes on; people see it as one word."""

    place: str | None
    """Of the messages' receipts; None: they are read to their end."""
    last_call: str
    """The call that was shown last: a batch may have more messages behind it."""
    journal: str
    """Of the journal: the call that was shown last; "" for none yet."""

    def __str__(self) -> str:
        return ".".join((self.place or "-", self.last_call, self.journal))

    @classmethod
    def read(cls, text: str) -> Cursor:
        """Raises ValueError for what is no cursor."""
        place, last_call, journal = text.split(".")
        for part in (place if place != "-" else "", last_call, journal):
            if part:
                int(part, 16)
        return cls(None if place == "-" else place, last_call, journal)
