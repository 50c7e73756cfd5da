"""Signing in and out: one form for each door, shown where a session is missing."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable

from aiohttp import web

from pushgo_compat.core.auth.key_forms import (
    parse_channel_id,
    password_candidates,
    split_key,
)
from pushgo_compat.core.auth.tokens.tickets import Tickets, is_ticket
from pushgo_compat.errors import ChannelNotFound, RateLimited
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import (
    INBOX,
    OPERATOR,
    Door,
    Session,
    Visit,
    find_visit,
    forget,
    has_cookie,
    inbox_session,
    keep,
    operator_session,
)
from pushgo_compat.web.pages.frame import Page, page, relative_root, render
from pushgo_compat.web.services import ADMIN_TOKEN, SERVICES

Handler = Callable[[web.Request, Visit], Awaitable[web.StreamResponse]]

_CAME_BACK = "in"
"""A parameter that only the answer to a sign-in puts into the address."""
_OWN_PAGE = re.compile(r"[a-z]+(?:/[A-Za-z0-9_-]+)*")


def signed_in(door: Door) -> Callable[[Handler], Page]:
    """A page behind a door: without a session it is the form to sign in."""

    def around(handler: Handler) -> Page:
        async def show(request: web.Request) -> web.StreamResponse:
            visit = await find_visit(request, door)
            if visit is not None and request.method == "POST":
                # A form may come slowly, and the session end meanwhile.
                await read_own_form(request)
                visit = await find_visit(request, door)
            if visit is None:
                return ask(request, door)
            response = await handler(request, visit)
            now_ms = request.app[SERVICES].now_ms()
            renews = now_ms >= visit.session.needs_renewal_ms
            if renews and not response.prepared:
                keep(request, response, visit.session)
            return response

        return page(show)

    return around


def ask(
    request: web.Request,
    door: Door,
    *,
    fault: str = "",
    wait_s: int = 0,
    wanted: str = "",
) -> web.Response:
    """The form to sign in; ``fault`` is the key of what was wrong.

    ``wanted`` is the page to show afterwards, else the one of this request.
    """
    if not fault and has_cookie(request, door):
        fault = "signin.ended"
    elif not fault and _CAME_BACK in request.query:
        fault = "signin.no_cookie"
    response = render(
        request,
        f"access/sign_in_{door.path}.html",
        fault=fault,
        wait_s=wait_s,
        next_page=_own_page(wanted or _page_of(request), door),
    )
    if fault == "signin.busy":
        response.set_status(RateLimited.status)
        response.headers["Retry-After"] = str(wait_s)
    elif fault.startswith("signin.wrong"):
        response.set_status(web.HTTPForbidden.status_code)
    return response


@page
async def sign_in_to_inbox(request: web.Request) -> web.StreamResponse:
    """Open a channel's inbox with its id and password, or with its universal key."""
    fields = await read_own_form(request)
    wanted = fields.get("next", "")
    try:
        channel = await _channel_of(request, fields)
    except RateLimited as busy:
        wait_s = busy.retry_after_s
        return ask(request, INBOX, fault="signin.busy", wait_s=wait_s, wanted=wanted)
    if channel is None:
        return ask(request, INBOX, fault="signin.wrong_key", wanted=wanted)
    session = inbox_session(request, channel, stays="stay" in fields)
    return _enter(request, session, fields)


@page
async def sign_in_as_operator(request: web.Request) -> web.StreamResponse:
    """Open the operator's pages with the admin token."""
    fields = await read_own_form(request)
    wanted = fields.get("next", "")
    services = request.app[SERVICES]
    address = services.callers.address(request)
    try:
        services.limiter.check_address(address)
        opens = await request.app[ADMIN_TOKEN].opens(fields.get("token", ""), address)
    except RateLimited as busy:
        wait_s = busy.retry_after_s
        return ask(request, OPERATOR, fault="signin.busy", wait_s=wait_s, wanted=wanted)
    session = await operator_session(request) if opens else None
    if session is None:
        return ask(request, OPERATOR, fault="signin.wrong_token", wanted=wanted)
    return _enter(request, session, fields)


@page
async def sign_out_of_inbox(request: web.Request) -> web.StreamResponse:
    """End the session in this browser."""
    return await _leave(request, INBOX)


@page
async def sign_out_as_operator(request: web.Request) -> web.StreamResponse:
    """End the operator's session in this browser."""
    return await _leave(request, OPERATOR)


def go(request: web.Request, path: str) -> web.Response:
    """Lead to a page of ours, by an address that holds below any proxy's prefix."""
    return web.Response(
        status=303, headers={"Location": relative_root(request.path) + path}
    )


def _enter(
    request: web.Request, session: Session, fields: dict[str, str]
) -> web.Response:
    wanted = _own_page(fields.get("next", ""), session.door)
    response = go(request, f"{wanted}?{_CAME_BACK}=1")
    keep(request, response, session)
    return response


def _page_of(request: web.Request) -> str:
    """The page of this request, or the one where its form stands: ``admin/keys``."""
    parts = request.path[1:].split("/")
    return "/".join(parts if request.method in ("GET", "HEAD") else parts[:2])


def _own_page(path: str, door: Door) -> str:
    """A page behind the door; its first one for any other path, and for its forms."""
    is_own = path.split("/")[0] == door.path and _OWN_PAGE.fullmatch(path)
    return (
        path if is_own and not path.endswith(("/sign-in", "/sign-out")) else door.path
    )


async def _leave(request: web.Request, door: Door) -> web.Response:
    await read_own_form(request)
    response = go(request, door.path)
    forget(request, response, door)
    return response


async def _channel_of(request: web.Request, fields: dict[str, str]) -> Channel | None:
    """The channel that the form opens; None for whatever opens none.

    An old key (an alias) opens none here. Raises RateLimited.
    """
    services = request.app[SERVICES]
    address = services.callers.address(request)
    services.limiter.check_address(address)
    key = fields.get("key", "").strip()
    if is_ticket(key):
        return await Tickets(
            services.store.tickets, services.secret, services.now_ms
        ).take(key)
    if key:
        split = split_key(key)
        channel_id, passwords = (
            ("", [])
            if split is None
            else (split[0], list(password_candidates(split[1])))
        )
    else:
        channel_id = parse_channel_id(fields.get("channel_id", "").strip()) or ""
        passwords = [fields.get("password", "").strip()]
    for password in passwords:
        try:
            grant = await services.gate.login(
                channel_id, password, fresh=True, address=address
            )
        except ChannelNotFound:
            continue
        return grant.channel
    return None
