"""Publishing to another ntfy server: its answers as outcomes (docs/delivery.md, A7)."""

from __future__ import annotations

import re

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
from pushgo_compat.delivery.kinds.ntfy.payload import build_publish
from pushgo_compat.delivery.sending.cut import DoesNotFit
from pushgo_compat.delivery.sending.guard import plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient, via_header
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.delivery.sending.secrecy import credential_mark

DAY_MS = 86_400_000
DAILY_QUOTA = 42908
"""ntfy's "daily message quota reached": 250 a day and address on ntfy.sh."""
SHORTEST_RETRY_S = 5.0
_LEGAL_SEQUENCE = re.compile(r"[-_A-Za-z0-9]{1,64}")


class NtfySender:
    """Sends to all ntfy targets."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)

    def group(self, configuration: Configuration) -> str:
        """The server's host and login: quotas are the address's or the user's."""
        login = str(configuration.get("authorization", ""))
        mark = credential_mark(self._surroundings, login)
        return f"ntfy {host_of(str(configuration['url']))} {mark}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Publish, delete or clear one message."""
        url, topic = str(configuration["url"]), str(configuration["topic"])
        now_ms = self._surroundings.now_ms()
        headers = {**via_header(delivery)}
        if login := configuration.get("authorization"):
            headers["Authorization"] = str(login)
        if delivery.hidden:
            path = _retraction(delivery)
            if path is None:
                return GiveUp("a delete or clear without a sequence id")
            method, where = path
            answer = await self._http.post(
                f"{url}/{topic}/{where}",
                b"",
                headers,
                method=method,
            )
            cut = ""
        else:
            try:
                body, cut = build_publish(delivery, topic)
            except DoesNotFit:
                return GiveUp("too large, even without its text")
            headers["Content-Type"] = "application/json"
            answer = await self._http.post(url, body, headers)
        return outcome_of(answer, now_ms, cut) if isinstance(answer, Answer) else answer

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def _retraction(delivery: Delivery) -> tuple[str, str] | None:
    """Method and path that delete or clear an earlier message."""
    event = delivery.forward or {}
    sequence = str(event.get("sequence_id", ""))
    if not _LEGAL_SEQUENCE.fullmatch(sequence):
        return None
    if event.get("event") == "message_delete":
        return "DELETE", sequence
    return "PUT", f"{sequence}/clear"


def outcome_of(answer: Answer, now_ms: int, cut: str = "") -> Outcome:
    """The outcome of the server's answer."""
    status, document = answer.status, answer.json
    told = f"status {status}"
    if isinstance(document.get("code"), int):
        told = f"{document['code']}: {answer.text_of('error')[:200]}"
    match status:
        case 200 if document:
            return Sent(answer.text_of("id") or None, cut)
        case 200 | 404:
            return Misconfigured("no ntfy server there", Scope.TARGET)
        case 401 | 403:
            return Misconfigured(f"{told}: the login is wrong", Scope.TARGET)
        case 429 if document.get("code") == DAILY_QUOTA:
            # ntfy.sh bans addresses that ignore 429 for up to four hours (ntfy#1844).
            till_midnight_s = (DAY_MS - now_ms % DAY_MS) / 1000
            return Retry(told, Scope.GROUP, till_midnight_s)
        case 429:
            return _later(answer, told)
        case _ if 300 <= status < 400:  # noqa: PLR2004 - redirects
            return Misconfigured("answers a redirect", Scope.TARGET)
        case _ if status >= 500:  # noqa: PLR2004 - 507: it is full
            return _later(answer, told)
        case _:
            return GiveUp(told)


def _later(answer: Answer, told: str) -> Retry:
    return Retry(told, Scope.GROUP, max(SHORTEST_RETRY_S, answer.retry_after_s or 0.0))
