"""The parameters of a subscriber: found as a publisher's are (the ntfy page, 2 and 9).

A publish may carry any of twenty and gets a note about each, in one pass over what was
sent (``params.py``); here a few are asked for by name.
"""

from __future__ import annotations

from dataclasses import dataclass

from multidict import CIMultiDictProxy

from adapters.ntfy.params import HTTP_PRIORITY_HINT, is_true, trim
from adapters.ntfy.words import decode_words
from adapters.shared.parsing import header_text, parse_pairs
from pushgo_compat.legacy import LegacyRequest


@dataclass(frozen=True, slots=True)
class Lookup:
    """Headers and query of one request."""

    _headers: CIMultiDictProxy[str]
    _query: dict[str, str]
    """The first value of each name; names are case-sensitive here."""

    @classmethod
    def of(cls, request: LegacyRequest) -> Lookup:
        """Look in this request."""
        return cls(request.headers, dict(reversed(parse_pairs(request.query))))

    def find(self, *names: str) -> str:
        """The first of these names that has a value, headers first; "" when unset.

        A query value of blanks ends the search.
        """
        for name in names:
            if value := self._header(name):
                return value
        for name in names:
            if raw := self._query.get(name):
                return trim(raw)
        return ""

    def flag(self, *names: str) -> bool:
        """Whether the parameter is true; unset is false."""
        return is_true(self.find(*names))

    def _header(self, name: str) -> str:
        value = trim(decode_words(header_text(self._headers.get(name, ""))))
        if name == "priority" and HTTP_PRIORITY_HINT.fullmatch(value):
            return ""  # browsers and content networks send it with every request
        return value
