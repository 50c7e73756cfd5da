"""A web push message's way to the browser's push service, guarded."""

from __future__ import annotations

from functools import partial

from pushgo_compat.core.delivery import (
    Configuration,
    Delivery,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    Surroundings,
)
from pushgo_compat.delivery.kinds.webpush.payload import (
    MAX_PLAINTEXT_BYTES,
    build_plaintext,
    encrypt,
    push_headers,
)
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.guard import guarded_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient
from pushgo_compat.delivery.sending.options import host_of, origin_of
from pushgo_compat.delivery.sending.vapid import VAPID, Vapid, unb64url

_TAKEN = frozenset({200, 201, 202, 204})
_DEAD = frozenset({404, 410})
"""Only these: ntfy 2.13 drops a subscription on any error but 429, and loses some."""
_TOO_LARGE = 413
_BUSY = 429
_SHORTER_BYTES = MAX_PLAINTEXT_BYTES // 2


class WebPushSender:
    """Sends to every browser that has subscribed."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        allowed = surroundings.webpush_allow_private
        self._http = HttpClient(surroundings.now_ms, partial(guarded_session, allowed))
        self._vapid: Vapid | None = None

    def group(self, configuration: Configuration) -> str:
        """The push service's host."""
        return f"webpush {host_of(str(configuration['endpoint']))}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Encrypt for the browser and post; cut harder once if that is too large."""
        subject = self._surroundings.webpush_subject
        if subject is None:
            return Misconfigured(
                "PUSHGO_WEBPUSH_SUBJECT is not set, and the public base URL is no https"
            )
        if self._vapid is None:
            self._vapid = Vapid(self._surroundings.derive_key(VAPID), subject)
        if configuration.get("vapid") != self._vapid.public_key:
            return Drop("subscribed under another key of this gateway")
        outcome = await self._send(configuration, delivery, MAX_PLAINTEXT_BYTES)
        if outcome == GiveUp("status 413"):
            outcome = await self._send(configuration, delivery, _SHORTER_BYTES)
        return outcome

    async def _send(
        self, configuration: Configuration, delivery: Delivery, limit: int
    ) -> Outcome:
        assert self._vapid is not None  # noqa: S101 - made by ``send``
        endpoint = str(configuration["endpoint"])
        now_ms = self._surroundings.now_ms()
        try:
            plaintext, cut = build_plaintext(delivery, limit)
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        body = encrypt(
            plaintext,
            unb64url(str(configuration["p256dh"])),
            unb64url(str(configuration["auth"])),
        )
        headers = {
            **push_headers(delivery, now_ms),
            "Authorization": self._vapid.authorization(
                origin_of(endpoint), now_ms // 1000
            ),
        }
        answer = await self._http.post(endpoint, body, headers)
        return outcome_of(answer, cut) if isinstance(answer, Answer) else answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def outcome_of(answer: Answer, cut: str = "") -> Outcome:
    """The outcome of a push service's status (docs/delivery.md, A5)."""
    status = answer.status
    reason = f"status {status}"
    if status in _TAKEN:
        return Sent(answer.headers.get("Location"), cut)
    if status in _DEAD:
        return Drop(f"{reason}: the subscription has ended")
    if status in (401, 403):
        return Misconfigured(f"{reason}: {_words(answer)}")
    if status == _BUSY:
        return Retry(reason, after_s=answer.retry_after_s)
    if status >= 500:  # noqa: PLR2004 - the class of the provider's failures
        return Retry(reason, Scope.GROUP, answer.retry_after_s)
    return GiveUp(reason)


def _words(answer: Answer) -> str:
    """The provider's own reason, one short line."""
    text = answer.text_of("reason") or answer.body[:200].decode("utf-8", "replace")
    return " ".join(text.split())[:200]
