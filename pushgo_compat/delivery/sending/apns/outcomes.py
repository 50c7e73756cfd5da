"""Apple's statuses and reasons as outcomes (docs/delivery.md, A2).

Source: Apple, "Handling notification responses from APNs".
"""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.core.delivery import (
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
)

DEVICE_RETRY_S = 30.0
TOKEN_UPDATES_RETRY_S = 60.0
TOKEN_UPDATES_LONGEST_S = 1_200.0
"""Apple takes a new token of a team every 20 minutes."""

_DEAD: Mapping[str, str] = {
    "BadDeviceToken": "the token is of the other environment, or gone",
    "DeviceTokenNotForTopic": "the token belongs to another app",
    "Unregistered": "the app was removed, or has a new token",
    "ExpiredToken": "the device token has expired",
}
_MISCONFIGURED: Mapping[str, str] = {
    "BadTopic": "the topic is not valid",
    "MissingTopic": "no topic was sent",
    "TopicDisallowed": "the key may not push to this topic",
    "BadCertificate": "the certificate is not valid",
    "BadCertificateEnvironment": "the certificate is for the other environment",
    "Forbidden": "the key may not push",
    "InvalidProviderToken": "key, key id and team id do not fit together",
    "MissingProviderToken": "no provider token was sent",
    "UnrelatedKeyIdInToken": "the key id belongs to another team",
    "BadEnvironmentKeyIdInToken": "the key is for the other environment",
}
_OURS = frozenset(
    {
        "BadCollapseId",
        "BadExpirationDate",
        "BadMessageId",
        "BadPriority",
        "DuplicateHeaders",
        "InvalidPushType",
        "MissingDeviceToken",
        "PayloadEmpty",
        "BadPath",
        "MethodNotAllowed",
    }
)
"""Refusals that the gateway's own request causes."""
NEW_CONNECTION = frozenset({"Shutdown", "IdleTimeout"})
"""After these the connection takes nothing more."""
EXPIRED_TOKEN = "ExpiredProviderToken"  # noqa: S105 - Apple's word for a reason
TOO_LARGE = "PayloadTooLarge"
_SERVER_ERRORS = 500


def outcome_of(
    status: int, reason: str, *, apns_id: str | None = None, cut: str = ""
) -> Outcome:
    """The outcome of one answer; ``reason`` is Apple's word, "" when there is none."""
    told = _told(status, reason)
    outcome: Outcome
    match status, reason:
        case 200, _:
            outcome = Sent(apns_id, cut)
        case (_, reason) if reason in _MISCONFIGURED:
            outcome = Misconfigured(told)
        case (_, reason) if reason in _DEAD:
            outcome = Drop(told)
        case 410, _:
            outcome = Drop(told)
        case _, "ExpiredProviderToken":
            outcome = Misconfigured(f"{reason}: this machine's clock is wrong")
        case _, "TooManyProviderTokenUpdates":
            outcome = Retry(
                told, Scope.GROUP, TOKEN_UPDATES_RETRY_S, TOKEN_UPDATES_LONGEST_S
            )
        case 429, _:
            outcome = Retry(told, Scope.TARGET, DEVICE_RETRY_S)
        case _ if status >= _SERVER_ERRORS or reason in NEW_CONNECTION:
            outcome = Retry(told, Scope.GROUP)
        case _:
            outcome = GiveUp(told)
    return outcome


def is_our_fault(reason: str) -> bool:
    """Whether Apple refused the form of the request, which an operator must hear of."""
    return reason in _OURS


def _told(status: int, reason: str) -> str:
    if not reason:
        return f"status {status}"
    meaning = _DEAD.get(reason) or _MISCONFIGURED.get(reason)
    return f"{reason}: {meaning}" if meaning else reason
