"""Requests that read topics: four forms of stream, and the check of a key.

See docs/dialects/ntfy.md 9.
"""

from __future__ import annotations

import re

from adapters.ntfy.endpoints import PERMITTED
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import CACHE_DURATION_S
from adapters.ntfy.keys import RESERVED_TOPICS, claim, may_be_key
from adapters.ntfy.routes import Route
from adapters.ntfy.subscribe.encoder import FORMS, NtfyEncoder
from adapters.ntfy.subscribe.filters import read_filters
from adapters.ntfy.subscribe.lookup import Lookup
from adapters.ntfy.subscribe.since import parse_since
from pushgo_compat.legacy import (
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Subscribe,
)
from pushgo_compat.model import Access, KeyClaim

_WEBSOCKET = "ws"
_POLL = ("x-poll", "poll", "po")
_SINCE = ("x-since", "since", "si")
_SCHEDULED = ("x-scheduled", "scheduled", "sched")
_IPHONE = re.compile(r"ntfy/\S+ \(build [^;()]*; iOS [^;()]+\)")
"""The User-Agent of ntfy's iPhone app (ntfy-ios, ``ApiService.swift``)."""


def open_auth(request: LegacyRequest, route: Route) -> KeyCheck:
    """Ask whether the caller may read the topics; one that he may not is a refusal."""
    claims = _read_claims(request, route)
    return _check(route, claims, PERMITTED, can_be_woken=_is_iphone(request, claims))


def open_subscribe(request: LegacyRequest, route: Route) -> Subscribe | KeyCheck:
    """Read the parameters. A bad one is refused only after the keys were checked."""
    claims = _read_claims(request, route)
    try:
        return _read_subscribe(request, route, claims)
    except LegacyRefusal as refused:
        return _check(route, claims, for_websocket(request, refused.reply))


def for_websocket(request: LegacyRequest, reply: LegacyReply) -> LegacyReply:
    """The reply; for a request of a WebSocket its status without a body."""
    if not _wants_websocket(request):
        return reply
    return LegacyReply(status=reply.status, content_type=None)


def _read_claims(request: LegacyRequest, route: Route) -> tuple[KeyClaim, ...]:
    if not all(may_be_key(topic) for topic in route.topics):
        raise refusal(40401)
    if not RESERVED_TOPICS.isdisjoint(route.topics):
        raise refusal(40009)
    return tuple(claim(topic, request) for topic in route.topics)


def _is_iphone(request: LegacyRequest, claims: tuple[KeyClaim, ...]) -> bool:
    """Whether ntfy's iPhone app asks, which names one topic a call."""
    client = request.headers.get("User-Agent", "")
    return len(claims) == 1 and _IPHONE.fullmatch(client) is not None


def _check(
    route: Route,
    claims: tuple[KeyClaim, ...],
    reply: LegacyReply,
    *,
    can_be_woken: bool = False,
) -> KeyCheck:
    first, *others = claims
    return KeyCheck(
        route=route.pattern,
        claim=first,
        others=tuple(others),
        reply=reply,
        access=Access.READ,
        can_be_woken=can_be_woken,
    )


def _read_subscribe(
    request: LegacyRequest, route: Route, claims: tuple[KeyClaim, ...]
) -> Subscribe:
    if route.form == _WEBSOCKET and not _wants_websocket(request):
        raise refusal(40016)
    parameters = Lookup.of(request)
    poll = parameters.flag(_POLL)
    since = parse_since(
        parameters.find(_SINCE),
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
        scheduled=parameters.flag(_SCHEDULED),
        websocket=route.form == _WEBSOCKET,
        kept_since_ms=request.received_at_ms - CACHE_DURATION_S * 1000,
        can_be_woken=poll and _is_iphone(request, claims),
    )


def _wants_websocket(request: LegacyRequest) -> bool:
    return request.headers.get("Upgrade", "").strip().lower() == "websocket"
