"""Refused calls in the log: a line each, with the id of the answer, bounded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from pushgo_compat.model import Source
from pushgo_compat.web import refusal_log
from pushgo_compat.web.refusal_log import (
    MOST_LINES,
    MOST_LINES_OF_ONE,
    RefusalLog,
)
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.log_lines import log_of
from tests.patience import PATIENCE_S
from tests.web.dialect_calls import CALLS, JSON, every_mount
from tests.wire import Wire

TOPIC = "a-topic-that-nobody-knows"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder = tmp_path_factory.mktemp("refused")
    with running(folder, trusted_proxies=(ip_network("127.0.0.0/8"),)) as gateway:
        yield gateway


@pytest.fixture
def gateway(served: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """Lines of all tests in this module may fall into one window."""
    monkeypatch.setattr(refusal_log, "MOST_LINES", 1000)
    return served


def from_address(number: int) -> tuple[str, bytes]:
    """A caller of his own: one address has few lines a second."""
    return "X-Forwarded-For", b"192.0.2.%d" % number


@every_mount
def test_every_refused_call_leaves_a_line_with_the_id_of_its_answer(
    gateway: Gateway, mount: Mount
) -> None:
    with log_of(gateway.thread) as lines:
        replies = [
            call.send(gateway, mount, TOPIC, from_address(number))
            for number, call in enumerate(CALLS)
        ]
    assert [line["request_id"] for line in lines] == [
        reply.headers["X-Request-Id"] for reply in replies
    ]
    for number, (call, reply, line) in enumerate(
        zip(CALLS, replies, lines, strict=True)
    ):
        assert line["event"] == "request refused"
        assert (line["door"], line["key"]) == (call.dialect, "a-to…ows")
        assert (line["status"], line["code"]) == (reply.status, "channel_not_found")
        assert line["route"].startswith(f"{call.method} /")
        assert line["address"] == f"192.0.2.{number}"
        assert TOPIC not in str(line)


def test_a_refused_native_call_leaves_a_line_as_well(gateway: Gateway) -> None:
    message = b'{"channel_id": "%b", "password": "wrong password", "title": "t"}'
    with log_of(gateway.thread) as lines:
        reply = gateway.native(
            "POST",
            "/message",
            [JSON, ("X-Request-Id", b"mine-1"), from_address(50)],
            message % CHANNEL_ID.encode(),
        )
        gateway.native("GET", f"/channel/{KEY}/messages", [from_address(51)])
    assert reply.status == 404
    assert lines[0].pop("ms") >= 0
    assert lines[0] == {
        "event": "request refused",
        "log_level": "info",
        "door": "native",
        "route": "POST /message",
        "status": 404,
        "code": "channel_not_found",
        "key": None,
        "address": "192.0.2.50",
        "request_id": "mine-1",
    }
    assert lines[1]["route"] == "GET /channel/{channel_id}/messages"


def test_neither_an_accepted_call_nor_a_dry_run_leaves_a_line(
    gateway: Gateway,
) -> None:
    with log_of(gateway.thread) as lines:
        for key, extra in ((KEY, ()), (TOPIC, (("X-PushGo-Dry-Run", b"1"),))):
            reply = CALLS[0].send(gateway, Mount.PORT, key, from_address(60), *extra)
            assert reply.status == 200
    assert lines == []


def note(log: RefusalLog, address: str = "192.0.2.1", **changes: object) -> None:
    call = {
        "route": "POST /{topic}",
        "status": 403,
        "code": "channel_not_found",
        "address": address,
        "request_id": "r",
        "key": TOPIC,
        "duration_ms": 1.25,
        **changes,
    }
    log.note(Source.NTFY, **call)  # type: ignore[arg-type]  # names are the caller's


async def test_a_refusal_is_one_line_without_the_key() -> None:
    log = RefusalLog()
    with log_of() as lines:
        note(log)
        log.end_window()
    assert lines == [
        {
            "event": "request refused",
            "log_level": "info",
            "door": "ntfy",
            "route": "POST /{topic}",
            "status": 403,
            "code": "channel_not_found",
            "key": "a-to…ows",
            "address": "192.0.2.1",
            "request_id": "r",
            "ms": 1.2,
        }
    ]


@pytest.mark.parametrize("request_id", [TOPIC, f"a.{TOPIC.upper()}", KEY, f"a-{KEY}"])
async def test_a_key_is_masked_where_it_names_the_request_too(request_id: str) -> None:
    log = RefusalLog()
    with log_of() as lines:
        note(log, request_id=request_id)
        log.end_window()
    assert request_id not in str(lines)
    assert PASSWORD not in str(lines)


async def test_a_flood_leaves_few_lines_and_says_how_many_are_missing() -> None:
    log = RefusalLog()
    with log_of() as lines:
        for number in range(1000):
            note(log, f"2001:db8::{number:x}")
        note(log, "192.0.2.1")
        log.end_window()
        note(log, "2001:db8::1")
        log.end_window()
    addresses = [line["address"] for line in lines if "address" in line]
    assert len(addresses) == MOST_LINES_OF_ONE + 2
    assert "192.0.2.1" in addresses
    assert [line["left_out"] for line in lines if "left_out" in line] == [995]


async def test_a_flood_of_many_addresses_is_bounded_as_well() -> None:
    log = RefusalLog()
    with log_of() as lines:
        for number in range(250):
            note(log, f"192.0.2.{number}")
        log.end_window()
    assert len(lines) == MOST_LINES + 1
    assert lines[-1]["left_out"] == 250 - MOST_LINES


async def test_what_was_left_out_is_told_without_another_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(refusal_log, "WINDOW_S", 0.001)
    log = RefusalLog()
    with log_of() as lines:
        for _ in range(MOST_LINES_OF_ONE + 1):
            note(log)
        async with asyncio.timeout(PATIENCE_S):
            while lines[-1].get("left_out") != 1:  # noqa: ASYNC110 - a timer of its own
                await asyncio.sleep(0.001)


@pytest.mark.parametrize("first_word", [KEY, TOPIC, "x" * 70, ""])
async def test_a_first_word_that_is_no_method_is_not_logged(first_word: str) -> None:
    log = RefusalLog()
    with log_of() as lines:
        for route in (first_word, f"{first_word} /{{topic}}"):
            note(log, route=route, key="")
        log.end_window()
    assert [line["route"] for line in lines] == ["?", "? /{topic}"]


@pytest.mark.parametrize("door", ["main", *map(str, SOURCES)])
def test_what_no_parser_reads_leaves_one_line_and_no_key(
    gateway: Gateway, door: str
) -> None:
    with log_of(gateway.thread) as lines, Wire(gateway.ports[door]) as wire:
        reply = wire.ask(f"{KEY} / HTTP/1.1\r\nHost: x\r\n\r\n".encode(), "GET")
    assert reply.status == 400
    [line] = [line for line in lines if line["event"] != "connection dropped"]
    assert (line["event"], line["route"]) == ("request refused", "?")
    assert line["door"] == (Source.NATIVE if door == "main" else door)
    assert line["request_id"] == reply.headers["X-Request-Id"]
    assert KEY not in str(lines)


async def test_what_would_rewrite_a_terminal_is_not_logged() -> None:
    log = RefusalLog()
    with log_of() as lines:
        note(log, "a\udcff\x1b[2J", route="\x1b[2J", key="\x1b[2J" * 9)
        log.end_window()
    assert all(str(value).isprintable() for value in lines[0].values())
