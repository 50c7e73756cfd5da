"""What reads topics: the four kinds of stream, and the question whether one may."""

from __future__ import annotations

from adapters.ntfy.endpoints import PERMITTED
from adapters.ntfy.errors import refusal
from adapters.ntfy.filters import read_filters
from adapters.ntfy.keys import RESERVED_TOPICS, claim, may_be_key
from adapters.ntfy.lookup import Lookup
from adapters.ntfy.routes import Route
from adapters.ntfy.since import parse_since
from adapters.ntfy.stream import FORMS, NtfyEncoder
from adapters.ntfy.wire import CACHE_DURATION_S
from pushgo_compat.legacy import (
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Subscribe,
)
from pushgo_compat.model import Access, KeyClaim

_WEBSOCKET = "ws"


def open_auth(request: LegacyRequest, route: Route) -> KeyCheck:
    """May the caller read these topics? All of them, or the answer is no."""
    return _check(route, _read_claims(request, route), PERMITTED)


def open_subscribe(request: LegacyRequest, route: Route) -> Subscribe | KeyCheck:
    """Read the parameters; who may not read the topics is not told of a bad one."""
    claims = _read_claims(request, route)
    try:
        return _read_subscribe(request, route, claims)
    except LegacyRefusal as refused:
        return _check(route, claims, for_websocket(request, refused.reply))


def for_websocket(request: LegacyRequest, reply: LegacyReply) -> LegacyReply:
    """Whoever asked for a WebSocket gets the bare status."""
    if not _wants_websocket(request):
        return reply
    return LegacyReply(status=reply.status, content_type=None)


def _read_claims(request: LegacyRequest, route: Route) -> tuple[KeyClaim, ...]:
    if not all(may_be_key(topic) for topic in route.topics):
        raise refusal(40401)
    if not RESERVED_TOPICS.isdisjoint(route.topics):
        raise refusal(40009)
    return tuple(claim(topic, request) for topic in route.topics)


def _check(route: Route, claims: tuple[KeyClaim, ...], reply: LegacyReply) -> KeyCheck:
    first, *others = claims
    return KeyCheck(
        route=route.pattern,
        claim=first,
        others=tuple(others),
        reply=reply,
        access=Access.READ,
    )


def _read_subscribe(
    request: LegacyRequest, route: Route, claims: tuple[KeyClaim, ...]
) -> Subscribe:
    if route.form == _WEBSOCKET and not _wants_websocket(request):
        raise refusal(40016)
    parameters = Lookup.of(request)
    poll = parameters.flag("x-poll", "poll", "po")
    since = parse_since(
        parameters.find("x-since", "since", "si"),
        poll=poll,
        now_ms=request.received_at_ms,
    )
    return Subscribe(
        route=route.pattern,
        claims=claims,
        topics=route.topics,
        encoder=NtfyEncoder(
            form=FORMS[route.form],
            requested=",".join(route.topics),
            filters=read_filters(parameters),
        ),
        since=since,
        poll=poll,
        scheduled=parameters.flag("x-scheduled", "scheduled", "sched"),
        websocket=route.form == _WEBSOCKET,
        kept_since_ms=request.received_at_ms - CACHE_DURATION_S * 1000,
    )


def _wants_websocket(request: LegacyRequest) -> bool:
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"
