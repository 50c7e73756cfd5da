"""``/inbox``: the newest messages of a channel, older ones and results by links."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from aiohttp import web

from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.sessions import INBOX, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.pages.inbox.message import Shown, show_all
from pushgo_compat.web.pages.inbox.push import offer_of
from pushgo_compat.web.pages.inbox.search import SEARCHES, Wanted
from pushgo_compat.web.services import SERVICES

PAGE = 50
"""Messages of one page; older ones are a link away."""
_MOST_TAGS = 6


@signed_in(INBOX)
async def get_inbox(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Show the newest messages that are wanted, or with ``before=ID`` older ones."""
    services, channel = request.app[SERVICES], visit.inbox
    before = request.query.get("before", "")
    end = before and await services.store.position_of(channel.number, before)
    wanted = Wanted.of(request.query)
    found = await request.app[SEARCHES].find(
        services.store, channel.number, wanted, end or None, PAGE
    )
    messages = await show_all(request, found.messages)
    return render(
        request,
        "inbox/list.html",
        channel=channel,
        short_id=short_id(channel),
        messages=messages,
        tags=_tags(messages, wanted),
        wanted=wanted,
        again=wanted.parameters(),
        is_newest=not before,
        older=found.last.message_id if found.last and found.goes_on else None,
        searched_to=None if found.last is None else found.last.accepted_at_ms,
        newest=messages[0].id if messages and not before else services.now_ms(),
        base_url=services.callers.page_url(request),
        push=offer_of(request),
        retention_days=services.settings.retention_days,
    )


def short_id(channel: Channel) -> str:
    """A channel id as far as people compare it."""
    return f"{channel.channel_id[:8]}…{channel.channel_id[-5:]}"


def _tags(messages: Sequence[Shown], wanted: Wanted) -> list[str]:
    """The tags that stand most often on this page, the chosen one among them."""
    counted = Counter(tag for message in messages for tag in message.tags)
    most = [tag for tag, _ in counted.most_common(_MOST_TAGS)]
    return most if not wanted.tag or wanted.tag in most else [wanted.tag, *most]
