"""The parameters of a subscriber, asked for by name (docs/dialects/ntfy.md 2 and 9).

They are found as a publisher's are, without notes about those that have no effect.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from multidict import CIMultiDictProxy

from adapters.golang.header_words import decode_words
from adapters.golang.trimming import BLANKS
from adapters.ntfy.parameters import PLACES
from adapters.ntfy.parameters.found import is_true
from adapters.shared.parsing import header_text, parse_pairs
from pushgo_compat.legacy import LegacyRequest


@dataclass(slots=True)
class Lookup:
    """Headers and query of one request."""

    _headers: CIMultiDictProxy[str]
    _query: dict[str, str]
    """The first value of each name; names are case-sensitive here."""

    @classmethod
    def of(cls, request: LegacyRequest) -> Lookup:
        """Look in this request."""
        pairs = parse_pairs(request.query) if request.query else []
        return cls(request.headers, dict(reversed(pairs)))

    def find(self, names: Sequence[str]) -> str:
        """The value of the first of these names that has one, headers first.

        Empty when the parameter is not set. A query value of blanks ends the search.
        """
        for name in names:
            if (raw := self._headers.get(name)) and (value := _value(name, raw)):
                return value
        for name in names:
            if raw := self._query.get(name):
                return raw.strip(BLANKS)
        return ""

    def flag(self, names: Sequence[str]) -> bool:
        """Whether the parameter is true; one that is not set is false."""
        return is_true(self.find(names))


def _value(name: str, raw: str) -> str:
    """The decoded value of a header, empty where ntfy would overlook it."""
    value = decode_words(header_text(raw)).strip(BLANKS)
    place = PLACES.get(name)
    if place and place.overlooked and place.overlooked.pattern.fullmatch(value):
        return ""
    return value
