"""``/admin/calls/ID``: one old call, what it became or why it was refused."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aiohttp import web

from pushgo_compat.core.auth.opening.grants import (
    LOGIN_NEEDED,
    SEND_ONLY,
    UNKNOWN_KEY,
    WRONG_LOGIN,
    WRONG_PASSWORD,
)
from pushgo_compat.core.calls.filters import Outcome
from pushgo_compat.core.calls.replay import FILE_IS_GONE, TTL_IS_OVER
from pushgo_compat.core.calls.service import WholeCall
from pushgo_compat.core.deliveries import TargetDelivery, progress_of
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.legacy import Verdict
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.content.dialect_names import dialect_names
from pushgo_compat.web.pages.content.safe_text import visible
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.operator.calls.call_fields import (
    as_json,
    as_text,
    counts,
    field_rows,
)
from pushgo_compat.web.pages.operator.calls.call_terms import (
    asked_of,
    channel_of,
    filter_of,
)
from pushgo_compat.web.pages.operator.calls.call_words import (
    client_name,
    in_language,
    title_of,
)
from pushgo_compat.web.pages.operator.desk_page import PAGE, Words, show
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.services import SERVICES

LEFT_OUT = {TTL_IS_OVER: "ttl", FILE_IS_GONE: "file"}
"""What a message that is sent again may lack, by its name in an address."""
_SMALL_NUMBER = re.compile(r"[0-9]{1,5}")
_AROUND_MS = 5 * 60_000
_MENDED_IN_ALIAS = (LOGIN_NEEDED, WRONG_LOGIN, SEND_ONLY)


class OneMessage(NamedTuple):
    """A message of a batch."""

    number: int
    channel: Channel | None
    title: str


class Mending(NamedTuple):
    """What the operator can do about a refused call."""

    path: str
    """A page of ours."""
    button: str
    """The key of its words."""


def reader_of(request: web.Request) -> Reader:
    """The operator, his language and the address under which he finds us."""
    return Reader(
        request.app[SERVICES].callers.main_url(request),
        language_of(request) == "zh",
        is_operator=True,
    )


async def call_of(request: web.Request) -> WholeCall:
    """The call that the path names. Raises RouteNotFound."""
    calls = request.app[SERVICES].calls
    call = await calls.get(request.match_info["call_id"], reader_of(request))
    if call is None:
        raise RouteNotFound
    return call


@signed_in(OPERATOR)
async def get_call(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the call; of a batch the message that ``?m=`` counts, from 0."""
    call = await call_of(request)
    if call.entry.outcome is Outcome.REFUSED:
        return await _show_refused(request, call)
    return await _show_accepted(request, call)


async def _show_accepted(request: web.Request, call: WholeCall) -> web.StreamResponse:
    receipt, number = call.receipt, _number(request, call)
    messages: Any = receipt["messages"]
    curl: Any = receipt["curl"]
    notes: Any = receipt["notes"]
    rows = field_rows(notes, messages, number)
    found = counts(rows)
    channels = await _channels(request, call)
    deliveries, due_at_ms = await _deliveries(request, call, number, channels)
    return await show(
        request,
        "calls/call.html",
        tab="calls",
        **await _shared(request, call),
        lead=_lead(request, call, found, deliveries, due_at_ms),
        rows=rows,
        counts=found,
        batch=_batch(call, number, channels),
        number=number,
        many=len(call.messages),
        deliveries=[(each, explain(each.reason)) for each in deliveries],
        curl=visible(curl[number]) if curl else None,
        native=as_json(messages[number]) if messages else None,
        raw=_raw(receipt["request"]),
        alias=await _alias(request, call),
        sent=_count(request.query.get("sent", "")),
        left_out=[n for n in LEFT_OUT.values() if n in request.query],
    )


async def _show_refused(request: web.Request, call: WholeCall) -> web.StreamResponse:
    entry = call.entry
    unknown = await _unknown(request, call)
    alias = await _alias(request, call)
    return await show(
        request,
        "calls/call_refused.html",
        tab="calls",
        **await _shared(request, call),
        todo=entry.todo and visible(in_language(request, entry.todo)),
        unknown=unknown,
        alias=alias,
        is_bound=entry.code == UNKNOWN_KEY and unknown is None and alias is not None,
        mending=_mending(call, unknown, alias),
        raw=_raw(call.receipt["request"]) if entry.record.target else None,
    )


async def _shared(request: web.Request, call: WholeCall) -> dict[str, Any]:
    """What the pages of accepted and refused calls both show."""
    entry = call.entry
    asked = asked_of(request)
    wanted = filter_of(request, asked, await channel_of(request, asked))
    body = entry.reply
    answer = visible(body) if isinstance(body, str) else as_json(body)
    since_ms, before_ms = entry.at_ms - _AROUND_MS, entry.at_ms + _AROUND_MS
    return {
        "e": entry,
        "title": title_of(request, entry),
        "client": client_name(entry.record.client),
        "dialects": dialect_names(request),
        "answer": f"HTTP {entry.status}\n{answer}",
        "asked": asked,
        "beside": await request.app[SERVICES].calls.neighbours(entry.call_id, wanted),
        "around": f"?since={since_ms}&before={before_ms}",
    }


