"""``/inbox/m/ID…``: one message, its receipt, its pictures, and its end."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import MessageNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.message_json import message_id_of, wire_fields
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import INBOX, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.content.safe_text import visible
from pushgo_compat.web.pages.content.verdicts import ORDER
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.pages.inbox.message import show, show_all
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.services import SERVICES

_PICTURES_POLICY = (
    "default-src 'none'; style-src 'self'; img-src {}; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)


@signed_in(INBOX)
async def get_message(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Show one message whole, with what it was translated from and where it went."""
    services, channel = request.app[SERVICES], visit.inbox
    stored = await _find(request, channel)
    deliveries = (
        []
        if services.deliveries is None
        else await services.deliveries.of_message(channel, stored)
    )
    reader = Reader(services.callers.base_url(request), language_of(request) == "zh")
    fields: dict[str, Any] = wire_fields(
        stored, channel.channel_id, services.derived_metadata
    )
    receipt: Any = services.render_receipt(stored, channel, reader)
    return render(
        request,
        "inbox/message.html",
        channel=channel,
        m=await show(request, stored),
        metadata={
            visible(name): visible(str(value))
            for name, value in fields.get("metadata", {}).items()
        },
        receipt=receipt,
        notes=sorted(
            [] if receipt is None else receipt["notes"],
            key=lambda note: ORDER.index(note["verdict"]),
        ),
        answer=None if receipt is None else _answer(receipt["reply"]),
        deliveries=deliveries,
    )


@signed_in(INBOX)
async def get_card(request: web.Request, visit: Visit) -> web.StreamResponse:
    """One message as a fragment, which the script puts on top of the list."""
    stored = await _find(request, visit.inbox)
    return render(request, "inbox/card.html", m=(await show_all(request, [stored]))[0])


@signed_in(INBOX)
async def get_pictures(request: web.Request, visit: Visit) -> web.StreamResponse:
    """The pictures of other hosts, in a frame that may load from those hosts alone."""
    stored = await _find(request, visit.inbox)
    shown = await show(request, stored, limit=0)
    origins = sorted({_origin(url) for url in shown.foreign_images})
    response = render(request, "inbox/pictures.html", images=shown.foreign_images)
    response.headers["Content-Security-Policy"] = _PICTURES_POLICY.format(
        " ".join(origins) or "'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@signed_in(INBOX)
async def ask_to_delete(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Ask before a message goes for everybody."""
    stored = await _find(request, visit.inbox)
    return render(request, "inbox/delete_message.html", m=await show(request, stored))


@signed_in(INBOX)
async def delete_message(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Remove a message and what hangs on it; one that is gone is gone."""
    await read_own_form(request)
    services = request.app[SERVICES]
    await services.store.delete(visit.inbox.number, message_id_of(request))
    if services.files is not None:
        await services.files.sweep()
    return go(request, "inbox")


def _answer(reply: Mapping[str, Any]) -> str:
    """What the old client was told."""
    body = reply["body"]
    if not isinstance(body, str):
        body = json.dumps(body, ensure_ascii=False, indent=2)
    return f"HTTP {reply['status']}\n{visible(body)}"


async def _find(request: web.Request, channel: Channel) -> StoredMessage:
    """Raises MessageNotFound."""
    store = request.app[SERVICES].store
    stored = await store.get(channel.number, message_id_of(request))
    if stored is None or stored.hidden:
        raise MessageNotFound
    return stored


def _origin(url: str) -> str:
    """Scheme, host and port as a policy writes them; nothing that could end it."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    safe = re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", host)
    return f"{parts.scheme}://{host}" if safe else "'none'"
