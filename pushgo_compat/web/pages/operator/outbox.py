"""``/admin/outbox``: where messages are stuck, and what became of the others."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.deliveries import WAITING, DeliveryReader
from pushgo_compat.core.stores.targets import OutcomePlace, OutcomeState, Target
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.schemas import decode_message
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.desk_page import (
    COUNT_TO,
    PAGE,
    Words,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.pages.operator.targets.target_rows import (
    TargetRow,
    target_rows,
)
from pushgo_compat.web.services import SERVICES

_STATES = (WAITING, *(state.value for state in OutcomeState))
_MOST_DONE = 1_000_000
_TARGET_DIGITS = 18
"""Of a target's number, which has 64 bits."""


class Trouble(NamedTuple):
    """A target whose messages do not go out."""

    row: TargetRow
    oldest_ms: int | None
    """When the message was accepted that has waited longest."""


class Row(NamedTuple):
    """One message and one target."""

    message_id: str
    title: str
    """"" where the message is gone."""
    target: Target
    state: str
    attempts: int
    at_ms: int
    """The time of its end, or of the next try."""
    reason: str | None
    meaning: Words | None


class Asked(NamedTuple):
    """What the list shall show."""

    channel: int | None
    target: Target | None
    state: str
    """"": what waits and what has failed."""


