"""FCM: data as texts, one access token for all, every error code."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import orjson
import pytest

from pushgo_compat.core.delivery import (
    Checked,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.fcm import FCM
from pushgo_compat.delivery.kinds.fcm.payload import MAX_DATA_BYTES, build_message
from pushgo_compat.delivery.kinds.fcm.transport import FcmSender, outcome_of
from pushgo_compat.delivery.sending.http import Answer
from pushgo_compat.model import Severity
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import surroundings
from tests.golden import CHANNEL_ID
from tests.providers.fcm import FakeFcm, running


@pytest.fixture
async def firebase() -> AsyncIterator[FakeFcm]:
    async with running() as service:
        yield service


def target(service: FakeFcm) -> Checked:
    return FCM.check(
        {
            "service-account": service.account,
            "token": "registration-token",
            "endpoint": service.url,
            "token-endpoint": f"{service.url}/token",
        },
        NOW_MS,
    )


def data(**message: object) -> dict[str, str]:
    document = orjson.loads(build_message(delivery(**message), "t")[0])
    values: dict[str, str] = document["message"]["data"]
    return values


def test_data_has_the_native_names_and_all_values_are_texts() -> None:
    assert data(body="B", tags=("a", "b"), metadata={"n": 1}, ttl_ms=NOW_MS) == {
        "channel_id": CHANNEL_ID,
        "message_id": MESSAGE_ID,
        "title": "Backup done",
        "body": "B",
        "severity": "normal",
        "occurred_at": str(NOW_MS),
        "ttl": str(NOW_MS),
        "tags": '["a","b"]',
        "metadata": '{"n":1}',
    }


def test_names_and_values_stay_within_the_limit() -> None:
    values = data(body="汉" * 9000, metadata={"a": "b" * 300})
    size = sum(len(name) + len(value.encode()) for name, value in values.items())
    assert MAX_DATA_BYTES - 8 < size <= MAX_DATA_BYTES
    assert values["body"].endswith("…")


@pytest.mark.parametrize(
    ("severity", "priority"),
    [
        (Severity.CRITICAL, "HIGH"),
        (Severity.HIGH, "HIGH"),
        (Severity.NORMAL, "HIGH"),
        (Severity.LOW, "NORMAL"),
    ],
)
def test_severity_is_the_priority(severity: Severity, priority: str) -> None:
    document = orjson.loads(build_message(delivery(severity=severity), "t")[0])
    assert document["message"]["android"] == {"priority": priority, "ttl": "86400s"}


async def test_sends_at_once_ask_for_one_access_token(firebase: FakeFcm) -> None:
    sender = FcmSender(surroundings())
    checked = target(firebase)
    outcomes = await asyncio.gather(
        *[sender.send(checked.configuration, delivery()) for _ in range(10)]
    )
    await sender.close()
    assert outcomes == [Sent("p/m/1")] * 10
    assert firebase.tokens_made == 1


async def test_a_refused_access_token_is_replaced_once(firebase: FakeFcm) -> None:
    firebase.refused_tokens = {"token-1"}
    sender = FcmSender(surroundings())
    checked = target(firebase)
    assert await sender.send(checked.configuration, delivery()) == Sent("p/m/1")
    firebase.refused_tokens = {f"token-{n}" for n in range(9)}
    outcome = await sender.send(checked.configuration, delivery())
    await sender.close()
    assert outcome == Misconfigured("UNAUTHENTICATED: expired")
    assert firebase.tokens_made == 3


async def test_a_token_is_renewed_five_minutes_early(firebase: FakeFcm) -> None:
    now_ms = NOW_MS
    sender = FcmSender(surroundings(now_ms=lambda: now_ms))
    checked = target(firebase)
    for later_s in (0, 3298, 3299):
        now_ms = NOW_MS + later_s * 1000
        await sender.send(checked.configuration, delivery())
    await sender.close()
    assert firebase.tokens_made == 2


def fcm_error(status: str, message: str = "m", code: str | None = None) -> object:
    detail = {
        "@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError",
        "errorCode": code,
    }
    return {
        "error": {
            "status": status,
            "message": message,
            "details": [detail] if code else [],
        }
    }


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (200, {"name": "n"}, Sent("n")),
        (
            400,
            fcm_error(
                "INVALID_ARGUMENT",
                "The registration token is not a valid FCM registration token",
                "INVALID_ARGUMENT",
            ),
            Drop(
                "INVALID_ARGUMENT: The registration token is not a valid FCM"
                " registration token"
            ),
        ),
        (
            400,
            fcm_error("INVALID_ARGUMENT", "bad ttl", "INVALID_ARGUMENT"),
            GiveUp("INVALID_ARGUMENT: bad ttl"),
        ),
        (
            401,
            fcm_error("UNAUTHENTICATED", "m", "THIRD_PARTY_AUTH_ERROR"),
            Misconfigured("THIRD_PARTY_AUTH_ERROR: m"),
        ),
        (
            403,
            fcm_error("PERMISSION_DENIED", "m", "SENDER_ID_MISMATCH"),
            Drop("SENDER_ID_MISMATCH: m"),
        ),
        (403, fcm_error("PERMISSION_DENIED"), Misconfigured("PERMISSION_DENIED: m")),
        (
            404,
            fcm_error("NOT_FOUND", "m", "UNREGISTERED"),
            Drop("UNREGISTERED: m"),
        ),
        (404, fcm_error("NOT_FOUND"), Misconfigured("NOT_FOUND: m")),
        (
            429,
            fcm_error("RESOURCE_EXHAUSTED", "m", "QUOTA_EXCEEDED"),
            Retry("QUOTA_EXCEEDED: m", Scope.GROUP, 60.0),
        ),
        (
            429,
            fcm_error("RESOURCE_EXHAUSTED", "Device message rate", "QUOTA_EXCEEDED"),
            Retry("QUOTA_EXCEEDED: Device message rate", Scope.TARGET, 60.0),
        ),
        (500, fcm_error("INTERNAL"), Retry("INTERNAL: m", Scope.GROUP)),
        (503, fcm_error("UNAVAILABLE"), Retry("UNAVAILABLE: m", Scope.GROUP)),
        (502, {}, Retry("status 502", Scope.GROUP)),
    ],
)
def test_every_code_says_what_to_do(
    status: int, document: object, outcome: Outcome
) -> None:
    answer = Answer(status=status, headers={}, body=orjson.dumps(document))
    assert outcome_of(answer) == outcome


@pytest.mark.parametrize("account", ["", "{}", "[]", '{"project_id": 1}'])
def test_what_is_no_service_account_is_refused(account: str) -> None:
    with pytest.raises(TargetRefused):
        FCM.check({"service-account": account or " ", "token": "t"}, NOW_MS)
