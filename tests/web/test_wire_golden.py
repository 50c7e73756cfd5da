"""Every golden case over the wire, byte for byte, at all three mounts."""

from __future__ import annotations

import re
from typing import Any

import orjson
import pytest

from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.gateway import CHANNEL_NAME, Gateway, Mount
from tests.golden import Case, check_native, check_reply, load_cases
from tests.wire import Reply, request

CASES = [case for dialect in SOURCES for case in load_cases(dialect)]
_FRESH = frozenset({"id", "pushid", "readkey"})
"""What every call gets anew."""
_FILE_ADDRESS = re.compile(r"http://[^/]+(?:/ntfy)?/file/[0-9A-Za-z]+")
"""Has a new id each time, and the mount in it."""


def send(gateway: Gateway, case: Case, mount: Mount) -> Reply:
    """The case as its client would put it on the wire."""
    method, body = case.request["method"], case.body()
    port, prefix, host = gateway.place(Source(case.dialect), mount)
    sent_host = dict(case.request.get("headers", [])).get("Host", "{host}")
    host = case.filled(sent_host).replace("{host}", host)
    if mount is Mount.HOST:  # whose domain is ours
        host = re.sub(r"[^.]+\.com(?=:|$)", "sc.test", host)
    target = (prefix + case.filled(case.request["path"])).encode()
    raw = request(method, target, case.header_lines(), body, host=host)
    return gateway.ask(port, raw, method)


def native_of(gateway: Gateway, message_id: str) -> tuple[dict[str, Any], Any]:
    """Message and receipt as the pure run has them: without what the core adds."""
    stored = gateway.stored(message_id)
    message = stored["message"]
    for added in ("channel_id", "message_id", "accepted_at", "source"):
        del message[added]
    if message["op_id"] == f"op-{message_id}":
        del message["op_id"]
    if message["title"] == CHANNEL_NAME:
        del message["title"]
    return message, stored["receipt"]


def lasting(value: Any) -> Any:
    """A reply without what every call gets anew."""
    if isinstance(value, dict):
        return {
            name: type(inner).__name__ if name in _FRESH else lasting(inner)
            for name, inner in value.items()
        }
    if isinstance(value, str):
        return _FILE_ADDRESS.sub("a file", value)
    return [lasting(inner) for inner in value] if isinstance(value, list) else value


def comparable(reply: Reply) -> tuple[int, str | None, Any]:
    content_type = reply.headers.get("Content-Type")
    if content_type == "application/json" and reply.body:
        return reply.status, content_type, lasting(orjson.loads(reply.body))
    return reply.status, content_type, reply.body


def check_case(gateway: Gateway, case: Case) -> None:
    """Send a case at all mounts, and compare replies and what is stored."""
    replies = []
    for mount in Mount:
        reply = send(gateway, case, mount)
        check_reply(case, reply.status, reply.headers.get("Content-Type"), reply.body)
        assert reply.headers["X-Request-Id"]
        replies.append(comparable(reply))
        if not reply.message_ids:
            check_native(case, None)
        for message_id in reply.message_ids:
            message, receipt = native_of(gateway, message_id)
            if case.dialect == "ntfy":
                short_id = message["metadata"].pop("compat.ntfy.id")
                assert short_id == orjson.loads(reply.body)["id"]
            check_native(case, message)
            verdicts = [[note["field"], note["verdict"]] for note in receipt["notes"]]
            for wanted in case.expect.get("notes", []):
                assert wanted in verdicts, (case.id, mount, verdicts)
    assert replies[0] == replies[1] == replies[2]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case_is_answered_and_stored_alike_at_every_mount(
    gateway: Gateway, case: Case
) -> None:
    check_case(gateway, case)
