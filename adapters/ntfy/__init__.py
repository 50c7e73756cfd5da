"""The ntfy dialect: publishing as in ntfy 2.13, and additions of newer servers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from adapters.golang.outside import Outside
from adapters.golang.time import Clock
from adapters.ntfy.account import open_account, open_token
from adapters.ntfy.endpoints import DISCOVERY, PAGE, PREFLIGHT, STATIC
from adapters.ntfy.errors import CORS, error_reply, native_error_reply, refusal
from adapters.ntfy.event import event_line
from adapters.ntfy.forward import forward
from adapters.ntfy.ids import ntfy_id, ntfy_id_range, passing_id
from adapters.ntfy.keys import claim, is_topic, may_be_key
from adapters.ntfy.mail import ACCEPTED, MAIL_ROUTE, NtfyMail
from adapters.ntfy.mail.notes import NOTES as MAIL_NOTES
from adapters.ntfy.mail.replies import REFUSALS as MAIL_REFUSALS
from adapters.ntfy.parameters import NOTES, REFUSALS
from adapters.ntfy.present import present
from adapters.ntfy.publish import (
    key_refused,
    open_json_publish,
    open_matrix,
    open_publish,
    open_retraction,
)
from adapters.ntfy.publish.json_body import MAX_JSON_BYTES
from adapters.ntfy.publish.matrix import matrix_reply
from adapters.ntfy.publish.reading import read_parameters
from adapters.ntfy.publish.templating import MAX_INPUT_BYTES
from adapters.ntfy.routes import (
    JSON_ROUTES,
    MATRIX_ROUTE,
    Kind,
    Route,
    clean_path,
    find_route,
)
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
    Place,
    Presentation,
    Publish,
    Reading,
    RefusalText,
    StoredCall,
    Translation,
)
from pushgo_compat.model import KeyClaim, NativeMessage, PushStatus, Receipt, Source
from pushgo_compat.traits import Surroundings, Traits

__all__ = ["NTFY", "NtfyDialect", "NtfyMail", "ntfy_id", "ntfy_id_range"]

_NOTES: Mapping[str, NoteText] = {**NOTES, **MAIL_NOTES}
_REFUSALS: Mapping[str, RefusalText] = {**REFUSALS, **MAIL_REFUSALS}


_NO_CLOCK = Clock()


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfyDialect:
    """ntfy's language; see ``pushgo_compat.legacy.Dialect``."""

    source = Source.NTFY

    clock: Clock = _NO_CLOCK
    """The time zone of delays such as ``8pm``, and what templates need."""

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks."""
        return TRAITS

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> NtfyDialect:
        """The same under the operator's settings."""
        folder = options.get("template_dir")
        outside = Outside(
            random_bytes=surroundings.random_bytes,
            monotonic_s=surroundings.monotonic_s,
        )
        if folder is not None:
            outside = outside._replace(read_file=surroundings.reads_of(folder))
        zone = options.get("timezone") or surroundings.timezone
        return NtfyDialect(clock=Clock(zone=zone, outside=outside))

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """Every code that a note of this dialect can carry."""
        return _NOTES

    @property
    def refusals(self) -> Mapping[str, RefusalText]:
        """Every code that a refusal of this dialect can carry."""
        return _REFUSALS

    def reading(self, route: str, content_type: str) -> Reading:
        """JSON beats headers, and headers the query."""
        if route in JSON_ROUTES:
            return Reading((Place.JSON, Place.HEADER, Place.QUERY))
        return Reading((Place.HEADER, Place.QUERY, Place.PATH, Place.BODY))

    def body_limit(self, method: str, path: str) -> int:
        """One byte over ntfy's own limit, so that a longer body can be told apart."""
        if clean_path(path) == "/":
            return MAX_JSON_BYTES + 1
        return MAX_INPUT_BYTES + 1

    def is_costly(self, request: LegacyRequest) -> bool:
        """Never: the key stands in the path, or in JSON of 8 KB at most."""
        return False

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """None: no request is costly before the key is known."""
        return ()

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find the route, read the parameters and find the key."""
        try:
            return _open(request, self.clock)
        except LegacyRefusal as refused:
            refused.reply = for_websocket(request, refused.reply)
            raise

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
        topic = call.claims[0].key
        receipt = results[0]
        if isinstance(receipt, Receipt):
            return _accepted_reply(topic, view, receipt)
        # Of a poll request, which is answered and not stored.
        at_ms = request.received_at_ms
        return _event_reply(passing_id(at_ms, topic), at_ms, topic, view)

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core. A key that opens nothing counts as a topic."""
        if isinstance(error, ChannelNotFound):
            return for_websocket(request, _key_refused(request))
        return for_websocket(request, native_error_reply(error))

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """The id of the message for ntfy's clients."""
        return {"compat.ntfy.id": ntfy_id(message_id)}

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """The event that another ntfy server is to get."""
        return forward(message, view, message_id)

    def present(
        self, message: NativeMessage, view: Mapping[str, object] | None
    ) -> Presentation:
        """A message as ntfy's own apps show it."""
        return present(message, view)

    def recall(self, stored: StoredCall) -> LegacyReply:
        """The event again, with the masked key in place of the topic."""
        if stored.route == MATRIX_ROUTE:
            return matrix_reply()
        if stored.route == MAIL_ROUTE:
            return ACCEPTED
        return _accepted_reply(stored.key_hint, stored.view or {}, stored.receipt)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Never called: the dialect has no status queries."""
        return error_reply(40401)


NTFY = NtfyDialect()


# -------------------------------------------------------------------------- opening


def _open(request: LegacyRequest, clock: Clock) -> LegacyCall:
    method = request.method
    path = clean_path(request.path)
    if method == "OPTIONS":
        return Answer(route="OPTIONS *", reply=PREFLIGHT)
    if reply := STATIC.get((method, path)):
        return Answer(route=f"{method} {path}", reply=reply)
    route = find_route(method, path)
    if publisher := _PUBLISHERS.get(route.kind):
        return publisher(request, route, clock)
    return _OPENERS[route.kind](request, route)


def _open_page(request: LegacyRequest, route: Route) -> LegacyCall:
    """The page of a topic. A key that is no topic gets one only if it is right."""
    topic = route.topics[0]
    discovery = read_parameters(request).flag("unifiedpush")
    reply = DISCOVERY if discovery else PAGE
    if is_topic(topic):
        return Answer(route=route.pattern, reply=reply)
    if not may_be_key(topic):
        raise refusal(40401)
    return KeyCheck(route=route.pattern, claim=claim(topic, request), reply=reply)


def _open_file(request: LegacyRequest, route: Route) -> Download:
    """A file for anyone who knows its address: no key is asked."""
    return Download(
        route=route.pattern,
        file_id=route.file_id,
        head_only=request.method == "HEAD",
    )


def _refuse_path(_request: LegacyRequest, _route: Route) -> LegacyCall:
    raise refusal(40401)


_PUBLISHERS: Mapping[Kind, Callable[[LegacyRequest, Route, Clock], LegacyCall]] = {
    Kind.PUBLISH: open_publish,
    Kind.PUBLISH_JSON: open_json_publish,
    Kind.MATRIX: open_matrix,
}
"""Requests that may have a delay such as ``8pm``, which depends on the time zone."""
_OPENERS: Mapping[Kind, Callable[[LegacyRequest, Route], LegacyCall]] = {
    Kind.DELETE: open_retraction,
    Kind.CLEAR: open_retraction,
    Kind.PAGE: _open_page,
    Kind.FILE: _open_file,
    Kind.AUTH: open_auth,
    Kind.ACCOUNT: open_account,
    Kind.TOKEN: open_token,
    Kind.SUBSCRIBE: open_subscribe,
    Kind.UNKNOWN: _refuse_path,
}


# ------------------------------------------------------------------------ answering


def _accepted_reply(
    topic: str, view: Mapping[str, object], receipt: Receipt
) -> LegacyReply:
    """The event of an accepted message; its time is that of delivery."""
    at_ms = receipt.deliver_at_ms or receipt.accepted_at_ms
    return _event_reply(ntfy_id(receipt.message_id), at_ms, topic, view)


def _event_reply(
    identifier: str, at_ms: int, topic: str, view: Mapping[str, object]
) -> LegacyReply:
    line = event_line(identifier, at_ms // 1000, topic, view)
    return LegacyReply(body=line, headers=CORS)


def _key_refused(request: LegacyRequest) -> LegacyReply:
    """The answer to an unknown key: not found for an illegal topic, else forbidden."""
    route = find_route(request.method, clean_path(request.path))
    if not all(is_topic(topic) for topic in route.topics):
        return error_reply(40401)
    return key_refused(request)
