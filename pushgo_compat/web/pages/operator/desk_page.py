"""What every page of the operator shares: his tools, the tabs, how a refusal reads."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.desk import Desk
from pushgo_compat.core.auth.key_forms import parse_channel_id
from pushgo_compat.core.stores.targets import OutcomeState
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.pages.rendering import MANY
from pushgo_compat.web.services import SERVICES

PAGE = 50
"""Rows of one page; more are a link away."""
COUNT_TO = MANY + 1
"""Counts end here."""


class Words(NamedTuple):
    """A sentence of the pages: its key, and what it is filled in with."""

    key: str
    values: dict[str, object]


class Waiting(NamedTuple):
    """What waits for the operator, shown beside the tabs."""

    keys: int
    outbox: int


def desk_of(request: web.Request) -> Desk:
    """The operator's tools. Raises RouteNotFound in a process that has none."""
    desk = request.app[SERVICES].desk
    if desk is None:
        raise RouteNotFound
    return desk


async def channel_of(request: web.Request) -> Channel:
    """The channel that the path names. Raises RouteNotFound."""
    channel_id = parse_channel_id(request.match_info["channel_id"])
    store = request.app[SERVICES].store
    channel = None if channel_id is None else await store.channel(channel_id)
    if channel is None:
        raise RouteNotFound
    return channel


def words_of(refused: Refused) -> Words:
    """A refusal of the core in the reader's language, as far as it has a code."""
    if refused.code == "other":
        return Words("refused.other", {"words": str(refused)})
    return Words(f"refused.{refused.code}", refused.about)


async def what_waits(request: web.Request) -> Waiting:
    """Count what waits for the operator."""
    store = request.app[SERVICES].store
    unknown = await store.unknown_keys()
    failed = await store.lanes.count_outcomes(OutcomeState.FAILED, COUNT_TO)
    return Waiting(sum(not key.caught for key in unknown), failed)


async def show(
    request: web.Request,
    template: str,
    *,
    tab: str,
    fault: Words | None = None,
    **values: object,
) -> web.Response:
    """A page of the operator; with a fault, of a form that was refused."""
    callers = request.app[SERVICES].callers
    response = render(
        request,
        f"operator/{template}",
        tab=tab,
        waiting=await what_waits(request),
        now_ms=request.app[SERVICES].now_ms(),
        # On a listener of their own these pages have no others beside them.
        is_apart=callers.main_url(request) != callers.page_url(request),
        fault=fault,
        **values,
    )
    if fault is not None:
        response.set_status(web.HTTPUnprocessableEntity.status_code)
    return response
