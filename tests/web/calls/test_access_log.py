"""``PUSHGO_ACCESS_LOG``: no line, one a refused call, one a call; keys masked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.typing import EventDict

from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.settings import AccessLog
from tests.gateway import LOGIN, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.log_lines import log_of
from tests.web.dialect_calls import CALLS, Call
from tests.web.mail_peer import DOMAIN, Peer, mail_gateway
from tests.wire import Reply


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("all"), access_log=AccessLog.ALL) as gateway:
        yield gateway


def line_of(lines: list[EventDict]) -> EventDict:
    (line,) = [line for line in lines if line["event"].startswith("request")]
    return line


@pytest.mark.parametrize("call", CALLS, ids=str)
@pytest.mark.parametrize("mount", list(Mount))
def test_every_accepted_call_leaves_one_line_without_its_key(
    full: Gateway, call: Call, mount: Mount
) -> None:
    with log_of(full.thread) as lines:
        reply: Reply = call.send(full, mount, KEY)
    line = line_of(lines)
    assert reply.status == 200
    assert (line["event"], line["status"], line["code"]) == ("request", 200, None)
    assert (line["door"], line["key"]) == (call.dialect, mask(KEY))
    assert line["request_id"] == reply.headers["X-Request-Id"]
    assert line["address"] == "127.0.0.1"
    assert line["ms"] >= 0
    assert PASSWORD not in str(lines)
    assert "{" in line["route"] or "/" in line["route"]


def test_native_calls_have_the_pattern_of_their_route(full: Gateway) -> None:
    path = f"/channel/{CHANNEL_ID}/messages"
    with log_of(full.thread) as lines:
        assert full.native("GET", path, [LOGIN]).status == 200
        assert full.native("GET", f"{path}?since=never", [LOGIN]).status == 400
    accepted, refused = lines
    route = "GET /channel/{channel_id}/messages"
    assert (accepted["event"], accepted["route"]) == ("request", route)
    assert (refused["event"], refused["route"]) == ("request refused", route)
    assert (refused["code"], refused["status"]) == ("since_invalid", 400)
    assert refused["ms"] >= 0


def test_a_flood_of_refusals_has_all_its_lines_where_all_are_wanted(
    full: Gateway,
) -> None:
    with log_of(full.thread) as lines:
        for _ in range(40):
            assert full.native("GET", "/nowhere", []).status == 404
    assert len(lines) == 40


@pytest.mark.parametrize(
    ("kept", "told"), [(AccessLog.OFF, []), (AccessLog.REFUSED, ["request refused"])]
)
def test_other_logs_leave_accepted_calls_out(
    tmp_path: Path, kept: AccessLog, told: list[str]
) -> None:
    with running(tmp_path, access_log=kept) as gateway:
        with log_of(gateway.thread) as lines:
            assert gateway.native("GET", "/healthz", []).status == 200
            assert CALLS[0].send(gateway, Mount.PREFIX, KEY).status == 200
            assert gateway.native("GET", "/nowhere", []).status == 404
        assert [line["event"] for line in lines] == told


def test_a_mail_leaves_a_line_as_every_call(tmp_path: Path) -> None:
    with (
        mail_gateway(tmp_path, access_log=AccessLog.ALL) as gateway,
        Peer(gateway) as peer,
    ):
        with log_of(gateway.thread) as lines:
            peer.mail(KEY, content=b"Subject: Toner low\r\n\r\nTray 2")
            peer.ask("MAIL FROM:<printer@lan.test>")
            peer.ask(f"RCPT TO:<{CHANNEL_ID}wrong-password@{DOMAIN}>")
        accepted, refused = [x for x in lines if x["event"].startswith("request")]
        assert (accepted["event"], accepted["route"]) == ("request", "MAIL {topic}")
        assert (accepted["key"], accepted["status"]) == (mask(KEY), 250)
        assert refused["event"] == "request refused"
        assert refused["ms"] >= 0
        assert PASSWORD not in str(lines)
