"""The ntfy dialect: publishing as ntfy 2.13 takes it, and what newer servers added."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from typing import Any

from adapters.ntfy.body import Role, role_of
from adapters.ntfy.endpoints import DISCOVERY, PAGE, PREFLIGHT, STATIC
from adapters.ntfy.errors import error_reply, native_error_reply, refusal
from adapters.ntfy.ids import ntfy_id, ntfy_id_range
from adapters.ntfy.json_body import MAX_JSON_BYTES, parse_json_publish
from adapters.ntfy.keys import (
    RESERVED_TOPICS,
    claim,
    is_topic,
    may_be_key,
)
from adapters.ntfy.logins import find_login, login_notes
from adapters.ntfy.matrix import matrix_reply, publish_request, read_pushkey
from adapters.ntfy.notes import NOTES
from adapters.ntfy.params import read_parameters
from adapters.ntfy.publish import EMPTY_MESSAGE, Draft, begin_upload, translate
from adapters.ntfy.reply import accepted_reply, passing_reply
from adapters.ntfy.routes import MATRIX_ROUTE, Kind, Route, clean_path, find_route
from adapters.ntfy.sequences import MESSAGE_CLEAR, MESSAGE_DELETE, retract
from adapters.ntfy.subscribe import for_websocket, open_auth, open_subscribe
from adapters.ntfy.traits import TRAITS
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import (
    Answer,
    Download,
    KeyCheck,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    NoteText,
    Publish,
    StoredCall,
    Translation,
)
from pushgo_compat.model import KeyClaim, PushStatus, Receipt, Source
from pushgo_compat.traits import Surroundings, Traits

__all__ = ["NTFY", "NtfyDialect", "ntfy_id", "ntfy_id_range"]

_MAX_TEMPLATE_INPUT_BYTES = 131_072


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfyDialect:
    """ntfy's language; see ``pushgo_compat.legacy.Dialect``."""

    timezone: tzinfo = UTC
    """Where delays such as ``8pm`` are meant."""

    @property
    def source(self) -> Source:
        """The mount prefix and the mark in ``compat.source``."""
        return Source.NTFY

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks."""
        return TRAITS

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> NtfyDialect:
        """The same under the operator's settings."""
        return NtfyDialect(timezone=options.get("timezone") or surroundings.timezone)

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """Every code that a note of this dialect can carry."""
        return NOTES

    def body_limit(self, method: str, path: str) -> int:
        """One byte over ntfy's own limit, so that what is too long shows itself."""
        if clean_path(path) == "/":
            return MAX_JSON_BYTES + 1
        return _MAX_TEMPLATE_INPUT_BYTES + 1

    def is_costly(self, request: LegacyRequest) -> bool:
        """Never: the key stands in the path, or in JSON of 8 KB at most."""
        return False

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """Nothing is costly before the key is known."""
        return ()

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find out what is asked, and with which key."""
        try:
            return _open(request, self.timezone)
        except LegacyRefusal as refused:
            raise LegacyRefusal(for_websocket(request, refused.reply)) from refused

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """Answer with ntfy's event, under the topic that the sender used."""
        if call.route == MATRIX_ROUTE:
            return matrix_reply()
        view = translation.view or {}
        match results[0]:
            case Receipt() as receipt:
                return accepted_reply(call.claims[0].key, view, receipt)
            case _:
                return passing_reply(request, call.claims[0].key, view)

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core; a key that opens nothing is a topic again."""
        if isinstance(error, ChannelNotFound):
            return for_websocket(request, _key_refused(request))
        return for_websocket(request, native_error_reply(error))

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """The id that ntfy's clients know the message by."""
        return {"compat.ntfy.id": ntfy_id(message_id)}

    def recall(self, stored: StoredCall) -> LegacyReply:
        """The event again; the masked key stands for the topic."""
        if stored.route == MATRIX_ROUTE:
            return matrix_reply()
        return accepted_reply(stored.key_hint, stored.view or {}, stored.receipt)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Nothing asks: the dialect has no status queries."""
        return error_reply(40401)


NTFY = NtfyDialect()


# -------------------------------------------------------------------------- opening


def _open(request: LegacyRequest, zone: tzinfo) -> LegacyCall:
    method = request.method
    path = clean_path(request.path)
    if method == "OPTIONS":
        return Answer(route="OPTIONS *", reply=PREFLIGHT)
    if reply := STATIC.get((method, path)):
        return Answer(route=f"{method} {path}", reply=reply)
    route = find_route(method, path)
    if publisher := _PUBLISHERS.get(route.kind):
        return publisher(request, route, zone)
    return _OPENERS[route.kind](request, route)


def _open_publish(request: LegacyRequest, route: Route, zone: tzinfo) -> Publish:
    topic = route.topics[0]
    if not may_be_key(topic):
        raise refusal(40401)
    draft = Draft(request=request, body=request.body, sequence_id=route.sequence_id)
    return _publish(route, topic, draft, zone)


def _open_json_publish(request: LegacyRequest, route: Route, zone: tzinfo) -> Publish:
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
    return _publish(route, sent.topic, draft, zone, file_content=draft.body)


def _publish(
    route: Route,
    topic: str,
    draft: Draft,
    zone: tzinfo,
    *,
    file_content: bytes | None = None,
) -> Publish:
    if topic in RESERVED_TOPICS:
        raise refusal(40010)
    request = draft.request
    key = claim(topic, request)
    found = read_parameters(request, draft.overrides, zone)
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


def _open_retraction(request: LegacyRequest, route: Route) -> Publish:
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


def _open_page(request: LegacyRequest, route: Route) -> LegacyCall:
    """The page of a topic; a key that is no topic must be right to have one."""
    topic = route.topics[0]
    discovery = read_parameters(request).flag("unifiedpush")
    reply = DISCOVERY if discovery else PAGE
    if is_topic(topic):
        return Answer(route=route.pattern, reply=reply)
    if not may_be_key(topic):
        raise refusal(40401)
    return KeyCheck(route=route.pattern, claim=claim(topic, request), reply=reply)


def _open_file(request: LegacyRequest, route: Route) -> Download:
    """Whoever knows the address of a file may have it; no key is asked."""
    return Download(
        route=route.pattern,
        file_id=route.file_id,
        head_only=request.method == "HEAD",
    )


def _open_matrix(request: LegacyRequest, _route: Route, zone: tzinfo) -> LegacyCall:
    """Publish to the address that the homeserver was given, if it is one of ours."""
    pushkey = read_pushkey(request)
    publish = publish_request(request, pushkey)
    if publish is None:
        return Answer(route=MATRIX_ROUTE, reply=matrix_reply(pushkey))
    route = find_route("POST", clean_path(publish.path))
    if route.kind is not Kind.PUBLISH:
        raise refusal(40401)
    return _open_publish(publish, route._replace(pattern=MATRIX_ROUTE), zone)


def _refuse_path(_request: LegacyRequest, _route: Route) -> LegacyCall:
    raise refusal(40401)


_PUBLISHERS: Mapping[Kind, Callable[[LegacyRequest, Route, tzinfo], LegacyCall]] = {
    Kind.PUBLISH: _open_publish,
    Kind.PUBLISH_JSON: _open_json_publish,
    Kind.MATRIX: _open_matrix,
}
"""What may hold a delay such as ``8pm``, which depends on the time zone."""
_OPENERS: Mapping[Kind, Callable[[LegacyRequest, Route], LegacyCall]] = {
    Kind.DELETE: _open_retraction,
    Kind.CLEAR: _open_retraction,
    Kind.PAGE: _open_page,
    Kind.FILE: _open_file,
    Kind.AUTH: open_auth,
    Kind.SUBSCRIBE: open_subscribe,
    Kind.UNKNOWN: _refuse_path,
}


# ------------------------------------------------------------------------- refusing


def _key_refused(request: LegacyRequest) -> LegacyReply:
    """No such key: an illegal topic is not found, a legal one is not permitted."""
    route = find_route(request.method, clean_path(request.path))
    if route.kind is Kind.PUBLISH_JSON:
        if not is_topic(parse_json_publish(request.body).topic):
            return error_reply(40009)
    elif not all(is_topic(topic) for topic in route.topics):
        return error_reply(40401)
    return error_reply(40101 if find_login(request).text else 40301)
