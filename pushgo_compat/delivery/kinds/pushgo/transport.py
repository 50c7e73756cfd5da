"""Another gateway's ``POST /message``: answers as outcomes (docs/delivery.md, A1)."""

from __future__ import annotations

from pushgo_compat.core.delivery import (
    Configuration,
    Delivery,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    Surroundings,
)
from pushgo_compat.delivery.kinds.pushgo.payload import build_body
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.guard import plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient, via_header
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.delivery.sending.secrecy import credential_mark

_WRONG_TARGET = ("invalid channel id", "channel password length")
"""Texts of 400s without a code that mean this target's own settings."""


class PushGoSender:
    """Sends to all pushgo targets."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)

    def group(self, configuration: Configuration) -> str:
        """The gateway's host and token: a wrong token is its users' alone."""
        mark = credential_mark(self._surroundings, str(configuration.get("token", "")))
        return f"pushgo {host_of(str(configuration['url']))} {mark}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Post one message."""
        try:
            body, cut = build_body(
                delivery, str(configuration["to"]), str(configuration["password"])
            )
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        headers = {"Content-Type": "application/json", **via_header(delivery)}
        if token := configuration.get("token"):
            headers["Authorization"] = f"Bearer {token}"
        answer = await self._http.post(
            f"{configuration['url']}/message",
            body,
            headers,
        )
        return outcome_of(answer, cut) if isinstance(answer, Answer) else answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def outcome_of(answer: Answer, cut: str = "") -> Outcome:
    """The outcome of the gateway's answer."""
    status = answer.status
    code = answer.text_of("error_code")
    told = code or answer.text_of("error")[:200] or f"status {status}"
    if status == 200 and answer.json.get("success") is True:  # noqa: PLR2004
        return Sent(answer.text_of("data", "message_id") or None, cut)
    match status:
        case 200 | 404 | 405:
            reason = told if code == "channel_not_found" else "no PushGo gateway there"
            return Misconfigured(reason, Scope.TARGET)
        case 401:
            return Misconfigured(f"{told}: the gateway's token is wrong")
        case 403:
            return Misconfigured(told, Scope.TARGET)
        case 400 if any(text in told.lower() for text in _WRONG_TARGET):
            return Misconfigured(told, Scope.TARGET)
        case 503 if _is_half_sent(answer):
            return Retry(told, Scope.TARGET, answer.retry_after_s)
        case 429:
            return Retry(told, Scope.TARGET, answer.retry_after_s)
        case _ if status >= 500:  # noqa: PLR2004 - busy, or down
            return Retry(told, Scope.GROUP, answer.retry_after_s)
        case _ if 300 <= status < 400:  # noqa: PLR2004 - redirects
            return Misconfigured("answers a redirect", Scope.TARGET)
        case _:
            return GiveUp(told)


def _is_half_sent(answer: Answer) -> bool:
    """Whether it failed for some devices of this channel: the gateway itself is up."""
    data = answer.json.get("data")
    return isinstance(data, dict) and data.get("accepted") is False
