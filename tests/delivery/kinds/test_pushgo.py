"""Another PushGo gateway: limits that count bytes, and every answer."""

from __future__ import annotations

import orjson
import pytest

from pushgo_compat.core.delivery import (
    Drop,
    GiveUp,
    Misconfigured,
    Outcome,
    Retry,
    Scope,
    Sent,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.pushgo import PUSHGO
from pushgo_compat.delivery.kinds.pushgo.payload import (
    MAX_REQUEST_BYTES,
    build_body,
    op_id,
)
from pushgo_compat.delivery.kinds.pushgo.transport import PushGoSender, outcome_of
from pushgo_compat.delivery.sending.http import Answer
from pushgo_compat.model import Severity
from tests.delivery.samples import MESSAGE_ID, NOW_MS, delivery
from tests.delivery.surroundings import surroundings
from tests.providers.http import receiver

THERE = "W4PN0FZG1Y8XGG14VTQ4Y3G10M"


def built(**message: object) -> tuple[dict[str, object], str]:
    body, cut = build_body(delivery(**message), THERE, "pw")
    assert len(body) <= MAX_REQUEST_BYTES
    document: dict[str, object] = orjson.loads(body)
    return document, cut


def test_all_fields_go_along_and_absent_ones_stay_absent() -> None:
    document, cut = built(
        body="B", severity=Severity.HIGH, tags=("a",), url="https://e.x", ttl_ms=NOW_MS
    )
    assert document == {
        "channel_id": THERE,
        "password": "pw",
        "op_id": f"op-{MESSAGE_ID}",
        "title": "Backup done",
        "body": "B",
        "occurred_at": NOW_MS,
        "severity": "high",
        "ttl": NOW_MS,
        "url": "https://e.x",
        "tags": ["a"],
    }
    assert cut == ""


@pytest.mark.parametrize(
    ("own", "sent"),
    [
        (None, f"op-{MESSAGE_ID}"),
        ("nightly-7", f"op-{MESSAGE_ID}"),
        ("op-" + "0" * 32, "op-" + "0" * 32),
        ("op-" + "0" * 31, f"op-{MESSAGE_ID}"),
    ],
)
def test_a_derived_op_id_is_handed_on_and_any_other_replaced(
    own: str | None, sent: str
) -> None:
    assert op_id(delivery(op_id=own)) == sent


def test_limits_count_bytes_and_cut_on_a_character_border() -> None:
    document, cut = built(
        tags=("汉" * 64,),
        metadata={"note": "汉" * 500, "k" * 65: "x"},
        images=("https://e.x/" + "汉" * 700, "https://e.x/a.png"),
    )
    assert document["tags"] == ["汉" * 21]
    assert document["metadata"] == {"note": "汉" * 170}
    assert document["images"] == ["https://e.x/a.png"]
    assert "tags cut" in cut
    assert "images dropped" in cut
    assert "metadata note cut" in cut


def test_a_body_is_cut_to_what_one_request_holds() -> None:
    document, cut = built(body="汉" * 21_000)
    assert str(document["body"]).startswith("汉" * 10_000)
    assert str(document["body"]).endswith("…")
    assert cut == "body cut"


GROUP, ONE = Scope.GROUP, Scope.TARGET


@pytest.mark.parametrize(
    ("status", "document", "outcome"),
    [
        (200, {"success": True, "data": {"message_id": "m1"}}, Sent("m1")),
        (200, {"hello": 1}, Misconfigured("no PushGo gateway there", ONE)),
        (400, {"error_code": "title_required"}, GiveUp("title_required")),
        (
            400,
            {"error": "Invalid channel id"},
            Misconfigured("Invalid channel id", ONE),
        ),
        (
            400,
            {"error": "channel password length must be 8 to 128"},
            Misconfigured("channel password length must be 8 to 128", ONE),
        ),
        (400, {"error_code": "invalid_request_body"}, GiveUp("invalid_request_body")),
        (
            401,
            {"error_code": "authentication_failed"},
            Misconfigured("authentication_failed: the gateway's token is wrong", GROUP),
        ),
        (
            403,
            {"error_code": "password_mismatch"},
            Misconfigured("password_mismatch", ONE),
        ),
        (
            404,
            {"error_code": "channel_not_found"},
            Misconfigured("channel_not_found", ONE),
        ),
        (
            404,
            {"error_code": "route_not_found"},
            Misconfigured("no PushGo gateway there", ONE),
        ),
        (429, {}, Retry("status 429", ONE, 3.0)),
        (
            400,
            {"error_code": "metadata_value_too_long"},
            GiveUp("metadata_value_too_long"),
        ),
        (400, {"error": "invalid op_id"}, GiveUp("invalid op_id")),
        (200, {"success": False}, Misconfigured("no PushGo gateway there", ONE)),
        (500, {"error_code": "internal_error"}, Retry("internal_error", GROUP, 3.0)),
        (500, {"error_code": "store_error"}, Retry("store_error", GROUP, 3.0)),
        (503, {"error_code": "server_busy"}, Retry("server_busy", GROUP, 3.0)),
        (502, {"error_code": "upstream_error"}, Retry("upstream_error", GROUP, 3.0)),
        (
            503,
            {"error_code": "server_busy", "data": {"accepted": False}},
            Retry("server_busy", ONE, 3.0),
        ),
        (302, {}, Misconfigured("answers a redirect", ONE)),
    ],
)
def test_every_answer_says_what_to_do(
    status: int, document: object, outcome: Outcome
) -> None:
    answer = Answer(
        status=status, headers={"Retry-After": "3"}, body=orjson.dumps(document)
    )
    assert outcome_of(answer) == outcome
    assert not isinstance(outcome, Drop)


async def test_the_request_is_what_the_gateway_takes() -> None:
    async with receiver() as (got, url):
        got.says({"success": True, "data": {"message_id": "there"}})
        checked = PUSHGO.check(
            {"url": url + "/", "to": THERE.lower(), "password": "pw", "token": "tok"},
            NOW_MS,
        )
        sender = PushGoSender(surroundings())
        outcome = await sender.send(checked.configuration, delivery())
        await sender.close()
    assert outcome == Sent("there")
    ((request, body),) = got.got
    assert request.path == "/message"
    assert request.headers["Authorization"] == "Bearer tok"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["X-PushGo-Via"] == "store-1"
    assert orjson.loads(body)["channel_id"] == THERE


@pytest.mark.parametrize(
    "given",
    [
        {"url": "https://g.example", "to": THERE},
        {"url": "https://g.example", "to": "short", "password": "pw"},
        {"url": "g.example", "to": THERE, "password": "pw"},
    ],
)
def test_what_cannot_work_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(TargetRefused):
        PUSHGO.check(given, NOW_MS)
