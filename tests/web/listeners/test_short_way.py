"""The short way of a publish: what it takes, what it leaves, and what it must keep."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import methodcaller
from pathlib import Path

import pytest

from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.stores.messages import NewMessage, Then
from pushgo_compat.errors import RateLimited
from pushgo_compat.model import Source
from pushgo_compat.settings import AccessLog
from pushgo_compat.storage.waiting_rows import WaitingRows
from pushgo_compat.web.connection.turns import TurnHandler
from pushgo_compat.web.listeners import short_way
from tests.gateway import ANY_PORT, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.log_lines import log_of
from tests.patience import wait_until
from tests.web.dialect_calls import CALLS, JSON, Call, every_call, every_mount
from tests.wire import Reply, Wire, request

Taken = Counter[bool]


def native(**fields: object) -> bytes:
    """A ``POST /message``."""
    return request("POST", "/message", [JSON], native_body(**fields))


def native_body(**fields: object) -> bytes:
    known = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "Disk full"}
    return json.dumps(known | fields).encode()


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> Taken:
    """How often the short way was asked, by whether it took the request.

    Each request has a connection of its own: behind one on the ordinary way the next
    may come before aiohttp waits for it, and then it is not asked.
    """

    def ask(
        gateway: Gateway, port: int, data: bytes, method: str, *, whole: bool = True
    ) -> Reply:
        with Wire(port, gateway.tls) as wire:
            return wire.ask(data, method, whole=whole)

    monkeypatch.setattr(Gateway, "ask", ask)
    taken: Taken = Counter()
    take = TurnHandler._take

    def counted(connection: TurnHandler, way: short_way.PublishShortly) -> bool:
        took = take(connection, way)
        taken[took] += 1
        return took

    monkeypatch.setattr(TurnHandler, "_take", counted)
    return taken


@pytest.fixture
def warm(gateway: Gateway, taken: Taken) -> Gateway:
    """A server whose authenticator remembers the key."""
    for call in CALLS:
        assert call.send(gateway, Mount.PREFIX, KEY).status == 200
    assert gateway.native("POST", "/message", [JSON], native_body()).status == 200
    taken.clear()
    return gateway


# ------------------------------------------------------------------------ what it takes


@every_call
@every_mount
def test_a_publish_of_a_remembered_key_takes_it_at_every_mount(
    warm: Gateway, taken: Taken, call: Call, mount: Mount
) -> None:
    reply = call.send(warm, mount, KEY)
    assert reply.status == 200
    assert len(reply.message_ids) == 1
    assert taken[True] == 1
    assert warm.stored(reply.message_ids[0])["receipt"]["mount"] == mount


def test_a_native_message_takes_it(warm: Gateway, taken: Taken) -> None:
    reply = warm.native("POST", "/message", [JSON], native_body())
    assert taken == {True: 1}
    assert reply.json["success"] is True
    assert warm.stored(reply.json["data"]["message_id"])


def test_a_key_that_nobody_has_shown_yet_is_left_to_the_ordinary_way(
    gateway: Gateway, taken: Taken
) -> None:
    gateway.alias(Source.NTFY, "a-fresh-alias-for-this-test")
    for took in (False, True):
        taken.clear()
        path = "/a-fresh-alias-for-this-test"
        assert gateway.call(Source.NTFY, Mount.PREFIX, "POST", path).status == 200
        assert taken == {took: 1}


LEFT: dict[str, tuple[str, str, list[tuple[str, bytes]], bytes]] = {
    "close": ("POST", "/message", [JSON, ("Connection", b"close")], native_body()),
    "expect": ("POST", "/message", [JSON, ("Expect", b"100-continue")], native_body()),
    "gzip": ("POST", "/message", [JSON, ("Content-Encoding", b"gzip")], b"no gzip"),
    "chunked": (
        "POST",
        "/message",
        [JSON, ("Transfer-Encoding", b"chunked")],
        native_body(),
    ),
    "no json": ("POST", "/message", [("Content-Type", b"text/plain")], native_body()),
    "no field": ("POST", "/message", [JSON], native_body(nonsense=1)),
    "too long": ("POST", "/message", [JSON], native_body(body="x" * 33_000)),
    "another path": ("POST", "/message/", [JSON], native_body()),
    "wrong password": ("POST", "/message", [JSON], native_body(password="x" * 20)),
    "dry run": ("POST", f"/ntfy/{KEY}", [("X-PushGo-Dry-Run", b"1")], b"x"),
    "batch": (
        "POST",
        "/bark/push",
        [JSON],
        json.dumps({"device_keys": [KEY], "body": "x"}).encode(),
    ),
    "upload": ("PUT", f"/ntfy/{KEY}", [("Filename", b"x.bin")], b"\0\1\2"),
    "head": ("HEAD", f"/ntfy/{KEY}/publish", [], b""),
    "stream": ("GET", f"/ntfy/{KEY}/json?poll=1", [], b""),
    "shadow": ("POST", f"/ntfy/{KEY}", [("X-PushGo-Shadow", b"0" * 16)], b"x"),
    "refused": ("POST", f"/ntfy/{KEY}?priority=9", [], b"x"),
}


@pytest.mark.parametrize("name", LEFT)
def test_what_is_not_plain_or_not_accepted_is_left(
    warm: Gateway, taken: Taken, name: str
) -> None:
    method, path, lines, body = LEFT[name]
    raw = request(method, path, lines, body)
    warm.ask(warm.ports["main"], raw, method, whole=False)
    assert taken[True] == 0


def test_http_1_0_is_left(warm: Gateway, taken: Taken) -> None:
    raw = native().replace(b" HTTP/1.1", b" HTTP/1.0")
    with Wire(warm.ports["main"]) as wire:
        assert wire.ask(raw, "POST").status == 200
        assert wire.is_closed()
    assert taken[True] == 0


def test_a_fault_on_it_is_left_to_the_ordinary_way(
    warm: Gateway, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(short_way, "prepare_native", fail)
    reply = warm.native("POST", "/message", [JSON], native_body())
    assert reply.status == 200
    assert taken == {False: 1}


def test_listeners_without_the_native_door_do_not_get_one(
    tmp_path: Path, taken: Taken
) -> None:
    with running(tmp_path, metrics_addr=ANY_PORT) as gateway:
        gateway.native("POST", "/message", [JSON], native_body())
        gateway.native("POST", "/message", [JSON], native_body())
        reply = gateway.ask(gateway.ports["metrics"], native(), "POST")
        assert reply.status == 404


# -------------------------------------------------------------------- what it must keep


def test_a_repeat_is_told_as_one(warm: Gateway, taken: Taken) -> None:
    body = native_body(op_id="said-twice")
    first, again = (warm.native("POST", "/message", [JSON], body) for _ in range(2))
    assert taken == {True: 2}
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json == first.json


def test_an_answer_has_the_ids_that_every_answer_has(
    warm: Gateway, taken: Taken
) -> None:
    line = ("X-Request-Id", b"job-42")
    mine = warm.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [line], b"x")
    other = warm.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [], b"x")
    assert taken == {True: 2}
    assert mine.headers["X-Request-Id"] == "job-42"
    assert other.headers["X-Request-Id"] != "job-42"
    assert mine.headers["X-PushGo-Call-Id"] != other.headers["X-PushGo-Call-Id"]
    receipt = warm.stored(mine.message_ids[0])["receipt"]
    assert receipt["call_id"] == mine.headers["X-PushGo-Call-Id"]
    assert receipt["request_id"] == "job-42"


def test_a_hidden_message_has_no_id_for_native_readers(
    warm: Gateway, taken: Taken
) -> None:
    path = f"/{KEY}/a-sequence"
    assert warm.call(Source.NTFY, Mount.PREFIX, "POST", path, [], b"x").status == 200
    reply = warm.call(Source.NTFY, Mount.PREFIX, "PUT", f"{path}/clear")
    assert reply.status == 200
    assert reply.message_ids == []


class Held:
    """Commits that wait until the test lets them be."""

    def __init__(self) -> None:
        self.waiting: list[tuple[asyncio.AbstractEventLoop, Callable[[], None]]] = []
        self.real = WaitingRows.append_then

    def append_then(
        self, queue: WaitingRows, rows: Sequence[NewMessage], then: Then
    ) -> None:
        loop = asyncio.get_running_loop()
        self.waiting.append((loop, lambda: self.real(queue, rows, then)))

    def wait_for(self, count: int) -> None:
        wait_until(lambda: len(self.waiting) >= count)

    def release(self) -> None:
        """Commit what waits."""
        taken, self.waiting = self.waiting, []
        for loop, commit in taken:
            loop.call_soon_threadsafe(commit)


@pytest.fixture
def held(warm: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Held]:
    held = Held()
    monkeypatch.setattr(
        WaitingRows,
        "append_then",
        lambda queue, rows, then: held.append_then(queue, rows, then),
    )
    yield held
    held.release()


def test_what_comes_during_a_commit_is_answered_behind_it(
    warm: Gateway, taken: Taken, held: Held
) -> None:
    with Wire(warm.ports["main"]) as wire:
        wire.send(native(title="first"))
        held.wait_for(1)
        assert taken == {True: 1}
        wire.send(request("GET", "/healthz") + native(title="third"))
        held.release()
        first = wire.read()
        health = wire.read()
        held.wait_for(1)
        held.release()
        third = wire.read()
        assert health.status == 200
        assert health.json["data"] == {"status": "ok"}
        ids = [reply.json["data"]["message_id"] for reply in (first, third)]
        assert sorted(ids) == ids
    assert taken[True] == 1


def test_a_client_that_goes_away_during_its_commit_leaves_its_message(
    warm: Gateway, taken: Taken, held: Held
) -> None:
    before = warm.count()
    with Wire(warm.ports["main"]) as wire:
        wire.send(native())
        held.wait_for(1)
    # The server has seen it go before the commit comes.
    assert warm.native("GET", "/healthz").status == 200
    held.release()
    wait_until(lambda: warm.count() == before + 1)
    assert taken[True] == 1


def test_a_client_that_sends_no_more_gets_its_answer(
    warm: Gateway, taken: Taken, held: Held
) -> None:
    with Wire(warm.ports["main"]) as wire:
        wire.send(native())
        held.wait_for(1)
        wire.end_sending()
        assert warm.native("GET", "/healthz").status == 200
        held.release()
        assert wire.read().status == 200
        assert wire.is_closed()
    assert taken[True] == 1


def test_a_connection_goes_from_one_way_to_the_other_and_back(
    warm: Gateway, taken: Taken
) -> None:
    with Wire(warm.ports["main"]) as wire:
        for number in range(3):
            assert wire.ask(native(title=f"{number}"), "POST").status == 200
            assert wire.ask(request("GET", "/healthz")).status == 200
    assert taken[True] >= 1


def test_a_server_that_stops_answers_what_it_has_taken(
    tmp_path: Path, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()
    with running(tmp_path) as gateway:
        assert gateway.native("POST", "/message", [JSON], native_body()).status == 200
        wire = Wire(gateway.ports["main"])
        monkeypatch.setattr(
            WaitingRows,
            "append_then",
            lambda queue, rows, then: held.append_then(queue, rows, then),
        )
        wire.send(native())
        held.wait_for(1)
        stopping = threading.Event()
        shutdown = TurnHandler.shutdown

        def shut_down(connection: TurnHandler, *arguments: float | None) -> object:
            stopping.set()
            return shutdown(connection, *arguments)

        monkeypatch.setattr(TurnHandler, "shutdown", shut_down)

        def release() -> None:
            stopping.wait()
            held.release()

        thread = threading.Thread(target=release)
        thread.start()
    thread.join()
    with wire:
        assert wire.read().status == 200
        assert wire.is_closed()
    assert taken[True] == 1


@pytest.mark.parametrize("call", [None, *CALLS], ids=str)
def test_channels_that_change_under_the_commit_are_asked_again(
    warm: Gateway, taken: Taken, call: Call | None
) -> None:
    warm.alias(Source.BARK, f"changes-the-generation-{call}")
    if call is None:
        reply = warm.native("POST", "/message", [JSON], native_body())
    else:
        reply = call.send(warm, Mount.PREFIX, KEY)
    assert reply.status == 200
    assert taken == {True: 1}


def test_a_key_that_is_revoked_before_the_commit_is_refused(
    warm: Gateway, taken: Taken
) -> None:
    for dialect in (Source.NTFY, Source.BARK):
        key = "a-key-with-not-long-to-live"
        alias_id = warm.alias(dialect, key)
        path = f"/{key}" if dialect is Source.NTFY else f"/{key}/x"
        good = warm.call(dialect, Mount.PREFIX, "POST", path, [], b"")
        assert good.status == 200
        warm.administer(methodcaller("remove_alias", alias_id))
        taken.clear()
        unknown = warm.call(
            dialect, Mount.PREFIX, "POST", path.replace(key, "never-a-key"), [], b""
        )
        assert taken == {False: 1}
        taken.clear()
        late = warm.call(dialect, Mount.PREFIX, "POST", path, [], b"")
        assert late.status == unknown.status != 200
        assert late.body.replace(key.encode(), b"") == unknown.body.replace(
            b"never-a-key", b""
        )
        again = warm.call(dialect, Mount.PREFIX, "POST", path, [], b"")
        assert again.status == late.status


@pytest.mark.parametrize("call", [None, *CALLS], ids=str)
def test_what_is_not_written_is_refused_as_always_and_not_tried_again(
    warm: Gateway, taken: Taken, call: Call | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def fail(queue: WaitingRows, rows: Sequence[NewMessage], then: Then) -> None:
        tried.append(len(rows))
        then(queue.unwritten(len(rows)))

    monkeypatch.setattr(WaitingRows, "append_then", fail)
    if call is None:
        reply = warm.native("POST", "/message", [JSON], native_body())
        assert reply.status == 503
        assert reply.json["data"]["accepted"] is False
        assert reply.json["data"]["message_id"]
    else:
        reply = call.send(warm, Mount.PREFIX, KEY)
        assert reply.status >= 500
        assert not reply.message_ids
    assert taken == {True: 1}
    assert tried == [1]


def test_every_call_has_its_line_where_all_have(tmp_path: Path, taken: Taken) -> None:
    with running(tmp_path, access_log=AccessLog.ALL) as gateway:
        for _ in range(2):
            with log_of(gateway.thread) as lines:
                gateway.native("POST", "/message", [JSON], native_body())
                CALLS[0].send(gateway, Mount.PREFIX, KEY)
            shown = [
                (line["door"], line["route"], line["status"], line["address"])
                for line in lines
                if line["event"] == "request"
            ]
            assert shown == [
                (Source.NATIVE, "POST /message", 200, "127.0.0.1"),
                (Source.NTFY, "POST /{topic}", 200, "127.0.0.1"),
            ]
    assert taken[True] == 2


# ------------------------------------------------------------------------- its limits


def test_a_limit_counts_one_request_of_both_or_of_neither() -> None:
    limiter = RateLimiter(1.0, clock_s=lambda: 0.0)
    assert limiter.admits("192.0.2.1", "a key")
    assert not limiter.admits("192.0.2.1", "another key")
    assert limiter.admits("192.0.2.2", "another key")  # which was not counted before
    with pytest.raises(RateLimited):
        limiter.check_address("192.0.2.1")
    with pytest.raises(RateLimited):
        limiter.check_key("a key")
    assert RateLimiter().admits("192.0.2.1", "a key")


def test_more_than_the_limit_is_left_to_be_refused(
    tmp_path: Path, taken: Taken
) -> None:
    with running(tmp_path, rate_limit=0.01) as gateway:
        statuses = [
            gateway.native("POST", "/message", [JSON], native_body()).status
            for _ in range(2)
        ]
    assert statuses == [200, 429]
    assert taken == {False: 2}


def test_the_gateway_token_is_left_to_the_ordinary_way(
    tmp_path: Path, taken: Taken
) -> None:
    with running(tmp_path, token="a gateway token", token_on_dialects=True) as gateway:
        for _ in range(2):
            bare = gateway.native("POST", "/message", [JSON], native_body())
            assert bare.status == 401
            line = ("Authorization", b"Bearer a gateway token")
            shown = gateway.native("POST", "/message", [JSON, line], native_body())
            assert shown.status == 200
            path = f"/{KEY}?token=a%20gateway%20token"
            assert gateway.call(Source.NTFY, Mount.PREFIX, "POST", path).status == 200
            assert CALLS[0].send(gateway, Mount.PREFIX, KEY).status != 200
    assert taken[True] == 0


def test_a_peer_that_reads_nothing_is_left_until_it_reads(
    warm: Gateway, taken: Taken, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive = TurnHandler._receive

    def paused(connection: TurnHandler, data: bytes, *, is_plain: bool) -> None:
        connection._paused = True
        try:
            receive(connection, data, is_plain=is_plain)
        finally:
            connection._paused = False

    monkeypatch.setattr(TurnHandler, "_receive", paused)
    assert warm.native("POST", "/message", [JSON], native_body()).status == 200
    assert taken == {}
