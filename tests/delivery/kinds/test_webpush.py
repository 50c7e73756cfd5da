"""Web push: the standard's own example, limits, and every status."""

from __future__ import annotations

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

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
from pushgo_compat.delivery.kinds.webpush import WEBPUSH
from pushgo_compat.delivery.kinds.webpush.payload import (
    MAX_PLAINTEXT_BYTES,
    build_plaintext,
    encrypt,
    push_headers,
)
from pushgo_compat.delivery.kinds.webpush.transport import outcome_of
from pushgo_compat.delivery.sending.http import Answer
from pushgo_compat.delivery.sending.vapid import Vapid, b64url, unb64url
from pushgo_compat.model import Severity
from tests.delivery.samples import NOW_MS, delivery
from tests.delivery.surroundings import surroundings

# RFC 8291, appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
RECEIVER = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNt"
    "oIAiw4"
)
SENDER_PRIVATE = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
ENCRYPTED = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYL"
    "ocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyou"
    "BWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_encryption_gives_the_bytes_of_the_standard_s_example() -> None:
    scalar = int.from_bytes(unb64url(SENDER_PRIVATE), "big")
    encrypted = encrypt(
        PLAINTEXT,
        unb64url(RECEIVER),
        unb64url(AUTH),
        sender=ec.derive_private_key(scalar, ec.SECP256R1()),
        salt=unb64url(SALT),
    )
    assert b64url(encrypted) == ENCRYPTED


def test_the_longest_plaintext_makes_what_every_service_takes() -> None:
    record = encrypt(b"x" * MAX_PLAINTEXT_BYTES, unb64url(RECEIVER), unb64url(AUTH))
    assert len(record) == 4096


def test_a_long_body_is_cut_on_a_character_border() -> None:
    plaintext, cut = build_plaintext(delivery(title="T", body="汉" * 20_000))
    assert len(plaintext) <= MAX_PLAINTEXT_BYTES
    assert len(plaintext) > MAX_PLAINTEXT_BYTES - 8
    shown = orjson.loads(plaintext)
    assert set(shown["body"]) == {"汉", "…"}
    assert shown["title"] == "T"
    assert cut == "body cut"


def test_a_message_that_fits_is_whole() -> None:
    plaintext, cut = build_plaintext(delivery(title="T", body="B", tags=("a",)))
    shown = orjson.loads(plaintext)
    assert (shown["title"], shown["body"], shown["tags"]) == ("T", "B", ["a"])
    assert cut == ""


@pytest.mark.parametrize(
    ("severity", "urgency"),
    [
        (Severity.CRITICAL, "high"),
        (Severity.HIGH, "high"),
        (Severity.NORMAL, "high"),
        (Severity.LOW, "low"),
    ],
)
def test_headers_follow_severity_and_time_left(
    severity: Severity, urgency: str
) -> None:
    sent = delivery(severity=severity, expires_at_ms=NOW_MS + 90_500)
    headers = push_headers(sent, NOW_MS)
    assert headers["Urgency"] == urgency
    assert headers["TTL"] == "90"
    assert headers["Topic"] == sent.message_id[:24]


def test_a_ttl_is_at_most_28_days_and_never_negative() -> None:
    late = delivery(expires_at_ms=NOW_MS + 10**12)
    assert push_headers(late, NOW_MS)["TTL"] == "2419200"
    assert push_headers(late, NOW_MS + 10**13)["TTL"] == "0"


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Sent("https://push.example/m/1")),
        (201, Sent("https://push.example/m/1")),
        (202, Sent("https://push.example/m/1")),
        (204, Sent("https://push.example/m/1")),
        (400, GiveUp("status 400")),
        (401, Misconfigured("status 401: BadJwtToken")),
        (403, Misconfigured("status 403: BadJwtToken")),
        (404, Drop("status 404: the subscription has ended")),
        (406, GiveUp("status 406")),
        (410, Drop("status 410: the subscription has ended")),
        (413, GiveUp("status 413")),
        (429, Retry("status 429", Scope.TARGET, 7.0)),
        (500, Retry("status 500", Scope.GROUP, 7.0)),
        (502, Retry("status 502", Scope.GROUP, 7.0)),
        (503, Retry("status 503", Scope.GROUP, 7.0)),
    ],
)
def test_every_status_says_what_to_do(status: int, outcome: Outcome) -> None:
    answer = Answer(
        status=status,
        headers={"Location": "https://push.example/m/1", "Retry-After": "7"},
        body=b'{"reason":"BadJwtToken"}',
    )
    assert outcome_of(answer) == outcome


def test_the_key_is_the_same_for_the_same_secret_and_a_token_lasts_six_hours() -> None:
    one, two = Vapid(b"s" * 32, "mailto:a@b"), Vapid(b"s" * 32, "mailto:a@b")
    assert one.public_key == two.public_key != Vapid(b"t" * 32, "x").public_key
    first = one.authorization("https://push.example", 1_000_000)
    assert one.authorization("https://push.example", 1_000_000 + 21_599) == first
    assert one.authorization("https://push.example", 1_000_000 + 21_600) != first
    claims = orjson.loads(unb64url(first.partition("t=")[2].split(".")[1]))
    assert claims == {
        "aud": "https://push.example",
        "exp": 1_000_000 + 43_200,
        "sub": "mailto:a@b",
    }


KEYS = {"p256dh": RECEIVER, "auth": AUTH}


@pytest.mark.parametrize(
    "subscription",
    [
        b"[]",
        b"{}",
        orjson.dumps({"endpoint": "http://push.example/x", "keys": KEYS}),
        orjson.dumps({"endpoint": "https://" + "x" * 2048, "keys": KEYS}),
        orjson.dumps({"endpoint": "https://u:p@push.example/x", "keys": KEYS}),
        orjson.dumps({"endpoint": "https://push.example/x"}),
        orjson.dumps(
            {"endpoint": "https://push.example/x", "keys": {**KEYS, "auth": "AAAA"}}
        ),
        orjson.dumps(
            {"endpoint": "https://push.example/x", "keys": {**KEYS, "p256dh": AUTH}}
        ),
    ],
)
def test_what_is_no_subscription_is_refused(subscription: bytes) -> None:
    with pytest.raises(TargetRefused):
        WEBPUSH.check({"subscription": subscription.decode()}, NOW_MS)


def test_a_subscription_is_taken_and_shown_by_its_host_alone() -> None:
    document = {"endpoint": "https://push.example/secret", "keys": KEYS}
    checked = WEBPUSH.check({"subscription": orjson.dumps(document).decode()}, NOW_MS)
    assert checked.hint == "push.example"
    assert checked.address == "https://push.example/secret"


async def test_a_subscription_under_another_key_is_dropped_unasked() -> None:
    """The push service would answer 401 or 403 for ever (docs/delivery.md, A5)."""
    document = {"endpoint": "https://push.example/x", "keys": KEYS}
    checked = WEBPUSH.check({"subscription": orjson.dumps(document).decode()}, NOW_MS)
    sender = WEBPUSH.start(surroundings(webpush_subject="mailto:me@example.org"))
    outcome = await sender.send(
        {**checked.configuration, "vapid": "another key"}, delivery()
    )
    await sender.close()
    assert outcome == Drop("subscribed under another key of this gateway")