@signed_in(OPERATOR)
async def get_outbox(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show targets in trouble, then deliveries, 50 a page."""
    return await _show(request)


@signed_in(OPERATOR)
async def retry(request: web.Request, _: Visit) -> web.StreamResponse:
    """Send again what has failed: one, those of a target, or all."""
    fields = await read_own_form(request)
    target_id, message = fields.get("target") or None, fields.get("message", "")
    try:
        changed = (
            await desk_of(request)
            .targets()
            .retry(target_id, [message] if message else [])
        )
    except Refused as refused:
        return await _show(request, words_of(refused))
    return go(request, f"admin/outbox?retried={changed}")


@signed_in(OPERATOR)
async def ask_to_drop(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say how many messages will not arrive."""
    target = await _target(request, request.query.get("target", ""))
    if target is None:
        raise RouteNotFound
    (row,) = await target_rows(request, [target])
    message = request.query.get("message", "")
    return await show(request, "drop.html", tab="outbox", row=row, message=message)


@signed_in(OPERATOR)
async def drop(request: web.Request, _: Visit) -> web.StreamResponse:
    """Never send what waits for a target, or one message of it."""
    fields = await read_own_form(request)
    message = fields.get("message", "")
    try:
        changed = (
            await desk_of(request)
            .targets()
            .drop(fields.get("target", ""), [message] if message else [])
        )
    except Refused as refused:
        return await _show(request, words_of(refused))
    return go(request, f"admin/outbox?dropped={changed}")


async def _show(request: web.Request, fault: Words | None = None) -> web.StreamResponse:
    store = request.app[SERVICES].store
    targets = await store.targets.targets()
    channels = await store.channels()
    asked = await _asked(request, {c.channel_id: c.number for c in channels})
    rows = await target_rows(request, targets)
    ended, more = await _ended(request, asked, {t.number: t for t in targets})
    counted = [
        await store.lanes.count_outcomes(state, COUNT_TO)
        for state in (OutcomeState.FAILED, OutcomeState.EXPIRED)
    ]
    return await show(
        request,
        "outbox.html",
        tab="outbox",
        fault=fault,
        done=_done(request),
        troubles=await _troubles(request, [r for r in rows if r.is_in_trouble]),
        backlogs=_backlogs(rows, asked),
        waiting_rows=await _waiting(request, asked),
        rows=ended,
        more=more,
        retryable=sum(counted),
        channels=channels,
        targets=targets,
        states=_STATES,
        asked_channel=request.query.get("channel", ""),
        asked_target=request.query.get("target", ""),
        asked_state=asked.state,
    )


async def _asked(request: web.Request, numbers: Mapping[str, int]) -> Asked:
    state = request.query.get("state", "")
    return Asked(
        channel=numbers.get(request.query.get("channel", "")),
        target=await _target(request, request.query.get("target", "")),
        state=state if state in _STATES else "",
    )


async def _target(request: web.Request, target_id: str) -> Target | None:
    if not target_id:
        return None
    return await request.app[SERVICES].store.targets.target(target_id)


def _done(request: web.Request) -> Words | None:
    """What was done just now."""
    for name in ("retried", "dropped"):
        count = request.query.get(name, "")
        if count.isdecimal() and int(count) < _MOST_DONE:
            return Words(f"outbox.{name}", {"n": int(count)})
    return None


async def _troubles(request: web.Request, rows: Sequence[TargetRow]) -> list[Trouble]:
    store = request.app[SERVICES].store
    lanes = {lane.target: lane for lane in await store.lanes.lanes()} if rows else {}
    found = []
    for row in rows[:PAGE]:
        lane, oldest_ms = lanes.get(row.target.number), None
        if lane is not None and row.waiting:
            first = await store.page(lane.channel, lane.cursor, 0, 1, hidden=True)
            oldest_ms = first[0].accepted_at_ms if first else None
        found.append(Trouble(row, oldest_ms))
    return found


def _backlogs(rows: Sequence[TargetRow], asked: Asked) -> list[TargetRow]:
    """Targets with something to send and nothing wrong, one row each."""
    if asked.state not in ("", WAITING) or asked.target is not None:
        return []
    return [
        row
        for row in rows
        if row.waiting
        and not row.is_in_trouble
        and asked.channel in (None, row.target.channel.number)
    ][:PAGE]


async def _waiting(request: web.Request, asked: Asked) -> list[Row]:
    """The next messages that wait for the one target that was asked for."""
    if asked.state not in ("", WAITING) or asked.target is None:
        return []
    found = await DeliveryReader(request.app[SERVICES].store).waiting(
        asked.target, PAGE
    )
    titles = await _titles(request, [(asked.target, e.message_id) for e in found])
    return [
        Row(
            message_id=each.message_id,
            title=title,
            target=asked.target,
            state=each.state,
            attempts=each.attempts,
            at_ms=each.at_ms,
            reason=each.reason,
            meaning=explain(each.reason),
        )
        for each, title in zip(found, titles, strict=True)
    ]


async def _ended(
    request: web.Request, asked: Asked, targets: Mapping[int, Target]
) -> tuple[list[Row], str | None]:
    """Deliveries that have ended, the latest first, and where they go on."""
    if asked.state == WAITING:
        return [], None
    found = await request.app[SERVICES].store.lanes.outcomes(
        target=None if asked.target is None else asked.target.number,
        channel=asked.channel,
        state=OutcomeState(asked.state or OutcomeState.FAILED),
        limit=PAGE + 1,
        before=_place(request.query.get("before", "")),
    )
    shown = found[:PAGE]
    known = [(each, targets[each.target]) for each in shown if each.target in targets]
    titles = await _titles(request, [(t, each.message_id) for each, t in known])
    rows = [
        Row(
            message_id=outcome.message_id,
            title=title,
            target=target,
            state=outcome.state.value,
            attempts=outcome.attempts,
            at_ms=outcome.at_ms,
            reason=outcome.reason,
            meaning=explain(outcome.reason),
        )
        for (outcome, target), title in zip(known, titles, strict=True)
    ]
    if len(found) <= PAGE:
        return rows, None
    return rows, f"{shown[-1].position.hex()}.{shown[-1].target}"


def _place(text: str) -> OutcomePlace | None:
    """Where the list goes on; None for what is no place."""
    position, _, target = text.partition(".")
    if len(target) > _TARGET_DIGITS:
        return None  # no database holds such a number
    try:
        return OutcomePlace(bytes.fromhex(position), int(target))
    except ValueError:
        return None


async def _titles(
    request: web.Request, wanted: Sequence[tuple[Target, str]]
) -> Sequence[str]:
    """The titles of messages; "" of one that is gone."""
    store = request.app[SERVICES].store
    found = await asyncio.gather(
        *(store.get(target.channel.number, message) for target, message in wanted)
    )
    return [
        "" if stored is None else decode_message(stored.payload).title or ""
        for stored in found
    ]
