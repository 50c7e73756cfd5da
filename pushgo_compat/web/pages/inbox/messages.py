"""``/inbox``: the newest messages of a channel, older ones by a link."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from aiohttp import web

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Channel, Severity
from pushgo_compat.web.message_json import wire_fields
from pushgo_compat.web.pages.access.sessions import INBOX, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.pages.safe_text import visible
from pushgo_compat.web.services import SERVICES

PAGE = 50
"""Messages of one page; older ones are a link away."""


class Message(NamedTuple):
    """One message as the page shows it."""

    id: str
    at: str
    """ISO 8601 in UTC."""
    clock: str
    severity: str
    source: str
    title: str
    body: str
    tags: tuple[str, ...]


@signed_in(INBOX)
async def get_inbox(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Show the newest messages, or with ``?before=ID`` those before one."""
    assert visit.channel is not None  # noqa: S101 - an inbox's session has one
    channel, services = visit.channel, request.app[SERVICES]
    before = request.query.get("before", "")
    end = before and await services.store.position_of(channel.number, before)
    stored = await services.store.page(
        channel.number, b"", 0, PAGE + 1, before=end or None, newest_first=True
    )
    messages = [_shown(request, channel, each) for each in stored[:PAGE]]
    return render(
        request,
        "inbox.html",
        channel=channel.name,
        base_url=services.callers.page_url(request),
        short_id=f"{channel.channel_id[:8]}…{channel.channel_id[-5:]}",
        messages=messages,
        older=messages[-1].id if len(stored) > PAGE else None,
    )


def _shown(request: web.Request, channel: Channel, stored: StoredMessage) -> Message:
    derived = request.app[SERVICES].derived_metadata
    fields: dict[str, Any] = wire_fields(stored, channel.channel_id, derived)
    at = datetime.fromtimestamp(stored.accepted_at_ms / 1000, UTC)
    return Message(
        id=stored.message_id,
        at=at.isoformat(timespec="seconds"),
        clock=at.strftime("%Y-%m-%d %H:%M UTC"),
        severity=fields.get("severity", Severity.NORMAL),
        source=stored.source,
        title=visible(fields["title"]),
        body=visible(fields.get("body", "")),
        tags=tuple(map(visible, fields.get("tags", ()))),
    )
