"""A webhook's call: guarded, never redirected, its answers as outcomes."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from functools import partial
from typing import cast

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
from pushgo_compat.delivery.kinds.webhook.payload import (
    build_body,
    signature_headers,
    webhook_id,
)
from pushgo_compat.delivery.sending.guard import guarded_session
from pushgo_compat.delivery.sending.http import (
    NO_ANSWER,
    Answer,
    HttpClient,
    via_header,
)
from pushgo_compat.delivery.sending.options import host_of

MAX_ANSWER_BYTES = 4096
"""Read of an answer, so that the connection can be used again; never stored."""
REFUSALS_UNTIL_DEAD = 20
REDEPLOY_MS = 3_600_000
"""401, 403, 404 and 405 are tried again for an hour: a receiver is being redeployed. It
counts from the first refusal, so that a backlog outlives a redeployment as well."""
_PASSING = frozenset({408, 425, 429})
_REFUSING = frozenset({401, 403, 404, 405})
_MAX_TRACKED = 10_000


@dataclass(slots=True)
class _Refusals:
    """A receiver's refusals since it last took something."""

    since_ms: int
    given_up: int = 0
    """Messages that were refused for an hour."""


class WebhookSender:
    """Posts signed events to all webhook targets."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._http = HttpClient(
            surroundings.now_ms, partial(guarded_session, surroundings.allow_private)
        )
        self._refusals: OrderedDict[str, _Refusals] = OrderedDict()
        """URL → its refusals in a row."""

    def group(self, configuration: Configuration) -> str:
        """Each receiver's host is a group of its own."""
        return f"webhook {host_of(str(configuration['url']))}"

    async def send(self, configuration: Configuration, delivery: Delivery) -> Outcome:
        """Post one event."""
        now_ms = self._surroundings.now_ms()
        url = str(configuration["url"])
        body = build_body(delivery)
        keys = cast("list[str]", configuration["secrets"])
        own_headers = cast("dict[str, str]", configuration["headers"])
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "PushGo-Compat",
            **own_headers,
            **via_header(delivery),
            **signature_headers(keys, webhook_id(delivery), now_ms // 1000, body),
        }
        answer = await self._http.post(
            url,
            body,
            headers,
            max_answer_bytes=MAX_ANSWER_BYTES,
        )
        if not isinstance(answer, Answer):
            return _of_this_url(answer)
        if answer.status not in _REFUSING:
            self._refusals.pop(url, None)
            return outcome_of(answer)
        refusals = self._refusals_of(url, now_ms)
        since_ms = max(refusals.since_ms, delivery.accepted_at_ms)
        if now_ms - since_ms < REDEPLOY_MS:
            return outcome_of(answer)
        refusals.given_up += 1
        if refusals.given_up >= REFUSALS_UNTIL_DEAD:
            del self._refusals[url]
            return Drop(f"{REFUSALS_UNTIL_DEAD} messages in a row were refused")
        return GiveUp(f"status {answer.status} for an hour")

    def _refusals_of(self, url: str, now_ms: int) -> _Refusals:
        refusals = self._refusals.pop(url, None) or _Refusals(now_ms)
        self._refusals[url] = refusals
        if len(self._refusals) > _MAX_TRACKED:
            self._refusals.popitem(last=False)
        return refusals

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.close()


def _of_this_url(failure: Retry | Misconfigured) -> Outcome:
    """A time-out is one URL's; a connection that fails is its whole host's."""
    if failure.reason == NO_ANSWER:
        return Retry(failure.reason)
    return failure


def outcome_of(answer: Answer) -> Outcome:
    """The outcome of a receiver's status (docs/delivery.md, A6)."""
    status = answer.status
    if 200 <= status < 300:  # noqa: PLR2004 - the class of success
        return Sent()
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirects
        where = _host_told(answer.headers.get("Location", "")) or "another path"
        return Misconfigured(f"answers a redirect to {where}", Scope.TARGET)
    if status == 410:  # noqa: PLR2004 - Gone
        return Drop("status 410: gone")
    reason = f"status {status}"
    if status in _PASSING or status in _REFUSING or status >= 500:  # noqa: PLR2004
        return Retry(reason, after_s=answer.retry_after_s)
    return GiveUp(reason)


def _host_told(location: str) -> str:
    """The host of a stranger's URL; "" for what is none."""
    try:
        return host_of(location)
    except ValueError:
        return ""
