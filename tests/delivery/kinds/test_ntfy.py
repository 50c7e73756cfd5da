"""Another ntfy server, and the iPhone app that an upstream wakes."""

from __future__ import annotations

import hashlib

import orjson
import pytest

from pushgo_compat.core.delivery import (
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.ntfy import NTFY
from pushgo_compat.delivery.kinds.ntfy.payload import MAX_MESSAGE_BYTES, build_publish
from pushgo_compat.delivery.kinds.ntfy.transport import NtfySender, outcome_of
from pushgo_compat.delivery.kinds.ntfy_ios import NTFY_IOS, address_hash
from pushgo_compat.delivery.kinds.ntfy_ios.transport import (
    WAKES_BEFORE_QUIET,
    NtfyIosSender,
)
from pushgo_compat.delivery.kinds.ntfy_ios.transport import (
    outcome_of as ios_outcome_of,
)
from pushgo_compat.delivery.sending.http import Answer
from pushgo_compat.model import Severity, Source
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import surroundings
from tests.providers.http import receiver

GROUP, ONE = Scope.GROUP, Scope.TARGET
MIDNIGHT_S = (86_400_000 - NOW_MS % 86_400_000) / 1000


@pytest.mark.parametrize(
    ("severity", "priority"),
    [
        (Severity.CRITICAL, 5),
        (Severity.HIGH, 4),
        (Severity.NORMAL, 3),
        (Severity.LOW, 2),
    ],
)
def test_a_native_message_is_an_ntfy_publish(severity: Severity, priority: int) -> None:
    body, cut = build_publish(
        delivery(
            severity=severity,
            body="**B**",
            tags=("nas",),
            url="https://e.x",
            images=("https://e.x/a.png",),
        ),
        "alerts",
    )
    assert orjson.loads(body) == {
        "topic": "alerts",
        "title": "Backup done",
        "message": "**B**",
        "priority": priority,
        "tags": ["nas"],
        "click": "https://e.x",
        "attach": "https://e.x/a.png",
        "markdown": True,
        "sequence_id": MESSAGE_ID,
    }
    assert cut == ""


def test_an_ntfy_message_goes_out_as_its_own_event() -> None:
    event = {
        "event": "message",
        "message": "hello",
        "priority": 1,
        "tags": ["warning"],
        "icon": "https://e.x/i.png",
        "actions": [{"action": "view", "label": "A", "url": "https://e.x"}],
        "attachment": {"name": "a.txt", "url": "https://e.x/a.txt"},
        "sequence_id": "job-7",
    }
    body, _ = build_publish(delivery(source=Source.NTFY, forward=event), "alerts")
    assert orjson.loads(body) == {
        "topic": "alerts",
        "message": "hello",
        "priority": 1,
        "tags": ["warning"],
        "icon": "https://e.x/i.png",
        "actions": [{"action": "view", "label": "A", "url": "https://e.x"}],
        "attach": "https://e.x/a.txt",
        "filename": "a.txt",
        "sequence_id": "job-7",
    }


@pytest.mark.parametrize("character", ["x", "汉", '"', "\n"])
def test_a_long_message_stays_text(character: str) -> None:
    body, cut = build_publish(delivery(body=character * 9000), "alerts")
    assert len(body) < 8192
    message = orjson.loads(body)["message"].encode()
    assert len(message) <= MAX_MESSAGE_BYTES
    assert cut == "message cut"


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (200, {"id": "abc"}, Sent("abc")),
        (200, None, Misconfigured("no ntfy server there", ONE)),
        (
            400,
            {"code": 40024, "error": "bad json"},
            GiveUp("40024: bad json"),
        ),
        (413, {"code": 41303, "error": "large"}, GiveUp("41303: large")),
        (
            401,
            {"code": 40101, "error": "unauthorized"},
            Misconfigured("40101: unauthorized: the login is wrong", ONE),
        ),
        (
            403,
            {"code": 40301, "error": "forbidden"},
            Misconfigured("40301: forbidden: the login is wrong", ONE),
        ),
        (
            404,
            {"code": 40401, "error": "not found"},
            Misconfigured("no ntfy server there", ONE),
        ),
        (
            429,
            {"code": 42908, "error": "daily quota"},
            Retry("42908: daily quota", GROUP, MIDNIGHT_S),
        ),
        (
            429,
            {"code": 42901, "error": "too many"},
            Retry("42901: too many", GROUP, 5.0),
        ),
        (507, {"code": 50701, "error": "full"}, Retry("50701: full", GROUP, 5.0)),
        (502, None, Retry("status 502", GROUP, 5.0)),
        (301, None, Misconfigured("answers a redirect", ONE)),
    ],
)
def test_every_answer_says_what_to_do(
    status: int, document: object, outcome: Outcome
) -> None:
    body = b"<html>" if document is None else orjson.dumps(document)
    answer = Answer(status=status, headers={}, body=body)
    assert outcome_of(answer, NOW_MS) == outcome


