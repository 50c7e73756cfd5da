"""``/admin/channels``: every channel, and a new one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.auth.key_forms import make_channel_id, parse_channel_id
from pushgo_compat.core.stores.targets import Target, TargetState
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.operator.channels.shown_once import (
    show_channel_once,
)
from pushgo_compat.web.pages.operator.desk_page import (
    COUNT_TO,
    PAGE,
    Words,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.services import SERVICES


class Row(NamedTuple):
    """One channel as the list shows it."""

    channel: Channel
    today: int
    latest_ms: int | None
    aliases: int
    targets: int
    worst: str
    """The state of the target that is worst off: ``ok``, ``failing``, ``paused``,
    ``dropped``; "" without targets."""


@signed_in(OPERATOR)
async def get_channels(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the channels, oldest first, 50 a page."""
    return await _show(request)


@signed_in(OPERATOR)
async def create_channel(request: web.Request, _: Visit) -> web.StreamResponse:
    """Make a channel and show its key once.

    The form brings the id that the channel gets: sent again, it makes no second one.
    """
    fields = await read_own_form(request)
    name, new_id = fields.get("name", ""), fields.get("number", "")
    try:
        opened = await desk_of(request).admin.create_channel(name, new_id)
    except Refused as refused:
        known = parse_channel_id(new_id)
        if refused.code == "channel_exists" and known is not None:
            return await show_channel_once(request, None, known)
        return await _show(request, fault=words_of(refused), name=name)
    return await show_channel_once(request, opened, opened.channel_id)


async def _show(
    request: web.Request, fault: Words | None = None, name: str = ""
) -> web.StreamResponse:
    store = request.app[SERVICES].store
    channels = await store.channels()
    after = request.query.get("after", "")
    begin = next((n + 1 for n, c in enumerate(channels) if c.channel_id == after), 0)
    shown = channels[begin : begin + PAGE]
    has_more = len(channels) > begin + PAGE
    return await show(
        request,
        "channels/channels.html",
        tab="channels",
        fault=fault,
        rows=await _rows(request, shown),
        more=shown[-1].channel_id if has_more else None,
        number=make_channel_id(),
        name=name,
    )


async def _rows(request: web.Request, channels: Sequence[Channel]) -> list[Row]:
    services = request.app[SERVICES]
    store = services.store
    aliases = await store.aliases()
    targets = await store.targets.targets()
    midnight = store.position_at(_midnight_ms(services.now_ms()))
    numbers = [target.number for target in targets]
    failing = await desk_of(request).standings(numbers)
    rows = []
    for channel in channels:
        number = channel.number
        latest = await store.latest(number)
        own = [target for target in targets if target.channel.number == number]
        rows.append(
            Row(
                channel=channel,
                today=await store.lanes.waiting(number, midnight, COUNT_TO),
                latest_ms=None if latest is None else latest.accepted_at_ms,
                aliases=sum(alias.channel.number == number for alias in aliases),
                targets=len(own),
                worst=_worst(own, failing),
            )
        )
    return rows


def _worst(targets: Sequence[Target], failing: Collection[int]) -> str:
    if not targets:
        return ""
    states = {target.state for target in targets}
    if TargetState.DROPPED in states:
        return "dropped"
    if any(target.number in failing for target in targets):
        return "failing"
    return "paused" if TargetState.PAUSED in states else "ok"


def _midnight_ms(now_ms: int) -> int:
    """When the day began in the zone of this machine."""
    now = datetime.fromtimestamp(now_ms / 1000, UTC).astimezone()
    return (
        round(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()) * 1000
    )
