"""Targets of a channel: test, pause, resume, rename, remove."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.delivery import Sent
from pushgo_compat.core.stores.targets import Target, TargetState
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.channels.channel_page import show_channel
from pushgo_compat.web.pages.operator.desk_page import (
    Words,
    channel_of,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.pages.operator.targets.target_rows import target_rows
from pushgo_compat.web.services import SERVICES


@signed_in(OPERATOR)
async def try_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Send one message marked as a test; show the provider's own answer."""
    await read_own_form(request)
    channel, target = await _named(request)
    outcome = await desk_of(request).test(target)
    if isinstance(outcome, Sent):
        words = outcome.remark or outcome.provider_id or "OK"
        done = Words("targets.test_taken", {"name": target.name, "words": words})
        return await show_channel(request, channel, done=done)
    about: dict[str, object] = {"name": target.name, "words": outcome.reason}
    fault = Words("targets.test_refused", about)
    return await show_channel(request, channel, fault, hint=explain(outcome.reason))


@signed_in(OPERATOR)
async def pause_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Send nothing; what comes waits until its age limit."""
    await read_own_form(request)
    return await _set_state(request, TargetState.PAUSED)


@signed_in(OPERATOR)
async def resume_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Go on, with what waits or only with what comes from now on."""
    fields = await read_own_form(request)
    from_now = fields.get("from") == "now"
    return await _set_state(request, TargetState.ACTIVE, from_now=from_now)


@signed_in(OPERATOR)
async def rename_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Give a target another name."""
    fields = await read_own_form(request)
    channel, target = await _named(request)
    targets = desk_of(request).targets()
    try:
        await targets.rename(target.target_id, fields.get("name", ""))
    except Refused as refused:
        return await show_channel(request, channel, words_of(refused))
    return _back(request, channel)


@signed_in(OPERATOR)
async def ask_to_remove(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what goes with a target."""
    channel, target = await _named(request)
    (row,) = await target_rows(request, [target])
    return await show(
        request, "targets/remove_target.html", tab="channels", channel=channel, row=row
    )


@signed_in(OPERATOR)
async def remove_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Remove a target; what waits for it is never sent."""
    await read_own_form(request)
    channel, target = await _named(request)
    try:
        await desk_of(request).targets().remove(target.target_id)
    except Refused as refused:
        return await show_channel(request, channel, words_of(refused))
    return _back(request, channel)


async def _set_state(
    request: web.Request, state: TargetState, *, from_now: bool = False
) -> web.StreamResponse:
    channel, target = await _named(request)
    try:
        await (
            desk_of(request)
            .targets()
            .set_state(target.target_id, state, from_now=from_now)
        )
    except Refused as refused:
        return await show_channel(request, channel, words_of(refused))
    return _back(request, channel)


async def _named(request: web.Request) -> tuple[Channel, Target]:
    """The channel and the target of the path. Raises RouteNotFound."""
    channel = await channel_of(request)
    store = request.app[SERVICES].store
    target = await store.targets.target(request.match_info["target_id"])
    if target is None or target.channel.number != channel.number:
        raise RouteNotFound
    return channel, target


def _back(request: web.Request, channel: Channel) -> web.Response:
    return go(request, f"admin/channels/{channel.channel_id}#targets")
