"""The page of one channel, which several forms lead back to."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.model import Channel
from pushgo_compat.web.pages.operator.desk_page import COUNT_TO, Words, show
from pushgo_compat.web.pages.start import dialect_lines
from pushgo_compat.web.services import SERVICES


async def show_channel(
    request: web.Request,
    channel: Channel,
    fault: Words | None = None,
    *,
    done: Words | None = None,
    name: str | None = None,
) -> web.StreamResponse:
    """The channel with its targets and lines; ``name`` as it was typed in vain."""
    store = request.app[SERVICES].store
    aliases = await store.aliases()
    return await show(
        request,
        "channel.html",
        tab="channels",
        fault=fault,
        done=done,
        channel=channel,
        typed_name=channel.name if name is None else name,
        lines=list(dialect_lines(request)),
        messages=await store.lanes.waiting(channel.number, b"", COUNT_TO),
        aliases=sum(alias.channel.number == channel.number for alias in aliases),
        target_count=len(await store.targets.targets(channel.number)),
    )
