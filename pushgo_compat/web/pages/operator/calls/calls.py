"""``/admin/calls``: what old clients sent, the newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.key_check import KeyFound, KeyKind
from pushgo_compat.core.auth.key_forms import suspected_keys
from pushgo_compat.core.calls.call_id import is_call_id
from pushgo_compat.core.calls.entries import CallEntry
from pushgo_compat.core.calls.filters import CallFilter, Fields, Outcome
from pushgo_compat.core.calls.service import Page
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.content.dialect_names import dialect_names
from pushgo_compat.web.pages.operator.calls.call_terms import (
    asked_of,
    channel_of,
    filter_of,
)
from pushgo_compat.web.pages.operator.calls.call_words import (
    client_name,
    title_of,
    unknown_ids,
)
from pushgo_compat.web.pages.operator.desk_page import PAGE, show
from pushgo_compat.web.pages.start import dialect_lines
from pushgo_compat.web.services import SERVICES

_MS_AN_HOUR = 3_600_000
_MS_A_DAY = 24 * _MS_AN_HOUR
_MS_A_MINUTE = 60_000
_KEY_CHARS = 12
"""A shorter word that is searched for is no key, but may be a part of a title."""


class Row(NamedTuple):
    """One call."""

    entry: CallEntry
    title: str
    client: str
    unknown_id: str | None
    """The key that nobody knows, where it can be bound."""


class Flood(NamedTuple):
    """A minute in which refused calls were not all kept."""

    at_ms: int
    one_in: int


@signed_in(OPERATOR)
async def get_calls(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show a page of calls; what is searched for may be a key, which no page repeats.

    Its answer is where that key is mended, under an address without it.
    """
    services, query = request.app[SERVICES], request.query
    elsewhere = await _place_of_key(request, query.get("q", "").strip())
    if elsewhere is not None:
        return go(request, elsewhere)
    asked = asked_of(request)
    channel = await channel_of(request, asked)
    wanted = filter_of(request, asked, channel)
    try:
        page = await services.calls.list(wanted, query.get("cursor") or None, PAGE)
    except ValueError:  # no cursor of ours
        raise RouteNotFound from None
    now_ms = services.now_ms()
    return await show(
        request,
        "calls/calls.html",
        tab="calls",
        asked=asked,
        rows=await _rows(request, page.calls),
        older=page.older and asked.but(cursor=page.older),
        looked_back_to_ms=page.looked_back_to_ms,
        is_further="cursor" in query,
        floods=_floods(page.calls),
        dialects=dialect_names(request),
        clients=_clients(page.calls, asked["client"]),
        channels=_channels(page.calls, channel),
        channel=channel,
        outcomes=list(Outcome),
        fields=list(Fields),
        since_ms=wanted.since_ms,
        before_ms=wanted.before_ms,
        hour=asked.but(since=now_ms - _MS_AN_HOUR, before=""),
        day=asked.but(since=now_ms - _MS_A_DAY, before=""),
        retention_days=services.settings.retention_days,
        empty_since_ms=_empty_since_ms(request, page, wanted, now_ms),
        lines=[] if page.calls else list(dialect_lines(request)),
        is_key="key" in query,
    )


async def _place_of_key(request: web.Request, text: str) -> str | None:
    """Where the answer is if somebody searched for a key; None for other texts."""
    if len(text) < _KEY_CHARS or is_call_id(text) or len(text.split()) > 1:
        return None
    found: KeyFound = await request.app[SERVICES].key_check.find(text)
    channel_id = "" if found.channel is None else found.channel.channel_id
    match found.kind:
        case KeyKind.ALIAS:
            return f"admin/keys/aliases/{found.alias_id}"
        case KeyKind.UNIVERSAL:
            return f"admin/calls?channel={channel_id}"
        case KeyKind.WRONG_PASSWORD:
            return f"admin/calls?channel={channel_id}&outcome=refused"
        case KeyKind.UNKNOWN if found.unknown is not None:
            name = found.unknown.unknown_id
            return f"admin/keys?bind={name}#u-{name}"
        case _:
            pass
    return "admin/calls?key=unknown" if suspected_keys(text) else None


async def _rows(request: web.Request, calls: Sequence[CallEntry]) -> list[Row]:
    ids = await unknown_ids(request, calls)
    return [
        Row(
            entry,
            title_of(request, entry),
            client_name(entry.record.client),
            ids.get(entry.call_id),
        )
        for entry in calls
    ]


def _floods(calls: Sequence[CallEntry]) -> list[Flood]:
    """The newest first; of a minute the thinnest sample."""
    found: dict[int, int] = {}
    for entry in calls:
        if entry.one_in > 1:
            minute = entry.at_ms // _MS_A_MINUTE * _MS_A_MINUTE
            found[minute] = max(entry.one_in, found.get(minute, 0))
    return [Flood(at_ms, one_in) for at_ms, one_in in found.items()]


def _clients(calls: Sequence[CallEntry], asked: str) -> list[tuple[str, int]]:
    """The clients of this page by their names, and the one that was asked for."""
    counts = Counter(client_name(entry.record.client) for entry in calls)
    del counts[""]
    if asked:
        counts.setdefault(asked, 0)
    return counts.most_common()


def _channels(calls: Sequence[CallEntry], asked: Channel | None) -> list[Channel]:
    """The channels of this page, and the one that was asked for."""
    found = {entry.channel_id: entry.channel for entry in calls}
    if asked is not None:
        found[asked.channel_id] = asked
    return [channel for channel in found.values() if channel is not None]


def _empty_since_ms(
    request: web.Request, page: Page, wanted: CallFilter, now_ms: int
) -> int:
    """Since when there is no such call."""
    kept_ms = int(request.app[SERVICES].settings.retention_days * _MS_A_DAY)
    return page.looked_back_to_ms or wanted.since_ms or now_ms - kept_ms
