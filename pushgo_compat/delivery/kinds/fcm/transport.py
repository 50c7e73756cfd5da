"""Firebase's answers as outcomes (docs/delivery.md, A4)."""

from __future__ import annotations

from collections.abc import Mapping

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
from pushgo_compat.delivery.kinds.fcm.account import AccessTokens, Account
from pushgo_compat.delivery.kinds.fcm.payload import build_message
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.guard import plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.delivery.sending.secrecy import credential_mark

QUOTA_RETRY_S = 60.0
_UNAUTHENTICATED = 401


class FcmSender:
    """Sends to all fcm targets."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)
        self._tokens = AccessTokens()

    def group(self, configuration: Configuration) -> str:
        """Host, project and account: a wrong account is its users' alone."""
        host = host_of(str(configuration["endpoint"]))
        mark = credential_mark(self._surroundings, str(configuration["private_key"]))
        return f"fcm {host} {configuration['project_id']} {mark}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Send one message; a refused access token is replaced once."""
        try:
            body, cut = build_message(delivery, str(configuration["token"]))
        except DoesNotFit:
            return GiveUp("too large, even without its body")
        answer = await self._ask(configuration, body)
        if isinstance(answer, Answer) and answer.status == _UNAUTHENTICATED:
            if error_code(answer) == "THIRD_PARTY_AUTH_ERROR":
                return outcome_of(answer)
            self._tokens.forget(
                _account(configuration), str(configuration["token_endpoint"])
            )
            answer = await self._ask(configuration, body)
        return outcome_of(answer, cut) if isinstance(answer, Answer) else answer

    async def _ask(
        self,
        configuration: Configuration,
        body: bytes,
    ) -> Answer | Retry | Misconfigured:
        now_ms = self._surroundings.now_ms()
        token = await self._tokens.token(
            self._http,
            _account(configuration),
            str(configuration["token_endpoint"]),
            now_ms,
        )
        if not isinstance(token, str):
            return token
        project = configuration["project_id"]
        return await self._http.post(
            f"{configuration['endpoint']}/v1/projects/{project}/messages:send",
            body,
            {
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/json",
            },
        )

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def _account(configuration: Configuration) -> Account:
    return Account(
        project_id=str(configuration["project_id"]),
        client_email=str(configuration["client_email"]),
        private_key=str(configuration["private_key"]),
    )


def outcome_of(answer: Answer, cut: str = "") -> Outcome:
    """The outcome of Firebase's answer."""
    status, code = answer.status, error_code(answer)
    told = f"{code}: {_message(answer)}" if code else f"status {status}"
    match status, code:
        case 200, _:
            return Sent(answer.text_of("name") or None, cut)
        case 400, "INVALID_ARGUMENT" if "registration token" in _message(answer):
            return Drop(told)
        case 403, "SENDER_ID_MISMATCH":
            return Drop(told)
        case 404, "UNREGISTERED":
            return Drop(told)
        case ((401 | 403 | 404), _):
            return Misconfigured(told)
        case 429, _:
            wait_s = answer.retry_after_s or QUOTA_RETRY_S
            device = "device" in _message(answer).lower()
            return Retry(told, Scope.TARGET if device else Scope.GROUP, wait_s)
        case _ if status >= 500:  # noqa: PLR2004 - UNAVAILABLE, INTERNAL
            return Retry(told, Scope.GROUP, answer.retry_after_s)
        case _:
            return GiveUp(told)


def error_code(answer: Answer) -> str:
    """FCM's own code, or else the general status; "" when it is no such answer."""
    error = answer.json.get("error")
    if not isinstance(error, Mapping):
        return ""
    details = error.get("details")
    for detail in details if isinstance(details, list) else ():
        if isinstance(detail, Mapping) and isinstance(detail.get("errorCode"), str):
            return str(detail["errorCode"])
    # A project that is not there has no FcmError, only NOT_FOUND.
    return str(error.get("status", ""))


def _message(answer: Answer) -> str:
    return answer.text_of("error", "message")[:200]
