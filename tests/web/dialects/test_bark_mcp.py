"""``/mcp`` and ``/mcp/KEY``, in plain frames (docs/dialects/bark.md 7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY, UNKNOWN_KEY
from tests.web.dialect_calls import JSON
from tests.web.native.test_receipts import DRY_RUN, assert_masked, basic
from tests.wire import HeaderLines, Reply

SESSION = ("Mcp-Session-Id", b"mcp-session-11111111-2222-3333-4444-555555555555")
HELLO = {
    "protocolVersion": "2025-06-18",
    "capabilities": {},
    "clientInfo": {"name": "test", "version": "1"},
}
SENT = {"content": [{"type": "text", "text": "Notification sent successfully"}]}
at_each_path = pytest.mark.parametrize(
    ("path", "arguments"),
    [(f"/mcp/{KEY}", {"body": "b"}), ("/mcp", {"body": "b", "device_key": KEY})],
    ids=["path", "argument"],
)


def ask(
    gateway: Gateway,
    path: str,
    method: str,
    params: object = None,
    *headers: tuple[str, bytes],
    request_id: object = 7,
) -> Reply:
    frame = {"jsonrpc": "2.0", "method": method, "id": request_id, "params": params}
    lines: HeaderLines = [JSON, SESSION, *headers]
    return gateway.call(
        Source.BARK, Mount.PREFIX, "POST", path, lines, json.dumps(frame).encode()
    )


def call(
    gateway: Gateway, path: str, arguments: object, *headers: tuple[str, bytes]
) -> Reply:
    params = {"name": "notify", "arguments": arguments}
    return ask(gateway, path, "tools/call", params, *headers)


def failure(text: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": text}], "isError": True}


def test_a_session_opens_lists_the_tool_pushes_and_ends(gateway: Gateway) -> None:
    path = f"/mcp/{KEY}"
    hello = json.dumps(
        {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}
    ).encode()
    call_ = (Source.BARK, Mount.PORT)
    opened = gateway.call(*call_, "POST", path, [JSON], hello)
    session = ("Mcp-Session-Id", opened.headers["Mcp-Session-Id"].encode())
    assert session[1].startswith(b"mcp-session-")
    ready = b'{"jsonrpc":"2.0","method":"notifications/initialized"}'
    answered = gateway.call(*call_, "POST", path, [JSON, session], ready)
    assert (answered.status, answered.body) == (202, b"")
    (tool,) = ask(gateway, path, "tools/list", None, session).json["result"]["tools"]
    assert "device_key" not in tool["inputSchema"]["properties"]
    sent = call(gateway, path, {"body": "b"}, session)
    assert sent.json == {"jsonrpc": "2.0", "id": 7, "result": SENT}
    assert gateway.only_message(sent)["body"] == "b"
    ended = gateway.call(*call_, "DELETE", path, [session])
    assert (ended.status, ended.body) == (200, b"")


def test_two_clients_get_two_sessions(gateway: Gateway) -> None:
    replies = [
        ask(gateway, "/mcp", "initialize", {**HELLO, "clientInfo": {"name": name}})
        for name in "ab"
    ]
    first, second = (reply.headers["Mcp-Session-Id"] for reply in replies)
    assert first != second


@at_each_path
def test_a_push_leaves_a_receipt_without_its_key(
    gateway: Gateway, path: str, arguments: dict[str, str]
) -> None:
    sent = call(gateway, path, {**arguments, "sound": "bell"})
    (message_id,) = sent.message_ids
    receipt = gateway.stored(message_id)["receipt"]
    assert receipt["reply"] == {"status": 200, "body": sent.json}
    assert receipt["route"].startswith("POST /mcp")
    notes = {note["field"]: note for note in receipt["notes"]}
    assert (notes["body"]["place"], notes["body"]["value"]) == ("JSON", "b")
    assert notes["sound"]["verdict"] == "lost"
    assert_masked(receipt)


@at_each_path
def test_a_dry_run_tells_the_receipt_and_sends_nothing(
    gateway: Gateway, path: str, arguments: dict[str, str]
) -> None:
    before = gateway.count()
    dry = call(gateway, path, arguments, DRY_RUN).json
    assert (dry["dry_run"], dry["outcome"]) == (True, "accepted")
    assert dry["reply"]["body"]["result"] == SENT
    assert gateway.count() == before
    assert_masked(dry)


def test_a_key_that_opens_nothing_is_a_failed_push(gateway: Gateway) -> None:
    reply = call(gateway, f"/mcp/{UNKNOWN_KEY}", {"body": "b", "device_key": KEY})
    assert reply.status == 200
    assert reply.json["result"] == failure(
        "Failed to send notification: failed to get device token: failed to get"
        f" [{UNKNOWN_KEY}] device token from database (code 400)"
    )
    assert not reply.message_ids


def test_a_ciphertext_that_does_not_fit_is_a_failed_push(gateway: Gateway) -> None:
    reply = call(gateway, f"/mcp/{KEY}", {"ciphertext": "A" * 40_000})
    assert reply.json["result"] == failure(
        "Failed to send notification: push failed: PayloadTooLarge (code 500)"
    )


def test_a_long_id_is_answered_whole_and_not_kept(gateway: Gateway) -> None:
    long_id = "x" * 5000
    params = {"name": "notify", "arguments": {"body": "b"}}
    reply = ask(gateway, f"/mcp/{KEY}", "tools/call", params, request_id=long_id)
    assert reply.json["id"] == long_id
    (message_id,) = reply.message_ids
    assert gateway.stored(message_id)["receipt"]["reply"]["body"]["id"] is None


def test_a_large_body_of_a_stranger_is_not_read(gateway: Gateway) -> None:
    arguments = {"body": "b" * 70_000}
    assert call(gateway, f"/mcp/{UNKNOWN_KEY}", arguments).status == 413
    assert call(gateway, f"/mcp/{KEY}", arguments).json["result"] == SENT
    by_argument = call(gateway, "/mcp", {**arguments, "device_key": KEY})
    assert by_argument.json["result"] == SENT


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A server whose Bark dialect wants a login."""
    folder = tmp_path_factory.mktemp("closed")
    with running(folder, bark_user="u", bark_password="p") as gateway:
        yield gateway


def test_a_login_is_asked_for_like_that_of_a_push(closed: Gateway) -> None:
    path = f"/mcp/{KEY}"
    assert call(closed, path, {"body": "b"}).status == 418
    login = ("Authorization", basic("u", "p"))
    assert call(closed, path, {"body": "b"}, login).json["result"] == SENT
