"""The Bark dialect: bark-server's requests and replies (docs/dialects/bark.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from adapters.bark import reply
from adapters.bark.forward import forward
from adapters.bark.mcp import (
    MCP_READING,
    MCP_ROUTES,
    VIEW_ID,
    Refuse,
    mcp_sent,
    open_mcp,
    recall_mcp,
)
from adapters.bark.other_calls import open_other
from adapters.bark.parameters import NOTES, REFUSALS
from adapters.bark.parameters.receiver import NO_KEY, key_claim
from adapters.bark.reading.costly import Unread, is_costly, is_json, seen_keys
from adapters.bark.reading.forms import is_form, is_multipart
from adapters.bark.reading.json_body import BODY_LIMIT_BYTES
from adapters.bark.reading.one_key import for_one_key
from adapters.bark.reading.request import Parameters, read_parameters
from adapters.bark.refusals import LOGIN, NO_ROUTE, TOO_LARGE, WRONG_METHOD
from adapters.bark.register import no_registration
from adapters.bark.routes import (
    Action,
    Route,
    find_route,
    is_authorized,
    needs_login,
)
from adapters.bark.traits import TRAITS
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
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Note,
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

_TOO_LARGE_FOR_ALL = Translation(
    message=None, notes=(Note("ciphertext", "does_not_fit"),)
)
"""A batch with a ciphertext that no native message can hold. Nothing is sent, and each
device key that names a channel is answered ``PayloadTooLarge``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarkDialect:
    """bark-server v2.3.4 as its clients see it (commit 1091c91)."""

    source = Source.BARK

    user: str = ""
    password: str = field(default="", repr=False)
    """A login is asked for when user or password is set."""
    max_batch: int = 1000
    """Most device keys of one call."""
    rejoin_iv: bool = False
    """Make AES-GCM pushes readable for PushGo's client (docs/dialects/bark.md 12.3)."""
    default_title: str = "Notification"
    """The title of a push that has neither title nor subtitle."""

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks."""
        return TRAITS

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> BarkDialect:
        """The same under the operator's settings."""
        return replace(self, **options)

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """The text of every note's code."""
        return NOTES

    @property
    def refusals(self) -> Mapping[str, RefusalText]:
        """What the operator reads of this dialect's own refusals."""
        return REFUSALS

    def reading(self, route: str, content_type: str) -> Reading:
        """As read_parameters merges them."""
        if route in MCP_ROUTES:
            return MCP_READING
        if is_json(content_type):
            places = (Place.PATH, Place.QUERY, Place.JSON, Place.HEADER)
        elif is_form(content_type):
            places = (Place.PATH, Place.FORM, Place.QUERY, Place.HEADER)
        else:
            places = (Place.PATH, Place.QUERY, Place.HEADER, Place.BODY)
        return Reading(places, last_counts=not is_multipart(content_type))

    def body_limit(self, method: str, path: str) -> int:
        """4 MiB on every route, as Fiber has it."""
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
        if route.action not in {Action.PUSH, Action.MCP}:
            return ()
        return tuple(map(key_claim, seen_keys(request, route.key)))

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Check size, login, route and parameters, in bark-server's order."""
        if request.body_truncated:
            raise LegacyRefusal(reply.too_large(request), TOO_LARGE)
        if (
            (self.user or self.password)
            and needs_login(request.path)
            and not is_authorized(request, self.user, self.password)
        ):
            raise LegacyRefusal(reply.TEAPOT, LOGIN)
        try:
            route = find_route(request.method, request.path)
        except RouteNotFound as error:
            answer = reply.no_route(request, request.path)
            raise LegacyRefusal(answer, NO_ROUTE) from error
        except MethodNotAllowed as error:
            answer = reply.wrong_method(request, error)
            raise LegacyRefusal(answer, WRONG_METHOD) from error
        if route.action is Action.PUSH and request.method != "HEAD":
            return self._open_push(request, route)
        try:
            if route.action is Action.MCP:
                return open_mcp(request, route, self._translate)
            return open_other(request, route)
        except Unread:
            raise LegacyRefusal(reply.too_large(request), TOO_LARGE) from None

    def _open_push(self, request: LegacyRequest, route: Route) -> Publish:
        pattern = f"{request.method} {route.pattern}"
        try:
            parameters = read_parameters(request, route, self.max_batch)
        except Unread:
            claim = self._unread_claim(request, route)
            unread = partial(_refuse_unread, request)
            return Publish(
                route=pattern,
                claims=(claim,),
                translate=unread,
                refused=partial(self._push_refused, request, claim),
            )
        claims = _claims(request, parameters)
        refused = partial(self._push_refused, request, claims[0])
        return Publish(
            route=pattern,
            claims=claims,
            refused=refused,
            translate=partial(self._translate, request, parameters, refused),
            batch=parameters.device_keys is not None,
            single=partial(for_one_key, request, route),
        )

    def _unread_claim(self, request: LegacyRequest, route: Route) -> KeyClaim:
        """The key that the refusal of an unread body names: the first that is seen."""
        shown = seen_keys(request, route.key)
        if not shown:
            raise LegacyRefusal(reply.failure(request, 400, reply.EMPTY_KEY), NO_KEY)
        return key_claim(shown[0])

    def _translate(
        self, request: LegacyRequest, parameters: Parameters, refused: Refuse
    ) -> Translation:
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
            raise LegacyRefusal(refused(RequestTooLarge()), TOO_LARGE) from error
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
        """Word the success; a batch reports each device key."""
        if call.route in MCP_ROUTES:
            return mcp_sent(request)
        if not call.batch:
            return reply.success(request.received_at_ms)
        served = RequestTooLarge() if translation is _TOO_LARGE_FOR_ALL else None
        return reply.batch_done(
            request.received_at_ms,
            [claim.key for claim in call.claims],
            [r if isinstance(r, NativeError) else served for r in results],
        )

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core as one of bark-server's store, or of Apple."""
        if isinstance(error, AuthenticationFailed):
            return reply.TEAPOT
        if isinstance(error, MethodNotAllowed):
            return reply.wrong_method(request, error)
        if isinstance(error, RouteNotFound):
            return reply.no_route(request, request.path)
        if isinstance(error, ChannelNotFound):
            return _unknown_key(request, error)
        if isinstance(error, MalformedRequest):
            return reply.failure(request, 400, "Bad Request")
        return reply.failure(request, 500, reply.push_failed(error))

    def _push_refused(
        self, request: LegacyRequest, claim: KeyClaim, error: NativeError
    ) -> LegacyReply:
        """Word a refusal of a push; one of its key repeats the key as it was sent."""
        if isinstance(error, ChannelNotFound):
            return reply.failure(request, *reply.push_failure(claim.key, error))
        return self.refused(request, error)

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Nothing: a Bark message has no id of the server's."""
        return {}

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """The parameters of a stored push, for another Bark server or Bark's app."""
        return forward(message, view, message_id)

    def present(
        self, message: NativeMessage, view: Mapping[str, object] | None
    ) -> Presentation:
        """A push whose body came as ``markdown`` is Markdown, any other plain."""
        return Presentation(markdown="markdown" in (view or {}))

    def recall(self, stored: StoredCall) -> LegacyReply:
        """Word the success of a stored call again, the key masked."""
        at_ms = stored.receipt.accepted_at_ms
        if stored.route in MCP_ROUTES:
            return recall_mcp((stored.view or {}).get(VIEW_ID))
        if stored.batch:
            return reply.batch_done(at_ms, [stored.key_hint], [None])
        return reply.success(at_ms)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """404: Bark has no status queries."""
        return reply.no_route(request, request.path)


BARK = BarkDialect()


def _unknown_key(request: LegacyRequest, error: ChannelNotFound) -> LegacyReply:
    """Word an unknown key by its route, with the key as far as the path shows it."""
    route = find_route(request.method, request.path)
    if route.action is Action.REGISTER:
        return no_registration(request)
    if route.action is not Action.REGISTER_CHECK:
        key = key_claim(route.key).key
        return reply.failure(request, *reply.push_failure(key, error))
    return reply.failure(request, 400, reply.unknown_key(route.key))


def _refuse_unread(request: LegacyRequest) -> Translation:
    """Refuse for a key that was bound only after the body had been left unread."""
    raise LegacyRefusal(reply.too_large(request), TOO_LARGE)


def _claims(request: LegacyRequest, parameters: Parameters) -> tuple[KeyClaim, ...]:
    if parameters.device_keys is not None:
        return tuple(map(key_claim, parameters.device_keys))
    if not parameters.device_key:
        raise LegacyRefusal(reply.failure(request, 400, reply.EMPTY_KEY), NO_KEY)
    return (key_claim(parameters.device_key),)
