"""What is shown once: a channel's key, as the answer to the form that made it."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.admin.results import ChannelOpened
from pushgo_compat.web.pages.operator.desk_page import show
from pushgo_compat.web.pages.start import dialect_lines


async def show_channel_once(
    request: web.Request, opened: ChannelOpened | None, channel_id: str
) -> web.Response:
    """The key, id and password of a channel; None: the form was sent already."""
    return await show(
        request,
        "channels/shown_once.html",
        tab="channels",
        opened=opened,
        channel_id=channel_id,
        lines=list(dialect_lines(request)),
    )
