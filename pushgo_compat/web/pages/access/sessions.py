"""Sessions: signed cookies without a table.

A cookie holds who signed in, when, and a digest of the password or token that let him
in. Another password, a deleted channel or a new token end it on every instance.
"""

from __future__ import annotations

import hmac
from typing import NamedTuple

from aiohttp import web
from itsdangerous import BadData, URLSafeSerializer

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.model import Channel
from pushgo_compat.web.services import ADMIN_TOKEN, SERVICES

_MS = 1000
_MINUTE_S = 60
_HOUR_S = 60 * _MINUTE_S
_DAY_S = 24 * _HOUR_S


class Door(NamedTuple):
    """What a kind of session opens, and for how long."""

    path: str
    """Below the server's root; the cookie goes nowhere else, no dialect receives it."""
    cookie: str
    idle_s: int
    """Seconds without a page after which it ends."""
    longest_s: int
    """Seconds after signing in when it ends in any case."""
    renewed_s: int
    """Seconds after which a page renews it."""


INBOX = Door("inbox", "pushgo_inbox", 90 * _DAY_S, 3650 * _DAY_S, _DAY_S)
OPERATOR = Door("admin", "pushgo_admin", 12 * _HOUR_S, 7 * _DAY_S, 10 * _MINUTE_S)


class Session(NamedTuple):
    """Somebody who has signed in."""

    door: Door
    channel_id: str
    """"" for the operator."""
    began_ms: int
    seen_ms: int
    stays: bool
    """Whether the cookie outlives the browser."""
    proof: str
    """Hexadecimal digest of what let him in."""

    @property
    def needs_renewal_ms(self) -> int:
        """The time from which a page renews the cookie."""
        return self.seen_ms + self.door.renewed_s * _MS


class Visit(NamedTuple):
    """A request whose session holds."""

    session: Session
    channel: Channel | None
    """The inbox's channel; None for the operator."""

    @property
    def inbox(self) -> Channel:
        """The channel of an inbox's visit."""
        assert self.channel is not None  # noqa: S101 - only the operator has none
        return self.channel


def inbox_session(request: web.Request, channel: Channel, *, stays: bool) -> Session:
    """A fresh session of somebody who has shown the channel's password."""
    services = request.app[SERVICES]
    now_ms = services.now_ms()
    proof = services.secret.session_proof("inbox", channel.password_hash).hex()
    return Session(INBOX, channel.channel_id, now_ms, now_ms, stays, proof)


async def operator_session(request: web.Request) -> Session | None:
    """A fresh session of somebody who has shown the operator's token.

    None where the token is gone meanwhile.
    """
    proof = await request.app[ADMIN_TOKEN].proof()
    now_ms = request.app[SERVICES].now_ms()
    if proof is None:
        return None
    return Session(OPERATOR, "", now_ms, now_ms, False, proof.hex())


async def find_visit(request: web.Request, door: Door) -> Visit | None:
    """Who sends this request; None where the cookie is missing or has ended."""
    session = _read(request, door)
    if session is None:
        return None
    services = request.app[SERVICES]
    if door is OPERATOR:
        proof, channel = await request.app[ADMIN_TOKEN].proof(), None
    else:
        channel = await services.store.channel(session.channel_id)
        proof = None
        if channel is not None:
            proof = services.secret.session_proof("inbox", channel.password_hash)
    if proof is None or not hmac.compare_digest(proof.hex(), session.proof):
        return None
    return Visit(session, channel)


async def grant_of(request: web.Request, visit: Visit) -> Grant:
    """The right to an inbox's channel that its session gives, as of this moment."""
    generation = await request.app[SERVICES].store.generation()
    return Grant(channel=visit.inbox, generation=generation, by_password=True)


def keep(request: web.Request, response: web.StreamResponse, session: Session) -> None:
    """Set the cookie, with this moment as the last one seen."""
    seen = session._replace(seen_ms=request.app[SERVICES].now_ms())
    value = _serializer(request, session.door).dumps(list(seen[1:]))
    response.set_cookie(
        _name(request, session.door),
        str(value),
        max_age=session.door.idle_s if session.stays else None,
        path=_path(request, session.door),
        secure=_is_https(request),
        httponly=True,
        samesite="Lax",
    )


def forget(request: web.Request, response: web.StreamResponse, door: Door) -> None:
    """Take the cookie away."""
    response.del_cookie(
        _name(request, door),
        path=_path(request, door),
        secure=_is_https(request),
        httponly=True,
        samesite="Lax",
    )


def has_cookie(request: web.Request, door: Door) -> bool:
    """Whether a cookie came, whatever it is worth."""
    return _name(request, door) in request.cookies


def _read(request: web.Request, door: Door) -> Session | None:
    shown = request.cookies.get(_name(request, door), "")
    try:
        values = _serializer(request, door).loads(shown)
    except BadData:
        return None
    session = Session(door, *values)
    now_ms = request.app[SERVICES].now_ms()
    if now_ms > session.seen_ms + door.idle_s * _MS:
        return None
    return None if now_ms > session.began_ms + door.longest_s * _MS else session


def _serializer(request: web.Request, door: Door) -> URLSafeSerializer:
    key = request.app[SERVICES].secret.derive_key("page-session")
    return URLSafeSerializer(key, salt=door.cookie)


def _name(request: web.Request, door: Door) -> str:
    """Over https with the prefix that browsers take from secure answers only."""
    return f"__Secure-{door.cookie}" if _is_https(request) else door.cookie


def _path(request: web.Request, door: Door) -> str:
    return f"{request.app[SERVICES].callers.base_path(request)}/{door.path}"


def _is_https(request: web.Request) -> bool:
    return request.app[SERVICES].callers.scheme(request) == "https"
