"""APNs: the own transport against a server that speaks the true protocol."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from pushgo_compat.core.delivery import (
    Checked,
    Delivery,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.apns import APNS
from pushgo_compat.delivery.kinds.apns.payload import build_headers, build_payload
from pushgo_compat.delivery.kinds.apns.transport import ApnsSender
from pushgo_compat.delivery.sending.apns.outcomes import outcome_of
from pushgo_compat.model import Severity
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import Tokens, surroundings
from tests.providers.apns import Behaviour, FakeApns, make_key, running

PEM, PUBLIC = make_key()


def device(behaviour: Behaviour, number: int = 0) -> str:
    return f"{behaviour.value}{number:062x}"


def target(service: FakeApns, token: str, **more: object) -> Checked:
    given = {
        "device-token": token,
        "topic": "com.example.app",
        "key-file": PEM,
        "key-id": "ABCDEFGHIJ",
        "team-id": "TEAM123456",
        "endpoint": service.url,
        **more,
    }
    return APNS.check(given, NOW_MS)


@pytest.fixture
async def apple(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeApns]:
    service = FakeApns(public_key=PUBLIC)
    async with running(service, tmp_path) as certificate:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield service


@pytest.fixture
async def sender() -> AsyncIterator[ApnsSender]:
    made = ApnsSender(surroundings(sleep=_no_pause))
    yield made
    await made.close()


async def _no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


async def push(
    apple: FakeApns,
    sender: ApnsSender,
    behaviour: Behaviour,
    number: int = 0,
    sent: Delivery | None = None,
) -> Outcome:
    checked = target(apple, device(behaviour, number))
    return await sender.send(checked.configuration, sent or delivery(body="B"))


ID = str(uuid.UUID(hex=MESSAGE_ID))


@pytest.mark.parametrize(
    ("behaviour", "outcome"),
    [
        (Behaviour.FINE, Sent(ID)),
        (Behaviour.NO_APNS_ID, Sent(None)),
        (
            Behaviour.SPLIT_REASON,
            Misconfigured("BadTopic: the topic is not valid"),
        ),
        (Behaviour.NO_BODY, Retry("status 503", Scope.GROUP)),
        (
            Behaviour.RESET,
            Retry("unknown whether it was taken: stream reset", Scope.GROUP),
        ),
        (Behaviour.REFUSED_ONCE, Sent(ID)),
        (Behaviour.GOAWAY_AFTER, Sent(ID)),
        (Behaviour.GOAWAY_BEFORE, Sent(ID)),
        (
            Behaviour.BAD_TOKEN,
            Drop("BadDeviceToken: the token is of the other environment, or gone"),
        ),
        (
            Behaviour.TOO_MANY_UPDATES,
            Retry("TooManyProviderTokenUpdates", Scope.GROUP, 60.0, 1200.0),
        ),
        (Behaviour.HTML, Retry("status 502", Scope.GROUP)),
        (
            Behaviour.EXPIRED_ONCE,
            Misconfigured("ExpiredProviderToken: this machine's clock is wrong"),
        ),
        (Behaviour.SHUTDOWN, Retry("Shutdown", Scope.GROUP)),
    ],
)
async def test_whatever_apple_does_there_is_one_outcome(
    apple: FakeApns, sender: ApnsSender, behaviour: Behaviour, outcome: Outcome
) -> None:
    assert await push(apple, sender, behaviour) == outcome
    # And the next push goes through, whatever became of this one.
    assert await push(apple, sender, Behaviour.FINE, 1) == Sent(ID)


async def test_a_hang_up_is_unknown_and_the_next_push_goes_through(
    apple: FakeApns, sender: ApnsSender
) -> None:
    outcome = await push(apple, sender, Behaviour.HANG_UP)
    assert isinstance(outcome, Retry)
    assert outcome.scope is Scope.GROUP
    assert await push(apple, sender, Behaviour.FINE) == Sent(ID)
    assert apple.connections == 2


async def test_a_token_that_was_gone_before_it_was_added_is_no_dead_one(
    apple: FakeApns, sender: ApnsSender
) -> None:
    outcome = await push(apple, sender, Behaviour.UNREGISTERED)
    assert outcome == Retry("Unregistered, before the token was added")
    old = dict(target(apple, device(Behaviour.UNREGISTERED)).configuration)
    old["added_at_ms"] = 1_600_000_000_000
    assert isinstance(await sender.send(old, delivery()), Drop)


async def test_a_payload_that_is_too_large_is_cut_harder_once(
    apple: FakeApns, sender: ApnsSender
) -> None:
    sent = delivery(title="T", body="汉" * 9000)
    outcome = await push(apple, sender, Behaviour.TOO_LARGE_ONCE, sent=sent)
    assert outcome == Sent(ID, "body cut")
    (taken,) = apple.taken
    assert taken.size <= 2048


async def test_two_hundred_in_flight_are_all_answered_after_a_goaway(
    apple: FakeApns, sender: ApnsSender
) -> None:
    await push(apple, sender, Behaviour.FINE)
    apple.delay_s = 0.05
    sends = [push(apple, sender, Behaviour.FINE, n) for n in range(1, 200)]
    sends.append(push(apple, sender, Behaviour.GOAWAY_AFTER, 200))
    outcomes = await asyncio.gather(*sends)
    assert outcomes == [Sent(ID)] * 200
    tokens = [taken.device_token for taken in apple.taken]
    assert len(tokens) == len(set(tokens)) == 201


async def test_requests_that_a_goaway_left_out_are_sent_once_more_and_once_only(
    apple: FakeApns, sender: ApnsSender
) -> None:
    await push(apple, sender, Behaviour.FINE)
    apple.delay_s = 0.02
    sends = [push(apple, sender, Behaviour.GOAWAY_BEFORE)]
    sends += [push(apple, sender, Behaviour.FINE, n) for n in range(1, 30)]
    assert await asyncio.gather(*sends) == [Sent(ID)] * 30
    tokens = [taken.device_token for taken in apple.taken]
    assert len(tokens) == len(set(tokens)) == 31


async def test_cancelled_requests_free_their_streams_and_hurt_nobody(
    apple: FakeApns, sender: ApnsSender
) -> None:
    await push(apple, sender, Behaviour.FINE)
    stalled = [
        asyncio.create_task(push(apple, sender, Behaviour.STALL, n)) for n in range(20)
    ]
    others = [
        asyncio.create_task(push(apple, sender, Behaviour.SLOW, n)) for n in range(50)
    ]
    while len(apple.asked) < 71:  # noqa: ASYNC110 - the service's own count
        await asyncio.sleep(0.005)
    for task in stalled:
        task.cancel()
    await asyncio.gather(*stalled, return_exceptions=True)
    assert await asyncio.gather(*others) == [Sent(ID)] * 50
    assert await push(apple, sender, Behaviour.FINE, 9) == Sent(ID)
    assert apple.resets == 20
    assert apple.connections == 1


async def test_a_connection_that_allows_one_stream_is_used_one_by_one(
    apple: FakeApns, sender: ApnsSender
) -> None:
    apple.max_streams = 1
    sends = [push(apple, sender, Behaviour.FINE, n) for n in range(100)]
    assert await asyncio.gather(*sends) == [Sent(ID)] * 100
    assert apple.connections == 1
    assert apple.most_streams == 1


async def test_more_bytes_than_the_window_holds_are_sent_without_half_open_streams(
    apple: FakeApns, sender: ApnsSender
) -> None:
    sent = delivery(body="x" * 3000)
    sends = [push(apple, sender, Behaviour.FINE, n, sent) for n in range(200)]
    assert await asyncio.gather(*sends) == [Sent(ID)] * 200
    assert apple.resets == 0


async def test_one_provider_token_serves_a_team_also_after_a_restart(
    apple: FakeApns,
) -> None:
    tokens = Tokens()
    for start_ms in (NOW_MS, NOW_MS + 2_999_000):
        sender = ApnsSender(surroundings(tokens=tokens, now_ms=lambda at=start_ms: at))
        for number in range(3):
            await push(apple, sender, Behaviour.FINE, number)
        await sender.close()
    assert len(apple.jwts) == 1
    sender = ApnsSender(surroundings(tokens=tokens, now_ms=lambda: NOW_MS + 3_000_000))
    await push(apple, sender, Behaviour.FINE)
    await sender.close()
    assert len(apple.jwts) == 2


async def test_an_expired_token_is_made_anew_once_when_it_is_old_enough(
    apple: FakeApns,
) -> None:
    tokens = Tokens()
    first = ApnsSender(surroundings(tokens=tokens))
    await push(apple, first, Behaviour.FINE)
    await first.close()
    later = ApnsSender(surroundings(tokens=tokens, now_ms=lambda: NOW_MS + 1_200_000))
    assert await push(apple, later, Behaviour.EXPIRED_ONCE) == Sent(ID)
    await later.close()
    assert len(apple.jwts) == 2


async def test_nobody_there_is_tried_again(tmp_path: Path) -> None:
    service = FakeApns()
    async with running(service, tmp_path):
        pass
    sender = ApnsSender(surroundings())
    outcome = await push(service, sender, Behaviour.FINE)
    await sender.close()
    assert isinstance(outcome, Retry)
    assert outcome.scope is Scope.GROUP


async def test_an_untrusted_certificate_reaches_nobody(tmp_path: Path) -> None:
    service = FakeApns()
    async with running(service, tmp_path):
        sender = ApnsSender(surroundings())
        assert isinstance(await push(service, sender, Behaviour.FINE), Retry)
        await sender.close()
    assert service.taken == []


REASONS = {
    "BadDeviceToken": (400, Drop),
    "DeviceTokenNotForTopic": (400, Drop),
    "BadTopic": (400, Misconfigured),
    "MissingTopic": (400, Misconfigured),
    "TopicDisallowed": (400, Misconfigured),
    "BadCertificate": (403, Misconfigured),
    "BadCertificateEnvironment": (403, Misconfigured),
    "Forbidden": (403, Misconfigured),
    "InvalidProviderToken": (403, Misconfigured),
    "MissingProviderToken": (403, Misconfigured),
    "UnrelatedKeyIdInToken": (403, Misconfigured),
    "BadEnvironmentKeyIdInToken": (403, Misconfigured),
    "ExpiredProviderToken": (403, Misconfigured),
    "BadCollapseId": (400, GiveUp),
    "BadExpirationDate": (400, GiveUp),
    "BadMessageId": (400, GiveUp),
    "BadPriority": (400, GiveUp),
    "DuplicateHeaders": (400, GiveUp),
    "InvalidPushType": (400, GiveUp),
    "MissingDeviceToken": (400, GiveUp),
    "PayloadEmpty": (400, GiveUp),
    "BadPath": (404, GiveUp),
    "MethodNotAllowed": (405, GiveUp),
    "Unregistered": (410, Drop),
    "ExpiredToken": (410, Drop),
    "PayloadTooLarge": (413, GiveUp),
    "TooManyRequests": (429, Retry),
    "TooManyProviderTokenUpdates": (429, Retry),
    "IdleTimeout": (400, Retry),
    "InternalServerError": (500, Retry),
    "ServiceUnavailable": (503, Retry),
    "Shutdown": (503, Retry),
    "SomethingNew": (400, GiveUp),
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_reason_says_what_to_do(reason: str) -> None:
    status, kind = REASONS[reason]
    outcome = outcome_of(status, reason)
    assert type(outcome) is kind
    assert reason in outcome.reason  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("status", "kind"),
    [(400, GiveUp), (404, GiveUp), (410, Drop), (429, Retry), (500, Retry)],
)
def test_without_a_reason_the_status_decides(status: int, kind: type) -> None:
    assert type(outcome_of(status, "")) is kind


async def test_a_token_that_the_wrong_key_signed_does_not_outlive_its_mending(
    apple: FakeApns,
) -> None:
    wrong_pem, _ = make_key()
    kept = surroundings(sleep=_no_pause, tokens=Tokens())
    outcomes = []
    for pem in (wrong_pem, PEM):
        sender = ApnsSender(kept)  # the token is kept over restarts
        checked = target(apple, device(Behaviour.FINE), **{"key-file": pem})
        outcomes.append(await sender.send(checked.configuration, delivery(body="B")))
        await sender.close()
    assert isinstance(outcomes[0], Misconfigured)
    assert outcomes[1] == Sent(ID)


def test_a_busy_device_waits_by_itself_a_busy_provider_with_its_group() -> None:
    device_busy = outcome_of(429, "TooManyRequests")
    assert device_busy == Retry("TooManyRequests", Scope.TARGET, 30.0)
    assert outcome_of(503, "").scope is Scope.GROUP  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("severity", "level", "priority"),
    [
        (Severity.CRITICAL, "critical", "10"),
        (Severity.HIGH, "time-sensitive", "10"),
        (Severity.NORMAL, "active", "10"),
        (Severity.LOW, "passive", "5"),
    ],
)
def test_severity_is_the_interruption_level(
    severity: Severity, level: str, priority: str
) -> None:
    sent = delivery(severity=severity, body="B", url="https://e.x", tags=("nas",))
    payload = orjson.loads(build_payload(sent, 4096)[0])
    assert payload["aps"]["interruption-level"] == level
    assert payload["aps"]["alert"] == {"title": "Backup done", "body": "B"}
    assert payload["url"] == "https://e.x"
    headers = build_headers(sent, "com.example.app")
    assert headers["apns-priority"] == priority
    assert headers["apns-collapse-id"] == MESSAGE_ID
    assert len(headers["apns-expiration"]) == len(str(NOW_MS // 1000))


@pytest.mark.parametrize(
    "given",
    [
        {"device-token": "not hex"},
        {"key-file": "no key"},
        {"key-id": "short"},
        {"team-id": "lower case"},
        {"topic": "with blank "},
        {"endpoint": "ftp://x"},
        {"topic": ""},
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(TargetRefused):
        target(FakeApns(port=1), device(Behaviour.FINE), **given)
