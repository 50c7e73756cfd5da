"""Bark: another bark-server, and Bark's own app through Apple."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest

from pushgo_compat.core.delivery import (
    ApnsCredential,
    BarkApns,
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.bark import BARK
from pushgo_compat.delivery.kinds.bark.payload import MAX_PUSH_BYTES, build_push
from pushgo_compat.delivery.kinds.bark.transport import BarkSender, outcome_of
from pushgo_compat.delivery.kinds.bark_app import BARK_APP
from pushgo_compat.delivery.kinds.bark_app.payload import (
    build_headers,
    build_payload,
    parameters_of,
)
from pushgo_compat.delivery.kinds.bark_app.transport import BarkAppSender
from pushgo_compat.delivery.sending.http import Answer
from pushgo_compat.model import Severity, Source
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import surroundings
from tests.providers.apns import FakeApns, make_key, running
from tests.providers.http import receiver

GROUP, ONE = Scope.GROUP, Scope.TARGET
PEM, PUBLIC = make_key()


def test_a_native_message_is_a_push() -> None:
    body, cut = build_push(
        delivery(
            severity=Severity.HIGH, body="**B**", tags=("nas",), url="https://e.x"
        ),
        "KEY",
    )
    assert orjson.loads(body) == {
        "device_key": "KEY",
        "id": MESSAGE_ID,
        "title": "Backup done",
        "markdown": "**B**",
        "level": "timeSensitive",
        "url": "https://e.x",
        "group": "nas",
    }
    assert cut == ""


def test_a_bark_message_goes_out_with_its_own_parameters() -> None:
    own = {"title": "T", "body": "B", "sound": "minuet", "badge": "1", "id": "job-7"}
    body, _ = build_push(delivery(source=Source.BARK, forward=own), "KEY")
    assert orjson.loads(body) == {**own, "device_key": "KEY"}


def test_a_long_push_is_cut_to_what_apple_takes() -> None:
    body, cut = build_push(delivery(body="汉" * 5000), "KEY")
    assert len(body) <= MAX_PUSH_BYTES
    assert cut == "markdown cut"


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (200, {"code": 200, "message": "success"}, Sent()),
        (200, {"ok": True}, Misconfigured("no bark-server there", ONE)),
        (404, {}, Misconfigured("no bark-server there", ONE)),
        (418, {"code": 418}, Misconfigured("the login is wrong")),
        (
            400,
            {"message": "failed to get device token: failed to get [KEY] device token"},
            Drop("failed to get device token: failed to get […] device token"),
        ),
        (400, {"message": "device key is empty"}, Drop("device key is empty")),
        (400, {"message": "request bind failed"}, GiveUp("request bind failed")),
        (
            500,
            {"message": "push failed: BadDeviceToken"},
            Drop("push failed: BadDeviceToken"),
        ),
        (
            500,
            {"message": "push failed: Unregistered"},
            Drop("push failed: Unregistered"),
        ),
        (
            500,
            {"message": "push failed: PayloadTooLarge"},
            GiveUp("push failed: PayloadTooLarge"),
        ),
        (
            500,
            {"message": "push failed: timeout"},
            Retry("push failed: timeout", GROUP),
        ),
        (502, {}, Retry("status 502", GROUP)),
        (302, {}, Misconfigured("answers a redirect", ONE)),
    ],
)
def test_every_answer_says_what_to_do(
    status: int, document: object, outcome: Outcome
) -> None:
    answer = Answer(status=status, headers={}, body=orjson.dumps(document))
    assert outcome_of(answer) == outcome


async def test_a_payload_that_apple_calls_too_large_is_cut_harder_once() -> None:
    async with receiver() as (got, url):
        got.says({"code": 500, "message": "push failed: PayloadTooLarge"}, 500)
        checked = BARK.check(
            {"url": url, "device-key": "KEY", "user": "u", "password": "p"}, NOW_MS
        )
        sender = BarkSender(surroundings())
        outcome = await sender.send(checked.configuration, delivery(body="x" * 9000))
        await sender.close()
    assert outcome == GiveUp("push failed: PayloadTooLarge")
    first, second = (len(body) for _, body in got.got)
    assert second < first / 1.9
    assert got.got[0][0].headers["Authorization"] == "Basic dTpw"
    assert got.got[0][0].path == "/push"


# ------------------------------------------------------------------------- bark-app


def payload(**parameters: str) -> dict[str, object]:
    sent = delivery(source=Source.BARK, forward=parameters)
    document: dict[str, object] = orjson.loads(
        build_payload(parameters_of(sent), 4096)[0]
    )
    return document


def test_a_push_looks_as_bark_server_makes_it() -> None:
    # Seen on the wire: bark-server 1091c91 with its own client (docs/bark-app.md, 4).
    assert payload(
        title="T",
        body="B",
        sound="minuet",
        group="g",
        action="none",
        autocopy="1",
        badge="1",
        call="1",
        copy="c",
        icon="https://e.x/i.png",
        id="job-7",
        image="https://e.x/p.png",
        isarchive="1",
        level="critical",
        ttl="3600",
        url="https://e.x",
        volume="7",
    ) == orjson.loads(
        b'{"action":"none","aps":{"alert":{"body":"B","title":"T"},"category":'
        b'"myNotificationCategory","mutable-content":1,"sound":"minuet.caf",'
        b'"thread-id":"g"},"autocopy":"1","badge":"1","call":"1","copy":"c","group":"g"'
        b',"icon":"https://e.x/i.png","id":"job-7","image":"https://e.x/p.png",'
        b'"isarchive":"1","level":"critical","ttl":"3600","url":"https://e.x",'
        b'"volume":"7"}'
    )
    assert payload(ciphertext="AAAA", iv="123456789012") == orjson.loads(
        b'{"aps":{"alert":{"body":"Empty Message"},"category":"myNotificationCategory",'
        b'"mutable-content":1,"sound":"1107"},"ciphertext":"AAAA","iv":"123456789012"}'
    )
    assert payload(delete="1", id="job-7") == orjson.loads(
        b'{"aps":{"content-available":1,"mutable-content":1},"delete":"1","id":"job-7"}'
    )


def test_a_delete_is_a_background_push_for_the_same_notification() -> None:
    sent = delivery(source=Source.BARK, forward={"delete": "1", "id": "job-7"})
    headers = build_headers(parameters_of(sent), sent)
    assert headers["apns-push-type"] == "background"
    assert headers["apns-priority"] == "5"
    assert headers["apns-collapse-id"] == "job-7"


def test_names_go_out_in_lower_case_and_a_long_id_gives_way() -> None:
    sent = delivery(source=Source.BARK, forward={"isArchive": "1", "id": "x" * 65})
    assert parameters_of(sent)["isarchive"] == "1"
    headers = build_headers(parameters_of(sent), sent)
    assert headers["apns-collapse-id"] == MESSAGE_ID


def test_a_native_message_is_markdown_with_a_plain_text_beside_it() -> None:
    sent = delivery(body="**B**", severity=Severity.HIGH, images=("https://e.x/a.png",))
    document = orjson.loads(build_payload(parameters_of(sent), 4096)[0])
    assert document["markdown"] == "**B**"
    assert document["level"] == "timeSensitive"
    assert document["image"] == "https://e.x/a.png"
    assert document["aps"]["alert"] == {"title": "Backup done", "body": "**B**"}
    assert document["aps"]["interruption-level"] == "time-sensitive"


def test_a_long_markdown_is_cut_first() -> None:
    sent = delivery(body="汉" * 9000)
    body, cut = build_payload(parameters_of(sent), 4096)
    assert len(body) <= 4096
    assert cut == "markdown cut"


@pytest.fixture
async def apple(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[FakeApns]:
    service = FakeApns(public_key=PUBLIC)
    async with running(service, tmp_path) as certificate:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        yield service


async def test_a_paired_phone_is_reached(apple: FakeApns) -> None:
    token = "00" + "ab" * 31
    checked = BARK_APP.check({"device-token": token}, NOW_MS)
    sender = BarkAppSender(
        surroundings(
            bark_apns=BarkApns(
                credential=ApnsCredential(
                    key_pem=PEM, key_id="LH4T9V5U4R", team_id="5U8LBRXG3A"
                ),
                topic="me.fin.bark",
                endpoint=apple.url,
            )
        )
    )
    outcome = await sender.send(checked.configuration, delivery(body="B"))
    await sender.close()
    assert isinstance(outcome, Sent)
    (taken,) = apple.taken
    assert taken.headers["apns-topic"] == "me.fin.bark"
    assert taken.device_token == token


async def test_without_the_key_phones_wait() -> None:
    checked = BARK_APP.check({"device-token": "ab" * 32}, NOW_MS)
    outcome = await BarkAppSender(surroundings()).send(
        checked.configuration, delivery()
    )
    assert outcome == Misconfigured("PUSHGO_BARK_APNS_KEY_FILE is not set")


@pytest.mark.parametrize("token", ["", "deleted!", "x" * 161, "a b"])
def test_what_is_no_device_token_is_refused(token: str) -> None:
    with pytest.raises(TargetRefused):
        BARK_APP.check({"device-token": token}, NOW_MS)