@pytest.mark.parametrize(
    ("event", "method", "path"),
    [
        ("message_delete", "DELETE", "/alerts/job-7"),
        ("message_clear", "PUT", "/alerts/job-7/clear"),
    ],
)
async def test_deletes_and_clears_go_to_the_other_server(
    event: str, method: str, path: str
) -> None:
    async with receiver() as (got, url):
        got.says({"id": "abc"})
        checked = NTFY.check({"url": url, "topic": "alerts", "token": "tk_x"}, NOW_MS)
        sender = NtfySender(surroundings())
        hidden = delivery(
            source=Source.NTFY,
            hidden=True,
            forward={"event": event, "sequence_id": "job-7"},
        )
        assert await sender.send(checked.configuration, hidden) == Sent("abc")
        await sender.close()
    ((request, _),) = got.got
    assert (request.method, request.path) == (method, path)
    assert request.headers["Authorization"] == "Bearer tk_x"
    assert request.headers["X-PushGo-Via"] == "store-1"


@pytest.mark.parametrize(
    "given",
    [
        {"url": "https://n.example", "topic": "no/slash"},
        {"url": "https://n.example", "topic": "t", "user": "u"},
        {
            "url": "https://n.example",
            "topic": "t",
            "user": "u",
            "password": "p",
            "token": "x",
        },
        {"topic": "t"},
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(TargetRefused):
        NTFY.check(given, NOW_MS)


# ------------------------------------------------------------------------- ntfy-ios


def test_the_hash_is_that_of_the_address_as_the_phone_has_it() -> None:
    wanted = hashlib.sha256(b"https://push.example/ntfy/alerts").hexdigest()
    assert address_hash("https://push.example/ntfy", "alerts") == wanted
    assert address_hash(" https://push.example/ntfy// ", "alerts") == wanted
    assert address_hash("http://push.example/ntfy", "alerts") != wanted


def test_only_the_hash_is_kept() -> None:
    checked = NTFY_IOS.check(
        {"topic": "secret-topic", "base-url": "https://push.example/ntfy"}, NOW_MS
    )
    kept = repr((checked.configuration, checked.address, checked.hint))
    assert "secret-topic" not in kept
    with pytest.raises(TargetRefused):
        NTFY_IOS.check({"topic": "secret-topic"}, NOW_MS)


async def test_the_upstream_is_asked_to_poll_and_told_nothing_else() -> None:
    async with receiver() as (got, url):
        got.says({"id": "there"})
        checked = NTFY_IOS.check({"topic": "t", "base-url": "https://p.x"}, NOW_MS)
        sender = NtfyIosSender(surroundings(upstream_url=url, upstream_token="tk_1"))
        sent = delivery(body="secret", dialect_id="abcdefghijkl")
        assert await sender.send(checked.configuration, sent) == Sent("there")
        await sender.close()
    ((request, body),) = got.got
    assert request.path == f"/{address_hash('https://p.x', 't')}"
    assert request.headers["X-Poll-ID"] == "abcdefghijkl"
    assert request.headers["Authorization"] == "Bearer tk_1"
    assert body == b""


async def test_when_the_day_s_wake_ups_run_out_low_severity_wakes_nobody() -> None:
    clock = [NOW_MS]
    async with receiver() as (got, url):
        got.says({"id": "there"})
        sender = NtfyIosSender(surroundings(upstream_url=url, now_ms=lambda: clock[0]))
        quiet, loud = (
            delivery(severity=severity, dialect_id="abcdefghijkl")
            for severity in (Severity.LOW, Severity.NORMAL)
        )
        for _ in range(WAKES_BEFORE_QUIET):
            assert await sender.send({"hash": "0" * 64}, quiet) == Sent("there")
        assert isinstance(await sender.send({"hash": "0" * 64}, quiet), GiveUp)
        assert await sender.send({"hash": "0" * 64}, loud) == Sent("there")
        clock[0] += 86_400_000
        assert await sender.send({"hash": "0" * 64}, quiet) == Sent("there")
        await sender.close()
    assert len(got.got) == WAKES_BEFORE_QUIET + 2


async def test_without_an_upstream_nobody_is_asked() -> None:
    sender = NtfyIosSender(surroundings())
    outcome = await sender.send({"hash": "0" * 64}, delivery())
    assert outcome == Misconfigured("PUSHGO_NTFY_UPSTREAM_URL is not set")


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (200, {"id": "abc"}, Sent("abc")),
        (
            401,
            {"code": 40101, "error": "no"},
            Misconfigured("40101: no: the upstream's token is wrong"),
        ),
        (
            403,
            {"code": 40301, "error": "no"},
            Misconfigured("40301: no: the upstream's token is wrong"),
        ),
        (404, {}, Misconfigured("no ntfy server at the upstream's address")),
        (429, {"code": 42908, "error": "q"}, Retry("42908: q", GROUP, MIDNIGHT_S)),
        (429, {"code": 42901, "error": "q"}, Retry("42901: q", GROUP, 60.0)),
        (503, {}, Retry("status 503", GROUP)),
        (400, {}, GiveUp("status 400")),
    ],
)
def test_every_answer_of_the_upstream_says_what_to_do(
    status: int, document: object, outcome: Outcome
) -> None:
    answer = Answer(status=status, headers={}, body=orjson.dumps(document))
    assert ios_outcome_of(answer, NOW_MS) == outcome