def _number(request: web.Request, call: WholeCall) -> int:
    """Raises RouteNotFound for a message that the call has not made."""
    number = _count(request.query.get("m", "0"))
    if number is None or number >= max(1, len(call.messages)):
        raise RouteNotFound
    return number


def _count(text: str) -> int | None:
    """A small number of an address; None for what is none."""
    return int(text) if _SMALL_NUMBER.fullmatch(text) else None


def _lead(
    request: web.Request,
    call: WholeCall,
    found: Sequence[tuple[Verdict, int]],
    deliveries: Sequence[TargetDelivery],
    due_at_ms: int | None,
) -> list[Words]:
    """The sentences of the top: how far the message is, and what its fields lost."""
    if not call.messages:
        key = "call.repeated" if call.entry.message_ids else "call.no_message"
        return [Words(key, {})]
    progress = progress_of(deliveries)
    state = "call.stored" if progress is None else f"call.stored_{progress.value}"
    now_ms = request.app[SERVICES].now_ms()
    if due_at_ms is not None and due_at_ms > now_ms:
        state = "call.stored_due"
    sentences = [Words(state, {})]
    numbers = dict(found)
    for verdict in (Verdict.LOST, Verdict.CHANGED):
        if count := numbers.get(verdict):
            sentences.append(
                Words(f"call.fields_{verdict.value}", {"count": count, "n": count})
            )
    if len(sentences) == 1 and found:
        sentences.append(Words("call.nothing_lost", {}))
    return sentences


async def _channels(request: web.Request, call: WholeCall) -> list[Channel | None]:
    known = {c.number: c for c in await request.app[SERVICES].store.channels()}
    return [known.get(number) for number in call.channels]


def _batch(
    call: WholeCall, number: int, channels: Sequence[Channel | None]
) -> list[OneMessage]:
    """The messages of a batch around the one that is shown, a page of them."""
    if len(call.messages) <= 1:
        return []
    first = number // PAGE * PAGE
    return [
        OneMessage(
            n,
            channels[n] if n < len(channels) else None,
            visible(call.messages[n].title or ""),
        )
        for n in range(first, min(first + PAGE, len(call.messages)))
    ]


async def _deliveries(
    request: web.Request,
    call: WholeCall,
    number: int,
    channels: Sequence[Channel | None],
) -> tuple[Sequence[TargetDelivery], int | None]:
    """Of one message: what became of it, and when it is due if it waits."""
    services = request.app[SERVICES]
    channel = channels[number] if number < len(channels) else None
    if channel is None or not call.messages:
        return [], None
    message_id = call.entry.message_ids[number]
    stored = await services.store.get(channel.number, message_id)
    if stored is None or services.deliveries is None:
        return [], None
    return await services.deliveries.of_message(channel, stored), stored.deliver_at_ms


async def _alias(request: web.Request, call: WholeCall) -> Alias | None:
    """The alias of the call; of an unknown key the one that it was bound to since."""
    record = call.entry.record
    aliases = await request.app[SERVICES].store.aliases()
    if record.alias_id:
        return next((a for a in aliases if a.alias_id == record.alias_id), None)
    if call.entry.code != UNKNOWN_KEY:
        return None
    same = [
        alias
        for alias in aliases
        if (alias.dialect, alias.hint) == (call.entry.dialect, record.key_hint)
    ]
    return same[0] if len(same) == 1 else None


async def _unknown(request: web.Request, call: WholeCall) -> UnknownKey | None:
    """The key that nobody knows, if only one can be meant."""
    if call.entry.code != UNKNOWN_KEY:
        return None
    meant = call.entry.dialect, call.entry.record.key_hint
    keys = await request.app[SERVICES].store.unknown_keys()
    same = [key for key in keys if (key.dialect, key.hint) == meant]
    return same[0] if len(same) == 1 else None


def _mending(
    call: WholeCall, unknown: UnknownKey | None, alias: Alias | None
) -> Mending | None:
    code, channel = call.entry.code, call.entry.channel
    if code == UNKNOWN_KEY and unknown is not None:
        name = unknown.unknown_id
        return Mending(f"admin/keys?bind={name}#u-{name}", "call.bind")
    if code == UNKNOWN_KEY and alias is None:
        return Mending("admin/keys", "call.to_keys")
    if code == WRONG_PASSWORD and channel is not None:
        return Mending(f"admin/channels/{channel.channel_id}", "call.to_channel")
    if code in _MENDED_IN_ALIAS and alias is not None:
        return Mending(f"admin/keys/aliases/{alias.alias_id}", "aliases.change")
    if code == "server_busy":
        return Mending("admin/outbox", "call.to_outbox")
    return None


def _raw(request: object) -> str | None:
    """The request as it came, secrets masked."""
    if not isinstance(request, Mapping):
        return None
    lines = [f"{request['method']} {request['path']}"]
    lines += [f"{name}: {value}" for name, value in request["headers"].items()]
    return visible("\n".join([*lines, "", as_text(request["body"])]).rstrip())
