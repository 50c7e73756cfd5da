"""The terms by which a list of calls is filtered, as they stand in an address."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from aiohttp import web

from pushgo_compat.core.auth.key_forms import parse_channel_id
from pushgo_compat.core.calls.filters import CallFilter, Fields, Outcome
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.services import PLACES, SERVICES

_FILTERS = ("q", "dialect", "client", "outcome", "fields", "channel", "since", "before")


@dataclass(frozen=True, slots=True)
class Asked:
    """The terms of the address, and the way to others."""

    terms: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.terms.get(name, "")

    def but(self, **changes: object) -> str:
        """The query of the same list with other terms, from its first page."""
        terms = {name: self.terms[name] for name in _FILTERS if name in self.terms}
        terms |= {name: str(value) for name, value in changes.items()}
        query = urlencode({name: value for name, value in terms.items() if value})
        return f"?{query}" if query else ""


def asked_of(request: web.Request) -> Asked:
    """The terms of a request's address."""
    query = request.query
    terms = {name: query[name].strip() for name in _FILTERS if name in query}
    return Asked({name: value for name, value in terms.items() if value})


def filter_of(
    request: web.Request, asked: Asked, channel: Channel | None
) -> CallFilter:
    """What the terms let pass; those that mean nothing are left out."""
    sources = {place.source for place in request.app[PLACES].dialects}
    return CallFilter(
        dialect=next((s for s in sources if s == asked["dialect"]), None),
        channel=None if channel is None else channel.number,
        client=asked["client"],
        outcome=next((o for o in Outcome if o == asked["outcome"]), None),
        fields=next((f for f in Fields if f == asked["fields"]), None),
        text=asked["q"],
        since_ms=_time(asked["since"]),
        before_ms=_time(asked["before"]),
    )


def _time(text: str) -> int | None:
    """Unix milliseconds of an address; of 13 digits, as those of our time have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else None  # noqa: PLR2004


async def channel_of(request: web.Request, asked: Asked) -> Channel | None:
    """Raises RouteNotFound for a channel that is not there."""
    text = asked["channel"]
    if not text:
        return None
    channel_id = parse_channel_id(text)
    store = request.app[SERVICES].store
    channel = None if channel_id is None else await store.channel(channel_id)
    if channel is None:
        raise RouteNotFound
    return channel
