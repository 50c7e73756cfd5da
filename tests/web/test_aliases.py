"""Old keys bound to a channel, and what an operator's command changes meanwhile."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.model import Credential, Severity, Source
from tests.dialects import GOTIFY
from tests.gateway import LOGIN, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.web.dialect_calls import (
    CALLS,
    JSON,
    TEXT,
    Call,
    assert_sent,
    assert_unknown_key,
    every_call,
    every_mount,
)
from tests.wire import HeaderLines, request

OLD_KEYS = {
    Source.NTFY: "backups",
    Source.BARK: "jaEUcYvBQ4Qtn2LWYWSQqY",
    Source.SERVERCHAN: "SCT1234TabcdefghijKLMNOPQRS",
    GOTIFY: "AbCdEf12345-_xy",
}
OLD_TOKEN = "tk_old0server0token0of0the0tests"


@pytest.fixture(scope="module")
def aliased(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("aliased")) as gateway:
        for dialect, key in OLD_KEYS.items():
            gateway.alias(dialect, key)
        gateway.alias(Source.NTFY, "send-only-topic", send_only=True)
        gateway.alias(
            Source.NTFY,
            "guarded-topic",
            require_auth=True,
            credentials=(
                Credential(user="phil", secret="old-secret"),
                Credential(user=None, secret=OLD_TOKEN),
            ),
        )
        gateway.alias(
            Source.NTFY,
            "tagged-topic",
            tags=("house", "nas"),
            severity_map={Severity.HIGH: Severity.LOW},
        )
        gateway.alias(Source.SERVERCHAN, "sctp9tMixedCase-Key")
        gateway.alias(Source.BARK, "Wohnzimmer Süd/1")
        yield gateway


@every_call
@every_mount
def test_an_old_key_sends_as_if_nothing_had_changed(
    aliased: Gateway, call: Call, mount: Mount
) -> None:
    assert_sent(aliased, call.send(aliased, mount, OLD_KEYS[call.dialect]))


@every_call
def test_an_alias_is_one_dialects_and_its_case_counts(
    aliased: Gateway, call: Call
) -> None:
    others = [key for dialect, key in OLD_KEYS.items() if dialect is not call.dialect]
    for key in (*others, OLD_KEYS[call.dialect].swapcase()):
        reply = call.send(aliased, Mount.PREFIX, key)
        assert_unknown_key(call, reply, key)


def test_a_key_with_odd_letters_arrives_escaped_in_a_path(aliased: Gateway) -> None:
    path = "/Wohnzimmer%20S%C3%BCd%2F1/Platte%202%20ist%20voll"
    assert_sent(aliased, aliased.call(Source.BARK, Mount.PREFIX, "GET", path))
    body = '{"device_key":"Wohnzimmer Süd/1","body":"%s"}' % TEXT  # noqa: UP031 - braces
    reply = aliased.call(
        Source.BARK, Mount.PORT, "POST", "/push", [JSON], body.encode()
    )
    assert_sent(aliased, reply)


def test_a_serverchan_alias_in_a_host_name_has_lost_its_case(aliased: Gateway) -> None:
    host = "sctp9tmixedcase-key.push.sc.test"
    raw = request("GET", "/send?title=t&desp=x", host=host)
    reply = aliased.ask(aliased.ports["main"], raw, "GET")
    assert aliased.only_message(reply)["body"] == "x"
    in_path = aliased.call(
        Source.SERVERCHAN, Mount.PREFIX, "GET", "/send/sctp9tmixedcase-key.send?title=t"
    )
    assert in_path.json["code"] == 10003


@pytest.mark.parametrize(
    ("key", "status"), [("backups", 200), ("send-only-topic", 403)]
)
def test_an_ntfy_alias_may_read_unless_it_only_sends(
    aliased: Gateway, key: str, status: int
) -> None:
    sent = aliased.call(Source.NTFY, Mount.PORT, "POST", f"/{key}", [], TEXT.encode())
    assert_sent(aliased, sent)
    asked = aliased.call(Source.NTFY, Mount.PORT, "GET", f"/{key}/auth")
    assert asked.status == status


def test_several_topics_are_open_only_if_each_is(aliased: Gateway) -> None:
    def ask(topics: str) -> int:
        return aliased.call(Source.NTFY, Mount.HOST, "GET", f"/{topics}/auth").status

    assert ask(f"backups,{KEY}") == 200
    assert ask("backups,send-only-topic") == 403
    assert ask(f"{KEY},{UNKNOWN_KEY}") == 403


def _basic(user: str, password: str) -> tuple[str, bytes]:
    login = base64.b64encode(f"{user}:{password}".encode())
    return "Authorization", b"Basic " + login


def _bearer(token: str) -> tuple[str, bytes]:
    return "Authorization", f"Bearer {token}".encode()


@every_mount
@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ([], 403),
        ([_basic("phil", "old-secret")], 200),
        ([_bearer(OLD_TOKEN)], 200),
        ([_basic("", OLD_TOKEN)], 200),
        ([_basic("whoever", PASSWORD)], 200),
        ([_bearer(PASSWORD)], 200),
        ([_basic("mallory", "old-secret")], 401),
        ([_basic("phil", "wrong-secret")], 401),
        ([_bearer("old-secret")], 401),
    ],
)
def test_a_guarded_alias_takes_the_password_or_a_bound_login(
    aliased: Gateway, mount: Mount, lines: HeaderLines, status: int
) -> None:
    body = TEXT.encode()
    reply = aliased.call(Source.NTFY, mount, "POST", "/guarded-topic", lines, body)
    assert reply.status == status, reply.body


def test_an_alias_adds_its_tags_and_maps_severities(aliased: Gateway) -> None:
    lines = [("Tags", b"disk,nas"), ("Priority", b"high")]
    reply = aliased.call(
        Source.NTFY, Mount.PREFIX, "POST", "/tagged-topic", lines, b"m"
    )
    message = aliased.only_message(reply)
    assert message["tags"] == ["disk", "nas", "house"]
    assert message["severity"] == "low"
    assert reply.json["tags"] == ["disk", "nas"]
    notes = aliased.stored(reply.message_ids[0])["receipt"]["notes"]
    to = {note["to"] for note in notes if note["field"] == "(alias)"}
    assert to == {"tags", "severity"}


def test_an_alias_never_reads_through_the_native_routes(aliased: Gateway) -> None:
    path = f"/channel/{CHANNEL_ID}/messages"
    for user in ("backups", CHANNEL_ID):
        login = _basic(user, "backups")
        assert aliased.native("GET", path, [login]).status in {401, 404}


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_the_catch_all_takes_every_key_that_nothing_else_knows(
    tmp_path: Path, call: Call
) -> None:
    with running(tmp_path) as gateway:
        alias_id = gateway.alias(call.dialect, "*")
        for key in (UNKNOWN_KEY, "a-topic-of-an-old-script", "x"):
            reply = call.send(gateway, Mount.PREFIX, key)
            assert_sent(gateway, reply)
            (tag,) = gateway.only_message(reply)["tags"]
            assert tag != key
            assert "…" in tag
        # A wrong password is one, whoever takes the unknown keys.
        wrong = CHANNEL_ID + "wrong-password"
        assert_unknown_key(call, call.send(gateway, Mount.PREFIX, wrong), wrong)
        if call.dialect is Source.NTFY:
            asked = gateway.call(
                Source.NTFY, Mount.PREFIX, "GET", f"/{UNKNOWN_KEY}/auth"
            )
            assert asked.status == 403
            star = gateway.call(Source.NTFY, Mount.PREFIX, "GET", "/*/auth")
            assert star.status in {403, 404}
        gateway.administer(lambda admin: admin.remove_alias(alias_id))
        reply = call.send(gateway, Mount.PREFIX, UNKNOWN_KEY)
        assert_unknown_key(call, reply, UNKNOWN_KEY)


# ------------------------------------------------ the command line beside the server


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_the_next_request_sees_what_a_command_changed(
    tmp_path: Path, call: Call
) -> None:
    with running(tmp_path) as gateway:
        old_key = OLD_KEYS[call.dialect]
        assert_unknown_key(call, call.send(gateway, Mount.PREFIX, old_key), old_key)
        alias_id = gateway.alias(call.dialect, old_key)
        assert_sent(gateway, call.send(gateway, Mount.PREFIX, old_key))
        assert_sent(gateway, call.send(gateway, Mount.PREFIX, KEY))
        opened = gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
        assert_unknown_key(call, call.send(gateway, Mount.PREFIX, KEY), KEY)
        new_key = CHANNEL_ID + opened.password
        assert call.send(gateway, Mount.PREFIX, new_key).message_ids
        assert call.send(gateway, Mount.PREFIX, old_key).message_ids
        gateway.administer(lambda admin: admin.remove_alias(alias_id))
        assert_unknown_key(call, call.send(gateway, Mount.PREFIX, old_key), old_key)
        gateway.administer(lambda admin: admin.delete_channel(CHANNEL_ID))
        reply = call.send(gateway, Mount.PREFIX, new_key)
        assert_unknown_key(call, reply, new_key)


def test_a_new_channel_opens_at_once_and_reads_its_own_only(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        made = gateway.administer(lambda admin: admin.create_channel("Second"))
        gateway.administer(
            lambda admin: admin.add_alias(
                AliasRequest(
                    dialect=Source.NTFY, channel_id=made.channel_id, key="second-topic"
                )
            )
        )
        for key in (made.channel_id + made.password, "second-topic"):
            reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", [], b"m")
            (message_id,) = reply.message_ids
            path = f"/channel/{CHANNEL_ID}/messages/{message_id}"
            assert gateway.native("GET", path, [LOGIN]).status == 404
