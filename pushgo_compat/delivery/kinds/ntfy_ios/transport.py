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

DAY_MS = 86_400_000
DAILY_QUOTA = 42908


class NtfyIosSender:
    """Wakes all iPhones with ntfy's app."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(surroundings.now_ms, plain_session)

    def group(self, configuration: Configuration) -> str:
        """The one upstream: its quota is this machine's address's."""
        upstream = self._surroundings.upstream_url
        return f"ntfy-ios {host_of(upstream) if upstream else 'off'}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Ask the upstream to wake the phone."""
        upstream = self._surroundings.upstream_url
        if upstream is None:
            return Misconfigured("PUSHGO_NTFY_UPSTREAM_URL is not set")
        headers = {"X-Poll-ID": delivery.dialect_id, **via_header(delivery)}
        if token := self._surroundings.upstream_token:
            headers["Authorization"] = f"Bearer {token}"
        now_ms = self._surroundings.now_ms()
        url = f"{upstream.rstrip('/')}/{configuration['hash']}"
        answer = await self._http.post(url, b"", headers)
        return outcome_of(answer, now_ms) if isinstance(answer, Answer) else answer

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
