"""The shape of every answer that a dialect can give, refusals above all."""

from __future__ import annotations

from typing import Any

import orjson

from pushgo_compat.model import Source
from tests.dialects import GOTIFY
from tests.wire import Reply

_RECEIPT = frozenset({"dialect", "route", "outcome", "request", "messages", "notes"})


def assert_shaped(dialect: Source, method: str, reply: Reply) -> None:
    """The answer is one that the dialect's own server could give."""
    assert "X-Request-Id" in reply.headers, reply
    content_type = reply.headers.get("Content-Type", "")
    if reply.goes_on:  # a stream, of which the beginning was read
        assert reply.status in {101, 200}, reply
        return
    if method == "HEAD" or not reply.body:
        assert reply.status < 500
        return
    if not content_type.startswith("application/json"):
        assert content_type.startswith(("text/", "application/json"))
        assert reply.status in {200, 418}, reply
        return
    body = orjson.loads(reply.body)
    assert isinstance(body, dict)
    if body.get("dry_run") is True:
        assert set(body) >= _RECEIPT
        assert reply.status == 200
        return
    _SHAPES[dialect](reply, body)


def _ntfy(reply: Reply, body: dict[str, Any]) -> None:
    if reply.status == 200:
        assert "code" not in body
        return
    assert set(body) <= {"code", "http", "error", "link"}
    assert body["http"] == reply.status < 500
    assert body["code"] // 100 == reply.status
    assert body["error"]


def _bark(reply: Reply, body: dict[str, Any]) -> None:
    if "version" in body:  # /info has no envelope
        return
    assert set(body) - {"data"} == {"code", "message", "timestamp"}
    assert body["code"] == reply.status
    assert reply.status < 500 or body["message"].startswith(
        ("push failed: ", "device registration failed: ")
    )


def _serverchan(reply: Reply, body: dict[str, Any]) -> None:
    assert reply.status in {200, 400, 404, 405, 413}
    assert type(body.get("code", body.get("errno"))) is int


def _gotify(reply: Reply, body: dict[str, Any]) -> None:
    if reply.status != 200:
        assert set(body) == {"error", "errorCode", "errorDescription"}
        assert body["errorCode"] == reply.status < 500


def _native(reply: Reply, body: dict[str, Any]) -> None:
    assert set(body) == {"success", "data", "error", "error_code"}
    assert body["success"] is (reply.status == 200)
    assert reply.status < 500


_SHAPES = {
    Source.NTFY: _ntfy,
    Source.BARK: _bark,
    Source.SERVERCHAN: _serverchan,
    GOTIFY: _gotify,
    Source.NATIVE: _native,
}
