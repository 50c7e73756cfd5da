"""Routes of receiving clients: list, show, delete (docs/native-api.md, "Reading")."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.deliveries import DeliveryReader
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import InvalidRequest, MessageNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.message_json import MESSAGE_ID_FORM, message_id_of, wire_fields
from pushgo_compat.web.native.description.describe import (
    MESSAGE_ID,
    TEXT,
    Login,
    Operation,
    component,
    data,
    describes,
    query,
)
from pushgo_compat.web.native.envelope import accepted
from pushgo_compat.web.native.guards import check_query, login_reader
from pushgo_compat.web.preferred_language import prefers_chinese
from pushgo_compat.web.services import SERVICES

DEFAULT_LIMIT, MAX_LIMIT = 100, 500
FROM_THE_START = "all"
OLDEST_FIRST, NEWEST_FIRST = "asc", "desc"
_UNIX_MS = re.compile(r"[0-9]{1,16}")
_LIMIT = re.compile(r"[0-9]{1,3}")

READER_CODES = (
    "unknown_field",
    "authentication_failed",
    "channel_not_found",
    "rate_limited",
    "internal_error",
)
"""The error codes of every route that takes a reader's login."""
SINCE = query(
    "since",
    TEXT,
    "A message_id (after it), Unix milliseconds (accepted at or after it), or `all`.",
)


class Start(NamedTuple):
    """The start of a reading: after a position, and not before a time."""

    after: bytes
    since_ms: int


async def find_start(store: HistoryStore, channel: int, since: str) -> Start:
    """Read a ``since``: a message id, Unix milliseconds, or ``all``.

    Raises InvalidRequest with since_invalid, also for the id of no message.
    """
    if since == FROM_THE_START:
        return Start(b"", 0)
    if MESSAGE_ID_FORM.fullmatch(since):
        position = await store.position_of(channel, since)
        if position is not None:
            return Start(position, 0)
    elif _UNIX_MS.fullmatch(since):
        return Start(b"", int(since))
    raise InvalidRequest("since_invalid")


async def find_end(store: HistoryStore, channel: int, before: str) -> bytes:
    """Read a ``before``: the position of the message with this id.

    Raises InvalidRequest with before_invalid, also for the id of no message.
    """
    if MESSAGE_ID_FORM.fullmatch(before):
        position = await store.position_of(channel, before)
        if position is not None:
            return position
    raise InvalidRequest("before_invalid")


@describes(
    Operation(
        id="list_messages",
        summary="List messages",
        description="Oldest first: `data.next` is the `since` that continues. With "
        "`order=desc` newest first: `data.next` is the `before` that continues, null "
        "where nothing came.",
        login=Login.CHANNEL,
        parameters=(
            SINCE,
            query("before", MESSAGE_ID, "A message_id: only what came before it."),
            query(
                "limit",
                {
                    "type": "integer",
                    "minimum": 1,
                    "maximum": MAX_LIMIT,
                    "default": DEFAULT_LIMIT,
                },
            ),
            query(
                "order",
                TEXT | {"enum": [OLDEST_FIRST, NEWEST_FIRST], "default": OLDEST_FIRST},
                "`desc`: the newest first, back to `since`.",
            ),
        ),
        answer=data(
            messages={"type": "array", "items": component("StoredMessage")},
            next={"type": ["string", "null"]},
        ),
        codes=(
            "since_invalid",
            "before_invalid",
            "limit_invalid",
            "order_invalid",
            *READER_CODES,
        ),
    )
)
async def list_messages(request: web.Request) -> web.Response:
    """One page of a channel's messages, oldest first unless asked otherwise."""
    services = request.app[SERVICES]
    grant, _ = await login_reader(request)
    channel = grant.channel
    check_query(request, "since", "before", "limit", "order")
    since = request.query.get("since") or FROM_THE_START
    start = await find_start(services.store, channel.number, since)
    before = request.query.get("before") or None
    end = before and await find_end(services.store, channel.number, before)
    limit = _parse_limit(request.query.get("limit") or str(DEFAULT_LIMIT))
    newest_first = _parse_order(request.query.get("order") or OLDEST_FIRST)
    page = await services.store.page(
        channel.number, *start, limit, before=end or None, newest_first=newest_first
    )
    nothing_came = before if newest_first else since
    return accepted(
        {
            "messages": [
                wire_fields(stored, channel.channel_id, services.derived_metadata)
                for stored in page
            ],
            "next": page[-1].message_id if page else nothing_came,
        }
    )


def _parse_limit(text: str) -> int:
    if not _LIMIT.fullmatch(text) or not 1 <= int(text) <= MAX_LIMIT:
        raise InvalidRequest("limit_invalid")
    return int(text)


def _parse_order(text: str) -> bool:
    """Whether the newest comes first."""
    if text not in (OLDEST_FIRST, NEWEST_FIRST):
        raise InvalidRequest("order_invalid")
    return text == NEWEST_FIRST


@describes(
    Operation(
        id="get_message",
        summary="Show one message",
        description="With the translation receipt of an old call, and what became of "
        "its deliveries.",
        login=Login.CHANNEL,
        answer=data(
            message=component("StoredMessage"),
            receipt={"type": ["object", "null"]},
            deliveries={"type": "array", "items": {"type": "object"}},
        ),
        codes=("message_not_found", *READER_CODES),
    )
)
async def get_message(request: web.Request) -> web.Response:
    """One message with its translation receipt and its deliveries."""
    services = request.app[SERVICES]
    grant, _ = await login_reader(request)
    check_query(request)
    message_id = message_id_of(request)
    stored = await services.store.get(grant.channel.number, message_id)
    if stored is None:
        raise MessageNotFound
    return accepted(
        {
            "message": wire_fields(
                stored, grant.channel.channel_id, services.derived_metadata
            ),
            "receipt": services.render_receipt(
                stored,
                grant.channel,
                Reader(
                    services.callers.base_url(request),
                    prefers_chinese(request.headers.get("Accept-Language", "")),
                ),
            ),
            "deliveries": await _deliveries(services.deliveries, grant.channel, stored),
        }
    )


async def _deliveries(
    reader: DeliveryReader | None, channel: Channel, stored: StoredMessage
) -> list[Mapping[str, object]]:
    if reader is None:
        return []
    found = await reader.of_message(channel, stored)
    return [delivery.document() for delivery in found]


@describes(
    Operation(
        id="delete_message",
        summary="Delete one message",
        description="Its op_id stays taken.",
        login=Login.CHANNEL,
        answer=data(channel_id=TEXT, message_id=MESSAGE_ID, deleted={"const": True}),
        codes=("message_not_found", *READER_CODES),
    )
)
async def delete_message(request: web.Request) -> web.Response:
    """Remove a message and what hangs on it; its op_id stays taken."""
    grant, _ = await login_reader(request)
    check_query(request)
    message_id = message_id_of(request)
    services = request.app[SERVICES]
    if not await services.store.delete(grant.channel.number, message_id):
        raise MessageNotFound
    if services.files is not None:
        await services.files.sweep()
    return accepted(
        {
            "channel_id": grant.channel.channel_id,
            "message_id": message_id,
            "deleted": True,
        }
    )
