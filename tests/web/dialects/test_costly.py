"""Requests that cost far more to read than to send: how much is read, and where."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from functools import partial
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest

import adapters.bark.reading.json_body
import adapters.ntfy
from adapters.golang.template.interpreter import execute
from adapters.shared.parsing import unescape
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from pushgo_compat.web.legacy.off_loop import MOST_OF_AN_ADDRESS, OffLoop
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.wire import Reply, Wire, request

JSON = ("Content-Type", b"application/json")
GZIP = ("Content-Encoding", b"gzip")
LARGE = 300_000
SPARING_BYTES = 65_536


class Read:
    """How many bytes were parsed, and in which threads."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sizes: list[int] = []
        self.threads: set[str] = set()
        decode = adapters.bark.reading.json_body.decode_object

        def recording(body: bytes) -> dict[str, object] | None:
            self.sizes.append(len(body))
            self.threads.add(threading.current_thread().name.partition("_")[0])
            return decode(body)

        monkeypatch.setattr(adapters.bark.reading.json_body, "decode_object", recording)


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Read:
    return Read(monkeypatch)


def push(
    gateway: Gateway, path: str, body: dict[str, Any] | bytes, *, packed: bool
) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = (JSON, GZIP) if packed else (JSON,)
    raw = gzip.compress(raw) if packed else raw
    return gateway.call(Source.BARK, Mount.PREFIX, "POST", path, lines, raw)


packed_or_not = pytest.mark.parametrize("packed", [True, False])


@packed_or_not
def test_no_large_body_of_a_stranger_is_parsed(
    gateway: Gateway, read: Read, packed: bool
) -> None:
    reply = push(gateway, "/nobody", {"body": "x" * LARGE}, packed=packed)
    assert (reply.status, read.sizes) == (400, [])
    assert "failed to get [nobody] device token" in reply.json["message"]


@packed_or_not
def test_a_large_body_without_any_key_is_told_so_unread(
    gateway: Gateway, read: Read, packed: bool
) -> None:
    reply = push(gateway, "/push", {"body": "x" * LARGE}, packed=packed)
    assert (reply.status, read.sizes) == (400, [])
    assert reply.json["message"] == "device key is empty"


def test_a_small_packed_body_of_a_stranger_is_read_before_the_key(
    gateway: Gateway, read: Read
) -> None:
    reply = push(gateway, "/nobody", b'{"body":', packed=True)
    assert reply.status == 400
    assert reply.json["message"].startswith("request bind failed")
    assert read.threads == {"off-loop"}


@packed_or_not
def test_whoever_knows_a_key_has_the_whole_body_read_off_the_loop(
    gateway: Gateway, read: Read, packed: bool
) -> None:
    body = {"title": "large", "body": "x" * LARGE}
    assert push(gateway, f"/{KEY}", body, packed=packed).status == 200
    assert min(read.sizes, default=0) > LARGE
    assert read.threads == {"off-loop"}


@pytest.mark.parametrize("keys", [[KEY], ["nobody", KEY], f"nobody,{KEY}"])
@pytest.mark.parametrize("path", ["/push", "/nobody"])
@packed_or_not
def test_receivers_in_a_large_body_beat_the_path(
    gateway: Gateway, path: str, keys: object, packed: bool
) -> None:
    body = {"device_keys": keys, "body": "x" * LARGE}
    reply = push(gateway, path, body, packed=packed)
    assert reply.status == 200
    results = {item["device_key"]: item["code"] for item in reply.json["data"]}
    assert results[KEY] == 200


def test_a_key_behind_a_large_text_is_found_where_nothing_is_packed(
    gateway: Gateway,
) -> None:
    body = {"body": "x" * LARGE, "device_key": KEY}
    assert push(gateway, "/push", body, packed=False).status == 200


def test_a_form_of_a_stranger_is_not_read_either(gateway: Gateway) -> None:
    line = ("Content-Type", b"application/x-www-form-urlencoded")
    raw = b"body=" + b"%41" * LARGE
    for path, status in (("/nobody", 400), (f"/{KEY}", 200)):
        reply = gateway.call(Source.BARK, Mount.PREFIX, "POST", path, (line,), raw)
        assert reply.status == status


