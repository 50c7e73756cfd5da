"""Requests that publish: a topic's own route, JSON at the root, Matrix, and updates."""

from __future__ import annotations

from functools import partial

from adapters.golang.time import Clock
from adapters.ntfy.errors import error_reply, native_error_reply, refusal
from adapters.ntfy.keys import (
    RESERVED_TOPICS,
    claim,
    find_login,
    is_topic,
    login_notes,
    may_be_key,
)
from adapters.ntfy.parameters.text import EMPTY_MESSAGE
from adapters.ntfy.parameters.updates import MESSAGE_CLEAR, MESSAGE_DELETE, retract
from adapters.ntfy.publish.body import Role, role_of
from adapters.ntfy.publish.json_body import parse_json_publish
from adapters.ntfy.publish.matrix import matrix_reply, publish_request, read_pushkey
from adapters.ntfy.publish.reading import read_parameters
from adapters.ntfy.publish.translating import Draft, begin_upload, translate
from adapters.ntfy.routes import MATRIX_ROUTE, Kind, Route, clean_path, find_route
from adapters.ntfy.subscribe import for_websocket
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import (
    Answer,
    LegacyCall,
    LegacyReply,
    LegacyRequest,
    Publish,
)


def open_publish(request: LegacyRequest, route: Route, clock: Clock) -> Publish:
    """A publish to the topic in the path."""
    topic = route.topics[0]
    if not may_be_key(topic):
        raise refusal(40401)
    draft = Draft(request=request, body=request.body, sequence_id=route.sequence_id)
    return _publish(route, topic, draft, clock)


def open_json_publish(request: LegacyRequest, route: Route, clock: Clock) -> Publish:
    """A publish to the topic in the JSON body."""
    if request.body_truncated:
        raise refusal(41303)
    sent = parse_json_publish(request.body)
    if not may_be_key(sent.topic):
        raise refusal(40009)
    draft = Draft(
        request=request,
        body=(sent.message or EMPTY_MESSAGE).encode(),
        body_field=sent.message_field if sent.message else "",
        overrides=sent.overrides,
        notes=sent.notes,
    )
    publish = _publish(route, sent.topic, draft, clock, file_content=draft.body)
    publish.refused = partial(_json_refused, request, sent.topic)
    return publish


def key_refused(request: LegacyRequest) -> LegacyReply:
    """A legal topic that the caller may not use; a login that he showed is wrong."""
    return error_reply(40101 if find_login(request).text else 40301)


def _json_refused(
    request: LegacyRequest, topic: str, error: NativeError
) -> LegacyReply:
    """Word a refusal of the core with the topic that stood in the body."""
    if not isinstance(error, ChannelNotFound):
        reply = native_error_reply(error)
    else:
        reply = key_refused(request) if is_topic(topic) else error_reply(40009)
    return for_websocket(request, reply)


def open_retraction(request: LegacyRequest, route: Route) -> Publish:
    """A request to clear or delete the notifications of a sequence id."""
    topic = route.topics[0]
    if not may_be_key(topic):
        raise refusal(40401)
    if topic in RESERVED_TOPICS:
        raise refusal(40010)
    event = MESSAGE_DELETE if route.kind is Kind.DELETE else MESSAGE_CLEAR
    key = claim(topic, request)
    found = read_parameters(request)
    found.notes.extend(login_notes(request, usable=bool(key.credentials)))
    return Publish(
        route=route.pattern,
        claims=(key,),
        translate=partial(retract, found, route.sequence_id, event),
    )


def open_matrix(request: LegacyRequest, _route: Route, clock: Clock) -> LegacyCall:
    """A Matrix homeserver's publish to an address of ours; others are rejected."""
    pushkey = read_pushkey(request)
    publish = publish_request(request, pushkey)
    if publish is None:
        return Answer(route=MATRIX_ROUTE, reply=matrix_reply(pushkey))
    route = find_route("POST", clean_path(publish.path))
    if route.kind is not Kind.PUBLISH:
        raise refusal(40401)
    return open_publish(publish, route._replace(pattern=MATRIX_ROUTE), clock)


def _publish(
    route: Route,
    topic: str,
    draft: Draft,
    clock: Clock,
    *,
    file_content: bytes | None = None,
) -> Publish:
    if topic in RESERVED_TOPICS:
        raise refusal(40010)
    request = draft.request
    key = claim(topic, request)
    found = read_parameters(request, draft.overrides, clock)
    if key.credentials or "auth" in request.query or "Authorization" in request.headers:
        found.notes.extend(login_notes(request, usable=bool(key.credentials)))
    role = role_of(draft.body, found, truncated=request.body_truncated)
    is_file = role is Role.FILE
    return Publish(
        route=route.pattern,
        claims=(key,),
        translate=partial(translate, draft, found, role),
        costly=role is Role.TEMPLATE_INPUT,
        begin_upload=partial(begin_upload, draft, found) if is_file else None,
        file_content=file_content if is_file else None,
    )
