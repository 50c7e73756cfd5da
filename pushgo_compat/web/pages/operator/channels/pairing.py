"""Pairing a phone with Bark's app: the window, the number, the new target."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.pairing import WrongNumber
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.channels.channel_page import (
    pairing_state,
    show_channel,
)
from pushgo_compat.web.pages.operator.desk_page import (
    Words,
    channel_of,
    desk_of,
    words_of,
)
from pushgo_compat.web.services import SERVICES

MINUTES = 10


@signed_in(OPERATOR)
async def open_window(request: web.Request, _: Visit) -> web.StreamResponse:
    """Open the store's one window for this channel."""
    await read_own_form(request)
    channel, desk = await channel_of(request), desk_of(request)
    if desk.pairing_fault is None:
        try:
            await desk.admin.pairing().open(channel, MINUTES)
        except Refused as refused:
            return await show_channel(request, channel, words_of(refused))
    return go(request, f"admin/channels/{channel.channel_id}")


@signed_in(OPERATOR)
async def get_state(request: web.Request, _: Visit) -> web.StreamResponse:
    """One word that changes when the page should be shown again."""
    channel = await channel_of(request)
    services = request.app[SERVICES]
    window = await services.store.pairing.window(services.now_ms())
    return web.Response(text=pairing_state(window, channel))


@signed_in(OPERATOR)
async def confirm(request: web.Request, _: Visit) -> web.StreamResponse:
    """Make the phone a target whose number was typed."""
    fields = await read_own_form(request)
    channel = await channel_of(request)
    pairing = desk_of(request).admin.pairing()
    try:
        answer = await pairing.confirm(
            fields.get("window", ""), fields.get("number", "")
        )
    except Refused as refused:
        return await show_channel(request, channel, words_of(refused))
    if isinstance(answer, WrongNumber):
        fault = Words("pairing.wrong", {"n": answer.tries_left})
        return await show_channel(request, channel, fault)
    path = f"admin/channels/{channel.channel_id}?paired={answer.target_id}"
    return go(request, path)


@signed_in(OPERATOR)
async def close_window(request: web.Request, _: Visit) -> web.StreamResponse:
    """Wait no longer; a phone that nobody has confirmed is forgotten."""
    fields = await read_own_form(request)
    channel = await channel_of(request)
    await desk_of(request).admin.pairing().close(fields.get("window", ""))
    return go(request, f"admin/channels/{channel.channel_id}")