def test_more_values_than_any_push_has_are_too_many(gateway: Gateway) -> None:
    raw = b'{"x":[' + b"0," * 100_000 + b"0]}"
    assert push(gateway, f"/{KEY}", raw, packed=True).status == 413
    text = {"body": "[,{" * 100_000}
    assert push(gateway, f"/{KEY}", text, packed=True).status == 200


def test_a_registration_with_a_bomb_is_too_large(gateway: Gateway, read: Read) -> None:
    reply = push(gateway, "/register", {"x": "x" * LARGE}, packed=True)
    assert (reply.status, read.sizes) == (413, [])


def test_small_requests_are_read_on_the_loop(gateway: Gateway, read: Read) -> None:
    assert push(gateway, f"/{KEY}", {"body": "b"}, packed=False).status == 200
    assert "off-loop" not in read.threads


def test_templates_are_rendered_off_the_loop(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads = set()

    def recording(*arguments: Any) -> str:
        threads.add(threading.current_thread().name.partition("_")[0])
        return execute(*arguments)

    monkeypatch.setattr("adapters.ntfy.templates.execute", recording)
    path = f"/{KEY}?tpl=1&m=%7B%7B.a%7D%7D"
    reply = gateway.call(Source.NTFY, Mount.PREFIX, "POST", path, (), b'{"a":"b"}')
    assert (reply.json["message"], threads) == ("b", {"off-loop"})


# ------------------------------------------------------------------- taking turns


async def test_one_address_has_one_piece_of_work_under_way() -> None:

    off_loop = OffLoop()
    go_on = threading.Event()
    done: list[str] = []

    def work(name: str, waits: bool) -> None:
        if waits:
            go_on.wait(10)
        done.append(name)

    tasks = [
        asyncio.create_task(off_loop.run(address, partial(work, name, waits)))
        for address, name, waits in (
            ("2001:db8::1", "first", True),
            ("2001:db8::2", "second of the same /64", False),
            ("192.0.2.1", "another", False),
        )
    ]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*tasks)
    assert done == ["first", "another", "second of the same /64"]
    off_loop.close()


async def test_too_much_waiting_work_of_one_address_is_refused() -> None:

    off_loop = OffLoop()
    go_on = threading.Event()
    tasks = [
        asyncio.create_task(off_loop.run("192.0.2.1", lambda: go_on.wait(10)))
        for _ in range(MOST_OF_AN_ADDRESS)
    ]
    await asyncio.sleep(0)
    with pytest.raises(ServerBusy):
        await off_loop.run("192.0.2.1", lambda: None)
    go_on.set()
    assert await asyncio.gather(*tasks)
    assert await off_loop.run("192.0.2.1", lambda: 7) == 7
    off_loop.close()


# ------------------------------------------------------------------- in pieces


@pytest.mark.parametrize("shift", range(4))
def test_a_long_escaped_text_is_undone_piece_by_piece(shift: int) -> None:
    raw = b"x" * shift + b"%41" * 50_000 + b"%4" + b"%zz" * 30_000 + b"%"
    assert unescape(raw) == unquote_to_bytes(raw)


def test_what_a_long_head_says_is_read_off_the_loop_and_the_next_one_on_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also on one connection, as a proxy has for all that it serves."""
    threads: list[str] = []
    read_open = adapters.ntfy._open

    def recording(*arguments: Any) -> Any:
        threads.append(threading.current_thread().name)
        return read_open(*arguments)

    monkeypatch.setattr(adapters.ntfy, "_open", recording)
    with Wire(gateway.ports[Source.NTFY]) as wire:
        for words in (60, 5000, 60):
            title = ("Title", b"=?utf-8?q?=41?= " * words)
            reply = wire.ask(request("POST", f"/{KEY}", [title], b"x"), "POST")
            assert reply.status == 200
        assert [name.startswith("off-loop") for name in threads] == [False, True, False]
        threads.clear()
        short, long = (
            request("POST", f"/{KEY}", [("Title", b"=?utf-8?q?=41?= " * words)], b"x")
            for words in (60, 5000)
        )
        wire.send(long + short)  # the one behind it does not take its place
        assert [wire.read("POST").status for _ in range(2)] == [200, 200]
        assert threads[0].startswith("off-loop")
