"""Push through another bark-server: its answers as outcomes (docs/delivery.md, A8)."""

from __future__ import annotations

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
from pushgo_compat.delivery.kinds.bark.payload import MAX_PUSH_BYTES, build_push
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.guard import plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient, via_header
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.delivery.sending.secrecy import credential_mark

_NO_DEVICE = ("failed to get device token", "device key is empty", "token invalid")
_DEAD = ("BadDeviceToken", "Unregistered")
TOO_LARGE = "PayloadTooLarge"


class BarkSender:
    """Sends to all bark targets, one device key a request.

    A batch answers 200 with failures inside.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)

    def group(self, configuration: Configuration) -> str:
        """The server's host and login: a wrong login is its users' alone."""
        login = str(configuration.get("authorization", ""))
        mark = credential_mark(self._surroundings, login)
        return f"bark {host_of(str(configuration['url']))} {mark}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Push one message; cut harder once when Apple calls it too large."""
        outcome = await self._push(configuration, delivery, MAX_PUSH_BYTES)
        if isinstance(outcome, GiveUp) and TOO_LARGE in outcome.reason:
            outcome = await self._push(configuration, delivery, MAX_PUSH_BYTES // 2)
        return outcome

    async def _push(
        self, configuration: Configuration, delivery: Delivery, limit: int
    ) -> Outcome:
        try:
            body, cut = build_push(delivery, str(configuration["device_key"]), limit)
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            **via_header(delivery),
        }
        if login := configuration.get("authorization"):
            headers["Authorization"] = str(login)
        answer = await self._http.post(
            f"{configuration['url']}/push",
            body,
            headers,
        )
        return outcome_of(answer, cut) if isinstance(answer, Answer) else answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def outcome_of(answer: Answer, cut: str = "") -> Outcome:
    """The outcome of the server's answer."""
    status = answer.status
    words = answer.text_of("message")
    told = words[:200] or f"status {status}"
    match status:
        case 200 if answer.json.get("code") == 200:  # noqa: PLR2004 - its own code
            return Sent(None, cut)
        case 200 | 404 | 405:
            return Misconfigured("no bark-server there", Scope.TARGET)
        case 401 | 403 | 418:
            return Misconfigured("the login is wrong")
        case 400 if any(text in words for text in _NO_DEVICE):
            return Drop(_without_key(told))
        case 500 if any(text in words for text in _DEAD):
            return Drop(told)
        case 500 if TOO_LARGE in words:
            return GiveUp(told)
        case _ if status >= 500 or status == 429:  # noqa: PLR2004
            return Retry(told, Scope.GROUP, answer.retry_after_s)
        case _ if 300 <= status < 400:  # noqa: PLR2004 - redirects
            return Misconfigured("answers a redirect", Scope.TARGET)
        case _:
            return GiveUp(_without_key(told))


def _without_key(told: str) -> str:
    """bark-server repeats the device key in brackets: ``get [KEY] device token``."""
    before, bracket, rest = told.partition("[")
    return f"{before}[…]{rest.partition(']')[2]}" if bracket else told
