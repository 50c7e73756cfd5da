"""The messages that a subscriber asks for (docs/dialects/ntfy.md 9)."""

from __future__ import annotations

from adapters.ntfy.event import Event
from adapters.ntfy.parameters import FILTERS
from adapters.ntfy.parameters.parameter import Filter, Wanted
from adapters.ntfy.subscribe.lookup import Lookup

Filters = tuple[tuple[Filter, Wanted], ...]
"""All of them must let a message pass. Values are compared whole and in their case."""


def let_pass(filters: Filters, event: Event) -> bool:
    """Whether the subscriber gets the event. Only messages are filtered."""
    if not filters or event["event"] != "message":
        return True
    return all(filter_.passes(wanted, event) for filter_, wanted in filters)


def read_filters(parameters: Lookup) -> Filters:
    """Find the filters of a request. Refuses a bad priority with 40007."""
    return tuple(
        (filter_, wanted)
        for names, filter_ in _FILTERS.items()
        if (value := parameters.find(names)) and (wanted := filter_.read(value))
    )


def _wanted_id(value: str) -> Wanted:
    return frozenset((value,))


def _has_id(wanted: Wanted, event: Event) -> bool:
    return event["id"] in wanted


_FILTERS = {("x-id", "id"): Filter(_wanted_id, _has_id), **FILTERS}
