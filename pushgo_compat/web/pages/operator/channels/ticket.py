"""A QR code that opens an inbox on a phone: the answer to a form, never an address."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.auth.tokens.tickets import LASTS_MS, Tickets
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.content.qr_code import qr_code
from pushgo_compat.web.pages.operator.desk_page import channel_of, show
from pushgo_compat.web.services import SERVICES


@signed_in(OPERATOR)
async def show_ticket(request: web.Request, _: Visit) -> web.StreamResponse:
    """Make a ticket and show its code."""
    await read_own_form(request)
    channel = await channel_of(request)
    services = request.app[SERVICES]
    tickets = Tickets(services.store.tickets, services.secret, services.now_ms)
    ticket = await tickets.make(channel)
    # What follows # reaches no server and no log.
    address = f"{services.callers.main_url(request)}/inbox#{ticket.text}"
    return await show(
        request,
        "channels/ticket.html",
        tab="channels",
        channel=channel,
        code=qr_code(address),
        address=address,
        lasts_s=LASTS_MS // 1000,
    )
