"""``/admin/channels/ID``: one channel; its name, its password, its end."""

from __future__ import annotations

import hmac

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.channels.channel_page import show_channel
from pushgo_compat.web.pages.operator.channels.shown_once import (
    show_channel_once,
)
from pushgo_compat.web.pages.operator.desk_page import (
    COUNT_TO,
    Words,
    channel_of,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.services import SERVICES


@signed_in(OPERATOR)
async def get_channel(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the channel, and what was just done to it."""
    return await show_channel(request, await channel_of(request))


@signed_in(OPERATOR)
async def rename_channel(request: web.Request, _: Visit) -> web.StreamResponse:
    """Give the channel another name."""
    fields = await read_own_form(request)
    channel = await channel_of(request)
    name = fields.get("name", "")
    try:
        await desk_of(request).admin.rename_channel(channel.channel_id, name)
    except Refused as refused:
        return await show_channel(request, channel, words_of(refused), name=name)
    return go(request, f"admin/channels/{channel.channel_id}")


# ----------------------------------------------------------------------- new password


@signed_in(OPERATOR)
async def ask_to_rotate(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what a new password ends and what goes on."""
    channel = await channel_of(request)
    return await show(
        request,
        "channels/rotate.html",
        tab="channels",
        channel=channel,
        number=_number(request, channel),
    )


@signed_in(OPERATOR)
async def rotate_password(request: web.Request, _: Visit) -> web.StreamResponse:
    """Give the channel a new password and show it once.

    The form's number belongs to the password of its time: sent again, it finds another
    one and changes nothing.
    """
    fields, desk = await read_own_form(request), desk_of(request)
    channel = await channel_of(request)
    number = _number(request, channel)
    is_fresh = hmac.compare_digest(fields.get("number", "").encode(), number.encode())
    opened = await desk.admin.replace_password(channel) if is_fresh else None
    return await show_channel_once(request, opened, channel.channel_id)


def _number(request: web.Request, channel: Channel) -> str:
    secret = request.app[SERVICES].secret
    return secret.session_proof("rotate", channel.password_hash).hex()


# ----------------------------------------------------------------------------- the end


@signed_in(OPERATOR)
async def ask_to_delete(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what goes with the channel, and ask for its name."""
    return await _ask_to_delete(request, await channel_of(request))


@signed_in(OPERATOR)
async def delete_channel(request: web.Request, _: Visit) -> web.StreamResponse:
    """Remove the channel whose name was typed."""
    fields = await read_own_form(request)
    channel = await channel_of(request)
    if fields.get("name", "").strip() != channel.name:
        return await _ask_to_delete(request, channel, Words("channel.other_name", {}))
    await desk_of(request).admin.delete_channel(channel.channel_id)
    return go(request, "admin/channels")


async def _ask_to_delete(
    request: web.Request, channel: Channel, fault: Words | None = None
) -> web.StreamResponse:
    store = request.app[SERVICES].store
    summary = await desk_of(request).admin.show_channel(channel.channel_id)
    return await show(
        request,
        "channels/delete_channel.html",
        tab="channels",
        fault=fault,
        channel=channel,
        messages=await store.lanes.waiting(channel.number, b"", COUNT_TO),
        aliases=summary.alias_count,
        targets=len(await store.targets.targets(channel.number)),
    )
