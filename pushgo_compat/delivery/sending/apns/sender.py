"""One push through Apple: token, request, answer, and a second try where it helps."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson
import structlog

from pushgo_compat.core.delivery import (
    ApnsCredential,
    GiveUp,
    Outcome,
    Retry,
    Scope,
    Surroundings,
)
from pushgo_compat.delivery.sending.apns.connection import Lost
from pushgo_compat.delivery.sending.apns.outcomes import (
    EXPIRED_TOKEN,
    NEW_CONNECTION,
    TOO_LARGE,
    is_our_fault,
    outcome_of,
)
from pushgo_compat.delivery.sending.apns.pool import Pool
from pushgo_compat.delivery.sending.apns.token import ProviderTokens

MAX_PAYLOAD_BYTES = 4096
"""Of a notification (Apple, "Generating a remote notification")."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """One notification."""

    device_token: str = field(repr=False)
    headers: Mapping[str, str]
    """``apns-…`` headers but the authorization."""
    payload: bytes = field(repr=False)
    cut: str = ""
    added_at_ms: int = 0
    """The time the device token was added: an older "gone" does not count."""


class _Answer(NamedTuple):
    status: int
    reason: str
    apns_id: str | None
    gone_at_ms: int | None
    """The time of a 410, at which Apple found the token gone."""


class ApnsClient:
    """Sends pushes for all teams; one connection an endpoint and team."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._surroundings = surroundings
        self._tokens = ProviderTokens(surroundings)
        self._pools: dict[tuple[str, str], Pool] = {}

    async def push(
        self, endpoint: str, credential: ApnsCredential, push: Push
    ) -> Outcome:
        """Send one push. What it costs to be asked again is the caller's to know."""
        # Apple wants teams on connections of their own.
        key = endpoint, credential.team_id
        pool = self._pools.get(key)
        if pool is None:
            pool = self._pools[key] = Pool(endpoint, self._surroundings.sleep)
        token = await self._tokens.token(credential)
        try:
            answer = await _ask(pool, token, push)
            if answer.reason == EXPIRED_TOKEN:
                renewed = await self._tokens.renew(credential, token)
                if renewed is not None:
                    answer = await _ask(pool, renewed, push)
        except Lost as lost:
            return Retry(f"unknown whether it was taken: {lost}", Scope.GROUP)
        except TimeoutError:
            return Retry("no answer in time", Scope.GROUP)
        except OSError as error:
            return Retry(
                f"cannot connect: {error.strerror or type(error).__name__}", Scope.GROUP
            )
        if answer.reason in NEW_CONNECTION:
            await pool.renew()
        if is_our_fault(answer.reason):
            log.error("push refused for its form", reason=answer.reason)
        if answer.gone_at_ms is not None and answer.gone_at_ms < push.added_at_ms:
            return Retry(f"{answer.reason}, before the token was added")
        return outcome_of(
            answer.status, answer.reason, apns_id=answer.apns_id, cut=push.cut
        )

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(*(pool.close() for pool in self._pools.values()))


async def fitting(
    push: Callable[[int], Awaitable[Outcome]], limit: int = MAX_PAYLOAD_BYTES
) -> Outcome:
    """Push within a limit; when Apple calls that too large, once more at half of it."""
    outcome = await push(limit)
    if isinstance(outcome, GiveUp) and outcome.reason.startswith(TOO_LARGE):
        outcome = await push(limit // 2)
    return outcome


async def _ask(pool: Pool, token: str, push: Push) -> _Answer:
    headers = [
        (":method", "POST"),
        (":scheme", "https"),
        (":authority", pool.authority),
        (":path", f"/3/device/{push.device_token}"),
        ("authorization", f"bearer {token}"),
        ("content-type", "application/json; charset=utf-8"),
        *push.headers.items(),
    ]
    answer = await pool.request(headers, push.payload)
    try:
        document = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        document = None  # a proxy's own page
    told = document if isinstance(document, dict) else {}
    reason, gone_at = told.get("reason"), told.get("timestamp")
    return _Answer(
        status=answer.status,
        reason=reason if isinstance(reason, str) else "",
        apns_id=answer.headers.get("apns-id"),
        gone_at_ms=gone_at if isinstance(gone_at, int) else None,
    )
