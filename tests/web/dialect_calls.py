"""A publish in each way of each dialect, for suites that go over all of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from pushgo_compat.model import Source
from tests.dialects import GOTIFY
from tests.gateway import Gateway, Mount
from tests.wire import HeaderLines, Reply

TEXT = "Platte 2 ist voll"
JSON = ("Content-Type", b"application/json")
FORM = ("Content-Type", b"application/x-www-form-urlencoded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A publish of ``TEXT`` with some key, in one of a dialect's ways."""

    dialect: Source
    name: str
    method: str
    path: Callable[[str], str]
    headers: HeaderLines = ()
    body: Callable[[str], bytes] = lambda key: b""
    key_header: str | None = None
    """The header that holds the key."""

    def lines(self, key: str) -> list[tuple[str, bytes]]:
        """The header lines, the key among them where it stands there."""
        own = [(self.key_header, key.encode())] if self.key_header else []
        return [*self.headers, *own]

    def send(
        self, gateway: Gateway, mount: Mount, key: str, *extra: tuple[str, bytes]
    ) -> Reply:
        return gateway.call(
            self.dialect,
            mount,
            self.method,
            self.path(key),
            [*self.lines(key), *extra],
            self.body(key),
        )

    def __str__(self) -> str:
        return f"{self.dialect}-{self.name}"


CALLS = [
    Call(
        dialect=Source.NTFY,
        name="post",
        method="POST",
        path=lambda key: f"/{key}",
        body=lambda key: TEXT.encode(),
    ),
    Call(
        dialect=Source.NTFY,
        name="json",
        method="PUT",
        path=lambda key: "/",
        body=lambda key: json.dumps({"topic": key, "message": TEXT}).encode(),
    ),
    Call(
        dialect=Source.NTFY,
        name="get",
        method="GET",
        path=lambda key: f"/{key}/send?message=Platte+2+ist+voll",
    ),
    Call(
        dialect=Source.BARK,
        name="path",
        method="GET",
        path=lambda key: f"/{key}/Platte%202+ist+voll",
    ),
    Call(
        dialect=Source.BARK,
        name="json",
        method="POST",
        path=lambda key: "/push",
        headers=[JSON],
        body=lambda key: json.dumps({"device_key": key, "body": TEXT}).encode(),
    ),
    Call(
        dialect=Source.BARK,
        name="form",
        method="POST",
        path=lambda key: "/push",
        headers=[FORM],
        body=lambda key: f"device_key={key}&body=Platte+2+ist+voll".encode(),
    ),
    Call(
        dialect=Source.SERVERCHAN,
        name="turbo",
        method="POST",
        path=lambda key: f"/{key}.send",
        headers=[FORM],
        body=lambda key: b"title=t&desp=Platte+2+ist+voll",
    ),
    Call(
        dialect=Source.SERVERCHAN,
        name="sc3",
        method="GET",
        path=lambda key: f"/send/{key}.send?title=t&desp=Platte+2+ist+voll",
    ),
    # Not ?token=, which may be asked for the gateway's own token.
    Call(
        dialect=GOTIFY,
        name="form",
        method="POST",
        path=lambda key: "/message",
        key_header="X-Gotify-Key",
        headers=[FORM],
        body=lambda key: b"title=t&message=Platte+2+ist+voll",
    ),
    Call(
        dialect=GOTIFY,
        name="json",
        method="POST",
        path=lambda key: "/message",
        key_header="X-Gotify-Key",
        headers=[JSON],
        body=lambda key: json.dumps({"message": TEXT}).encode(),
    ),
]
ONE_EACH = list({call.dialect: call for call in reversed(CALLS)}.values())[::-1]

every_call = pytest.mark.parametrize("call", CALLS, ids=str)
every_dialect = pytest.mark.parametrize("call", ONE_EACH, ids=str)
every_mount = pytest.mark.parametrize("mount", Mount)


def assert_sent(gateway: Gateway, reply: Reply) -> None:
    assert reply.status == 200, reply.body
    assert gateway.only_message(reply)["body"] == TEXT


def assert_unknown_key(call: Call, reply: Reply, key: str) -> None:
    """The one refusal of every key that opens nothing, in the old server's words."""
    assert not reply.message_ids
    match call.dialect:
        case Source.NTFY:
            assert (reply.status, reply.json["code"]) == (403, 40301)
        case Source.BARK:
            assert reply.status == 400
            assert reply.json["message"] == (
                "failed to get device token: "
                f"failed to get [{key}] device token from database"
            )
        case "gotify":
            assert (reply.status, reply.json["errorCode"]) == (401, 401)
        case _ if call.name == "sc3":
            wanted = {"error": "sendkey not found", "code": 10003}
            assert reply.status == 200
            assert reply.json.items() >= wanted.items()
        case _:
            assert (reply.status, reply.json["code"]) == (400, 40001)
            assert reply.json["info"] == "错误的Key"
