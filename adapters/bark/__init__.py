"""The Bark dialect: what bark-server accepts and answers, as native messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from adapters.bark import reply
from adapters.bark.costly import Unread, is_costly, seen_keys
from adapters.bark.forward import forward
from adapters.bark.json_body import BODY_LIMIT_BYTES
from adapters.bark.parameters import NOTES
from adapters.bark.parameters.receiver import key_claim
from adapters.bark.register import no_registration, open_register
from adapters.bark.request import Parameters, read_parameters
from adapters.bark.routes import (
    Action,
    Route,
    find_route,
    is_authorized,
    needs_login,
)
from adapters.bark.translate import translate
from adapters.shared.size_limit import DoesNotFit
from pushgo_compat.errors import (
    AuthenticationFailed,
    ChannelNotFound,
    MalformedRequest,
    MethodNotAllowed,
    NativeError,
    RequestTooLarge,
    RouteNotFound,
)
from pushgo_compat.legacy import (
    Answer,
    KeyCheck,
    KeyClaim,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Note,
    NoteText,
    Publish,
    PushStatus,
    StoredCall,
    Translation,
)
from pushgo_compat.model import NativeMessage, Receipt, Source

_INFO = {
    "version": "v2.3.4",
    "build": "2026-02-24 06:00:00",
    "arch": "linux/amd64",
    "commit": "1091c91",
    "devices": 1,
}
"""The release that this dialect speaks; clients show it."""
_TOO_LARGE_FOR_ALL = Translation(
    message=None, notes=(Note("ciphertext", "does_not_fit"),)
)
"""A batch with a ciphertext that no native message can hold: nothing is sent, and each
device key whose channel is known hears it in Apple's word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarkDialect:
    """bark-server v2.3.4 as its clients see it (commit 1091c91)."""

    user: str = ""
    password: str = field(default="", repr=False)
    """Basic auth is on when either of the two is set."""
    max_batch: int = 1000
    """Most device keys in one call."""
    rejoin_iv: bool = False
    """Make AES-GCM pushes readable for the native client (bark.md, 12.3)."""
    default_title: str = "Notification"
    """For pushes that have neither title nor subtitle."""

    @property
    def source(self) -> Source:
        """Bark."""
        return Source.BARK

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """Every code of a note."""
        return NOTES

    def body_limit(self, method: str, path: str) -> int:
        """Fiber's limit, everywhere."""
        return BODY_LIMIT_BYTES

    def is_costly(self, request: LegacyRequest) -> bool:
        """Whether the body is large, or compressed, so that it may be large."""
        return is_costly(request)

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """The key of the path, and what looks like keys elsewhere."""
        try:
            route = find_route(request.method, request.path)
        except (RouteNotFound, MethodNotAllowed):
            return ()
        if route.action is not Action.PUSH:
            return ()
        return tuple(map(key_claim, seen_keys(request, route.key)))

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Size, login, route, parameters: refused in bark-server's order."""
        if request.body_truncated:
            raise LegacyRefusal(reply.too_large(request))
        if (
            (self.user or self.password)
            and needs_login(request.path)
            and not is_authorized(request, self.user, self.password)
        ):
            raise LegacyRefusal(reply.TEAPOT)
        try:
            route = find_route(request.method, request.path)
        except RouteNotFound as error:
            raise LegacyRefusal(reply.no_route(request, request.path)) from error
        except MethodNotAllowed as error:
            raise LegacyRefusal(reply.wrong_method(request, error)) from error
        if route.action is Action.PUSH and request.method != "HEAD":
            return self._open_push(request, route)
        try:
            return _open_other(request, route)
        except Unread:
            raise LegacyRefusal(reply.too_large(request)) from None

    def _open_push(self, request: LegacyRequest, route: Route) -> Publish:
        pattern = f"{request.method} {route.pattern}"
        try:
            parameters = read_parameters(request, route, self.max_batch)
        except Unread:
            claim = self._unread_claim(request, route)
            unread = partial(_refuse_unread, request)
            return Publish(route=pattern, claims=(claim,), translate=unread)
        claims = _claims(request, parameters)
        return Publish(
            route=pattern,
            claims=claims,
            costly=is_costly(request),
            translate=partial(self._translate, request, parameters),
            batch=parameters.device_keys is not None,
        )

    def _unread_claim(self, request: LegacyRequest, route: Route) -> KeyClaim:
        """The key in whose words a body is refused that was not read to its end."""
        shown = seen_keys(request, route.key)
        if not shown:
            raise LegacyRefusal(reply.failure(request, 400, reply.EMPTY_KEY))
        return key_claim(shown[0])

    def _translate(self, request: LegacyRequest, parameters: Parameters) -> Translation:
        try:
            translation = translate(
                parameters,
                request.received_at_ms,
                default_title=self.default_title,
                rejoins_iv=self.rejoin_iv,
            )
        except DoesNotFit as error:
            if parameters.device_keys is not None:
                return _TOO_LARGE_FOR_ALL
            refused = reply.failure(request, 500, reply.push_failed(RequestTooLarge()))
            raise LegacyRefusal(refused) from error
        if "Authorization" in request.headers and not (self.user or self.password):
            notes = (*translation.notes, Note("Authorization", "login"))
            return replace(translation, notes=notes)
        return translation

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """``success``; a batch reports each device key."""
        if not call.batch:
            return reply.success(request.received_at_ms)
        served = RequestTooLarge() if translation is _TOO_LARGE_FOR_ALL else None
        return reply.batch_done(
            request.received_at_ms,
            [claim.key for claim in call.claims],
            [r if isinstance(r, NativeError) else served for r in results],
        )

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core as bark-server words its store's and Apple's."""
        if isinstance(error, AuthenticationFailed):
            return reply.TEAPOT
        if isinstance(error, MethodNotAllowed):
            return reply.wrong_method(request, error)
        if isinstance(error, RouteNotFound):
            return reply.no_route(request, request.path)
        if isinstance(error, ChannelNotFound):
            return self._unknown_key(request, error)
        if isinstance(error, MalformedRequest):
            return reply.failure(request, 400, "Bad Request")
        return reply.failure(request, 500, reply.push_failed(error))

    def _unknown_key(
        self, request: LegacyRequest, error: ChannelNotFound
    ) -> LegacyReply:
        """Each route has its own words, and repeats the key as the sender wrote it.

        The request is read again for it: refusals are off the hot path.
        """
        route = find_route(request.method, request.path)
        if route.action is Action.REGISTER:
            return no_registration(request)
        if route.action is Action.REGISTER_CHECK:
            return reply.failure(request, 400, reply.unknown_key(route.key))
        try:
            parameters = read_parameters(request, route, self.max_batch)
            claim = key_claim(parameters.device_key)
        except Unread:
            claim = self._unread_claim(request, route)
        return reply.failure(request, *reply.push_failure(claim.key, error))

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Nothing: Bark gives a message no id."""
        return {}

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """The parameters of a stored push, for another Bark server or Bark's app."""
        return forward(message, view, message_id)

    def recall(self, stored: StoredCall) -> LegacyReply:
        """``success`` once more, the key masked."""
        at_ms = stored.receipt.accepted_at_ms
        if stored.batch:
            return reply.batch_done(at_ms, [stored.key_hint], [None])
        return reply.success(at_ms)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Bark has no status queries; any path that looks like one has no route."""
        return reply.no_route(request, request.path)


BARK = BarkDialect()


def _open_other(request: LegacyRequest, route: Route) -> LegacyCall:
    """Everything that sends nothing."""
    if route.action is Action.MCP:
        raise LegacyRefusal(reply.no_route(request, "/mcp"))
    if request.method == "HEAD":
        return Answer(route=f"HEAD {route.pattern}", reply=reply.NOTHING)
    match route.action:
        case Action.REGISTER:
            return open_register(request)
        case Action.REGISTER_CHECK:
            return KeyCheck(
                route=f"GET {route.pattern}",
                claim=key_claim(route.key),
                reply=reply.success(request.received_at_ms),
            )
        case Action.PING:
            answer = reply.success(request.received_at_ms, "pong")
        case Action.INFO:
            answer = reply.json_reply(_INFO)
        case _:
            answer = reply.OK_TEXT
    return Answer(route=f"GET {route.pattern}", reply=answer)


def _refuse_unread(request: LegacyRequest) -> Translation:
    """Refuse for a key that was bound only after the body had been left unread."""
    raise LegacyRefusal(reply.too_large(request))


def _claims(request: LegacyRequest, parameters: Parameters) -> tuple[KeyClaim, ...]:
    if parameters.device_keys is not None:
        return tuple(map(key_claim, parameters.device_keys))
    if not parameters.device_key:
        raise LegacyRefusal(reply.failure(request, 400, reply.EMPTY_KEY))
    return (key_claim(parameters.device_key),)
