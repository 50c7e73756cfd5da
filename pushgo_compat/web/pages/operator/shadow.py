"""``/admin/shadow``: how far a move is, what differs, and the cut-over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from urllib.parse import urlsplit

import orjson
from aiohttp import web

from pushgo_compat.core.admin.alias_rules import CATCH_ALL, Refused
from pushgo_compat.core.admin.shadows import ShadowRequest, ShadowView
from pushgo_compat.core.shadows.answers import Answer
from pushgo_compat.core.shadows.clients import client_rules
from pushgo_compat.core.shadows.compare import is_visible
from pushgo_compat.core.shadows.report import MEDIAN, P99, Check, checks, times
from pushgo_compat.core.siblings import FLUSH
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.old_calls.shadows import (
    CountedDifference,
    Figures,
    Phase,
)
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Source
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.desk_page import (
    PAGE,
    Words,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.services import SERVICES

_TAB = "shadow"
_SWITCHED = "switched"


class Line(NamedTuple):
    """A line of an answer."""

    text: str
    is_marked: bool
    """It holds the field that differs."""


class DifferenceCard(NamedTuple):
    """One kind of difference with its latest example."""

    difference: CountedDifference
    is_visible: bool
    """The client reads it."""
    old: Sequence[Line]
    ours: Sequence[Line]


class ShadowRow(NamedTuple):
    """One shadow as the pages show it."""

    view: ShadowView
    host: str
    """The old server's name."""
    state: str
    """``comparing``, ``ready`` or ``switched``."""
    checks: Sequence[Check]
    median_ms: Mapping[str, int | None]
    p99_ms: Mapping[str, int | None]
    is_silent: bool
    """The old server has answered none of the latest calls."""


# -------------------------------------------------------------------------------- list


@signed_in(OPERATOR)
async def get_shadows(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show every shadow, and the form that begins one."""
    return await _list(request, {})


@signed_in(OPERATOR)
async def start_shadow(request: web.Request, _: Visit) -> web.StreamResponse:
    """Begin to compare an alias with its old server."""
    fields = await read_own_form(request)
    desk = desk_of(request)
    wanted = ShadowRequest(
        alias_id=fields.get("alias", ""),
        old_url=fields.get("old-url", ""),
        connect=fields.get("connect", "").strip() or None,
        delivers="deliver" in fields,
    )
    try:
        await desk.admin.shadows().start(wanted, desk.leads_back)
    except Refused as refused:
        return await _list(request, fields, words_of(refused))
    return go(request, f"admin/shadow/{wanted.alias_id}")


async def _list(
    request: web.Request, typed: Mapping[str, str], fault: Words | None = None
) -> web.Response:
    rows = await _rows(request)
    taken = {row.view.alias.alias_id for row in rows if row.state != _SWITCHED}
    aliases = await request.app[SERVICES].store.aliases()
    return await show(
        request,
        "shadow/shadows.html",
        tab=_TAB,
        fault=fault,
        rows=rows,
        typed=typed,
        aliases=[each for each in aliases if _may_start(each, taken)],
    )


def _may_start(alias: Alias, taken: set[str]) -> bool:
    return alias.hint != CATCH_ALL and alias.alias_id not in taken


# --------------------------------------------------------------------------------- one


@signed_in(OPERATOR)
async def get_shadow(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show one shadow: whether it is safe, side by side, and what differs."""
    row = await _named(request)
    cards = [
        _card(each, row.view.alias.dialect) for each in row.view.figures.differences
    ]
    cards.sort(key=lambda card: not card.is_visible)
    return await show(
        request,
        "shadow/shadow.html",
        tab=_TAB,
        row=row,
        cards=cards[:PAGE],
        count=len(cards),
    )


@signed_in(OPERATOR)
async def ask_to_cut_over(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what happens with the cut-over, and what speaks against it."""
    return await show(
        request, "shadow/shadow_cut_over.html", tab=_TAB, row=await _named(request)
    )


@signed_in(OPERATOR)
async def cut_over(request: web.Request, _: Visit) -> web.StreamResponse:
    """Ask the old server no more."""
    await read_own_form(request)
    row = await _named(request)
    await desk_of(request).admin.shadows().cut_over(row.view.shadow.alias_id)
    return go(request, f"admin/shadow/{row.view.shadow.alias_id}")


@signed_in(OPERATOR)
async def ask_to_stop(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what is forgotten with the figures."""
    return await show(
        request, "shadow/shadow_stop.html", tab=_TAB, row=await _named(request)
    )


@signed_in(OPERATOR)
async def stop_shadow(request: web.Request, _: Visit) -> web.StreamResponse:
    """Remove a shadow with its figures."""
    await read_own_form(request)
    row = await _named(request)
    await desk_of(request).admin.shadows().stop(row.view.shadow.alias_id)
    return go(request, "admin/shadow")


# ------------------------------------------------------------------------------- parts


async def _rows(request: web.Request) -> list[ShadowRow]:
    shadows = request.app[SERVICES].shadows
    if shadows is not None:
        await shadows.recorder.flush()
        await request.app[SERVICES].siblings.ask(FLUSH)
    now_ms = request.app[SERVICES].now_ms()
    views = await desk_of(request).admin.shadows().views()
    return [_row(view, now_ms) for view in views]


async def _named(request: web.Request) -> ShadowRow:
    wanted = request.match_info["alias_id"]
    for row in await _rows(request):
        if row.view.shadow.alias_id == wanted:
            return row
    raise RouteNotFound


def _row(view: ShadowView, now_ms: int) -> ShadowRow:
    points = checks(view.figures, now_ms)
    state = "comparing" if any(point.why for point in points) else "ready"
    if view.shadow.phase is Phase.CUT_OVER:
        state = _SWITCHED
    return ShadowRow(
        view=view,
        host=urlsplit(view.shadow.old_url).netloc,
        state=state,
        checks=points,
        median_ms=times(view.figures.latest, MEDIAN),
        p99_ms=times(view.figures.latest, P99),
        is_silent=state != _SWITCHED and _is_silent(view.figures),
    )


def _is_silent(figures: Figures) -> bool:
    """No call since the last answer was answered; of an earlier release none at all."""
    if figures.last_answer_ms is None:
        return figures.old_failed > 0 and not figures.compared
    return figures.old_failed > 0 and (figures.last_ms or 0) > figures.last_answer_ms


def _card(difference: CountedDifference, dialect: Source) -> DifferenceCard:
    old, ours = orjson.loads(difference.old), orjson.loads(difference.ours)
    rule = next(
        (
            each
            for each in client_rules()
            if (each.name, each.dialect) == (difference.client, dialect)
        ),
        None,
    )
    visible = is_visible(difference.kind, _answer(old), _answer(ours), rule)
    return DifferenceCard(
        difference, visible, _lines(old, difference.kind), _lines(ours, difference.kind)
    )


def _answer(shown: Mapping[str, object]) -> Answer:
    body = shown["body"]
    raw = body.encode() if isinstance(body, str) else orjson.dumps(body)
    return Answer(int(str(shown["status"])), raw)


def _lines(shown: Mapping[str, object], kind: str) -> list[Line]:
    """An answer in lines, those of the field that differs marked."""
    body = shown["body"]
    if not isinstance(body, str):
        body = orjson.dumps(body, option=orjson.OPT_INDENT_2).decode()
    field = f'"{kind.rpartition(".")[2]}":'
    return [
        Line(f"HTTP {shown['status']}", kind == "status"),
        *(Line(line, field in line) for line in body.splitlines()),
    ]
