"""Which messages a subscriber wants to see (the ntfy page, 9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.ntfy.errors import refusal
from adapters.ntfy.fields import PRIORITIES
from adapters.ntfy.lookup import Lookup

_UNSET_PRIORITY = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Every one that is set must fit, by whole values and in the same case."""

    id: str = ""
    message: str = ""
    title: str = ""
    priorities: frozenset[int] = frozenset()
    """Any of them."""
    tags: frozenset[str] = frozenset()
    """All of them."""

    def let_pass(self, event: Mapping[str, object]) -> bool:
        """Whether the subscriber gets the event; only messages are filtered."""
        if self == NO_FILTERS or event["event"] != "message":
            return True
        tags = event.get("tags")
        return (
            self.id in ("", event["id"])
            and self.message in ("", event["message"])
            and self.title in ("", event.get("title"))
            and (
                not self.priorities
                or event.get("priority", _UNSET_PRIORITY) in self.priorities
            )
            and self.tags.issubset(tags if isinstance(tags, list) else ())
        )


NO_FILTERS = Filters()


def read_filters(parameters: Lookup) -> Filters:
    """Find the filters of a request; refuses a bad priority with 40007."""
    find = parameters.find
    return Filters(
        id=find("x-id", "id"),
        message=find("x-message", "message", "m"),
        title=find("x-title", "title", "t"),
        priorities=frozenset(
            _priority(part)
            for part in find("x-priority", "priority", "prio", "p").split(",")
            if part
        ),
        tags=frozenset(
            part for part in find("x-tags", "tags", "tag", "ta").split(",") if part
        ),
    )


def _priority(text: str) -> int:
    priority = PRIORITIES.get(text.strip().lower())
    if priority is None:
        raise refusal(40007)
    return priority
