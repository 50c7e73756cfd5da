"""``/admin/calls/ID/again``: the messages of a call once more, or its translation."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

import structlog
from aiohttp import web

from pushgo_compat.core.calls.replay import NothingToSend, replay
from pushgo_compat.core.calls.service import WholeCall
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.content.safe_text import visible
from pushgo_compat.web.pages.operator.calls.call import (
    LEFT_OUT,
    call_of,
    reader_of,
)
from pushgo_compat.web.pages.operator.calls.call_fields import (
    as_text,
    counts,
    field_rows,
)
from pushgo_compat.web.pages.operator.calls.call_words import title_of
from pushgo_compat.web.pages.operator.desk_page import Words, show
from pushgo_compat.web.services import REQUEST_ID, SERVICES

log = structlog.get_logger()
_NUMBER = re.compile(r"[0-9a-f]{32}")


@signed_in(OPERATOR)
async def ask_to_send(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what will be sent again, and where it goes."""
    return await _ask(request, await _call(request))


@signed_in(OPERATOR)
async def send_again(request: web.Request, _: Visit) -> web.StreamResponse:
    """Send the messages once more.

    The form's number is their op_id: a form sent twice sends once.
    """
    fields = await read_own_form(request)
    call, services = await _call(request), request.app[SERVICES]
    number = fields.get("number", "")
    if not _NUMBER.fullmatch(number):
        return await _ask(request, call, Words("again.no_number", {}))
    wanted = fields.get("to", "")
    channels = await services.store.channels()
    to = next((c for c in channels if c.channel_id == wanted), None)
    if wanted and to is None:
        return await _ask(request, call, Words("again.no_channel", {}))
    try:
        sent = await replay(services.store, call, to, services.now_ms, once=number)
    except NothingToSend:
        return await _ask(request, call, Words("again.nothing", {}))
    log.info(
        "call sent again",
        call_id=call.entry.call_id,
        messages=len(sent.receipts),
        request_id=request[REQUEST_ID],
    )
    left_out = "".join(f"&{LEFT_OUT[each]}=1" for each in sent.left_out)
    place = f"admin/calls/{call.entry.call_id}?sent={len(sent.receipts)}{left_out}"
    return go(request, place)


@signed_in(OPERATOR)
async def show_translation(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show what this version makes of the call, beside what was made of it."""
    call, services = await _call(request), request.app[SERVICES]
    again = await services.calls.translate_again(
        call,
        await services.store.aliases(),
        reader=reader_of(request),
    )
    stored: Any = call.receipt["messages"]
    native: dict[str, Any] = again.native or {}
    rows = field_rows(again.notes, [native], 0) if again.native else []
    return await show(
        request,
        "calls/translated.html",
        tab="calls",
        e=call.entry,
        title=title_of(request, call.entry),
        gap=again.gap,
        is_cut=again.is_cut,
        many=len(call.messages),
        differences=[
            (
                visible(name),
                visible(_value(stored[0], name)),
                visible(_value(native, name)),
            )
            for name in again.differing
        ],
        rows=rows,
        counts=counts(rows),
    )


async def _call(request: web.Request) -> WholeCall:
    """Raises RouteNotFound also for a call that made no message."""
    call = await call_of(request)
    if not call.messages:
        raise RouteNotFound
    return call


async def _ask(
    request: web.Request, call: WholeCall, fault: Words | None = None
) -> web.StreamResponse:
    channels: Sequence[Channel] = await request.app[SERVICES].store.channels()
    own = {c.number: c for c in channels}
    homes = dict.fromkeys(own[n].name for n in call.channels if n in own)
    return await show(
        request,
        "calls/send_again.html",
        tab="calls",
        fault=fault,
        e=call.entry,
        title=title_of(request, call.entry),
        many=len(call.messages),
        homes=list(homes),
        channels=channels,
        number=secrets.token_hex(16),
    )


def _value(native: dict[str, Any], name: str) -> str:
    """A native field as text; "" where it has none."""
    first, _, rest = name.partition(".")
    value = native.get(first)
    if rest:
        value = (value or {}).get(rest)
    return "" if value is None else as_text(value)
