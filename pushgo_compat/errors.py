"""Every refusal the core can give.

NativeError
├── InvalidRequest          400  broken syntax, an unknown field, a broken rule
│   └── MalformedRequest         not even HTTP that the parser could read
├── AuthenticationFailed    401  gateway token or reader's login missing or wrong
├── NotFound                404
│   ├── ChannelNotFound          no such channel, or wrong password: never told apart
│   ├── MessageNotFound
│   └── RouteNotFound
├── MethodNotAllowed        405  carries the methods that are allowed
├── Conflict                409  the channel cannot have what was asked for
│   ├── TooManyTargets
│   └── WebPushNotConfigured     the operator has set no contact for push services
├── RequestTooLarge         413
├── RateLimited             429  carries when to come back
├── InternalError           500  a fault of ours; says nothing about it
└── ServerBusy              503  could not be made durable; carries when to come back

A program reads ``code``; people read the sentence that ``web`` renders for it.
Dialects word these errors in their own servers' way (``Dialect.refused``).
"""

from __future__ import annotations


class NativeError(Exception):
    """A request that was not accepted. ``code`` is stable, snake_case."""

    status: int = 500
    code: str = "internal_error"

    def __init__(self, code: str | None = None, *, detail: str = "") -> None:
        """``detail`` goes into the sentence for people; never put a secret in it."""
        self.code = code or type(self).code
        self.detail = detail
        super().__init__(self.code)


class InvalidRequest(NativeError):
    """The request breaks a rule; ``code`` says which."""

    status = 400
    code = "invalid_json_data"


class MalformedRequest(InvalidRequest):
    """The parser refused the head of the request; nothing but its first line is known.

    The detail is for the native sentence, which has room for one.
    """

    def __init__(self) -> None:
        super().__init__(detail="request")


class AuthenticationFailed(NativeError):
    """The gateway token, or a reader's login, is missing or malformed."""

    status = 401
    code = "authentication_failed"


class NotFound(NativeError):
    """The channel, message or route does not exist, or not for this caller."""

    status = 404
    code = "route_not_found"


class ChannelNotFound(NotFound):
    """No such channel or a wrong password; the two are never told apart.

    ``why``, ``channel`` and ``alias_id`` are for the operator's journal alone.
    """

    code = "channel_not_found"

    def __init__(
        self, why: str = "", channel: int | None = None, alias_id: str | None = None
    ) -> None:
        """``why`` is a code of ``core.calls.reasons``; ``channel`` a number."""
        super().__init__()
        self.why = why
        self.channel = channel
        self.alias_id = alias_id


class MessageNotFound(NotFound):
    """The channel is right, the message is not there."""

    code = "message_not_found"


class RouteNotFound(NotFound):
    """No such route."""

    code = "route_not_found"


class MethodNotAllowed(NativeError):
    """The route exists for other methods; ``allow`` lists them."""

    status = 405
    code = "method_not_allowed"

    def __init__(self, allow: str) -> None:
        super().__init__()
        self.allow = allow


class Conflict(NativeError):
    """The state of channel or gateway does not allow what was asked for."""

    status = 409
    code = "conflict"


class TooManyTargets(Conflict):
    """The channel has as many web push subscriptions as it may."""

    code = "too_many_targets"


class WebPushNotConfigured(Conflict):
    """No address is set that push services could complain to."""

    code = "webpush_not_configured"


class RequestTooLarge(NativeError):
    """The body, or the native message made from it, is over the limit."""

    status = 413
    code = "request_too_large"


class RateLimited(NativeError):
    """Too many requests or too many password checks under way."""

    status = 429
    code = "rate_limited"

    def __init__(self, retry_after_s: int = 1) -> None:
        super().__init__()
        self.retry_after_s = retry_after_s


class InternalError(NativeError):
    """A fault of the gateway. Details go to the log, never to the caller."""

    status = 500
    code = "internal_error"


class ServerBusy(NativeError):
    """The message could not be made durable; nothing was accepted.

    The ids it would have had are there, so that a sender can retry and compare.
    """

    status = 503
    code = "server_busy"

    def __init__(
        self,
        *,
        message_id: str = "",
        op_id: str = "",
        retry_after_s: int = 1,
        detail: str = "",
    ) -> None:
        """``detail`` is why, such as ``disk full``, where that is known."""
        super().__init__(detail=detail)
        self.message_id = message_id
        self.op_id = op_id
        self.retry_after_s = retry_after_s
