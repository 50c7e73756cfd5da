"""A poll request to the upstream, as ntfy 2.13's ``forwardPollRequest`` makes it."""

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
from pushgo_compat.delivery.sending.guard import plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient, via_header
from pushgo_compat.delivery.sending.options import host_of
from pushgo_compat.model import Severity

DAY_MS = 86_400_000
DAILY_QUOTA = 42908
"""ntfy's "daily message quota reached": 250 a day and address on ntfy.sh."""
WAKES_BEFORE_QUIET = 200
"""Of the 250 a day that ntfy.sh allows an address; the rest is kept for what rings."""


class NtfyIosSender:
    """Wakes all iPhones with ntfy's app."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)
        self._day = 0
        self._wakes = 0
        """Phones woken on this UTC day."""

    def group(self, configuration: Configuration) -> str:
        """The one upstream: its quota is this machine's address's."""
        upstream = self._surroundings.upstream_url
        return f"ntfy-ios {host_of(upstream) if upstream else 'off'}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Ask the upstream to wake the phone."""
        upstream = self._surroundings.upstream_url
        if upstream is None:
            return Misconfigured("PUSHGO_NTFY_UPSTREAM_URL is not set")
        now_ms = self._surroundings.now_ms()
        if self._wakes_today(now_ms) >= WAKES_BEFORE_QUIET and (
            delivery.message.severity is Severity.LOW
        ):
            return GiveUp(f"low severity, after {WAKES_BEFORE_QUIET} wake-ups today")
        headers = {"X-Poll-ID": delivery.dialect_id, **via_header(delivery)}
        if token := self._surroundings.upstream_token:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{upstream.rstrip('/')}/{configuration['hash']}"
        answer = await self._http.post(url, b"", headers)
        self._wakes += 1
        return outcome_of(answer, now_ms) if isinstance(answer, Answer) else answer

    def _wakes_today(self, now_ms: int) -> int:
        day = now_ms // DAY_MS
        if day != self._day:
            self._day, self._wakes = day, 0
        return self._wakes

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def outcome_of(answer: Answer, now_ms: int) -> Outcome:
    """The outcome of the upstream's answer."""
    status = answer.status
    code = answer.json.get("code")
    told = f"{code}: {answer.text_of('error')[:200]}" if code else f"status {status}"
    match status:
        case 200:
            return Sent(answer.text_of("id") or None)
        case 401 | 403:
            return Misconfigured(f"{told}: the upstream's token is wrong")
        case 404 | 405:
            return Misconfigured("no ntfy server at the upstream's address")
        case 429:
            wait_s = answer.retry_after_s or 60.0
            if code == DAILY_QUOTA:
                wait_s = (DAY_MS - now_ms % DAY_MS) / 1000
            return Retry(told, Scope.GROUP, wait_s)
        case _ if status >= 500:  # noqa: PLR2004 - the provider's failures
            return Retry(told, Scope.GROUP, answer.retry_after_s)
        case _:
            return GiveUp(told)
