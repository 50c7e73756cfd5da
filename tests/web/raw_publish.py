"""Publishes whose request line holds the text, for tests of the bytes on the wire."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pushgo_compat.model import Source
from tests.dialects import GOTIFY, SOURCES
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.wire import Reply, request

every_mount = pytest.mark.parametrize("mount", Mount)
every_dialect = pytest.mark.parametrize("dialect", SOURCES)

Sending = Callable[[bytes], tuple[str, bytes]]
PUBLISH: dict[Source, Sending] = {
    Source.NTFY: lambda text: (
        "GET",
        b"/%b/publish?message=%b" % (KEY.encode(), text),
    ),
    Source.BARK: lambda text: ("GET", b"/%b/%b" % (KEY.encode(), text)),
    Source.SERVERCHAN: lambda text: (
        "GET",
        b"/%b.send?title=t&desp=%b" % (KEY.encode(), text),
    ),
    GOTIFY: lambda text: (
        "POST",
        b"/message?token=%b&message=%b" % (KEY.encode(), text),
    ),
}
"""Per dialect a request whose line holds the message's text."""


def raw_publish(
    gateway: Gateway, dialect: Source, mount: Mount, text: bytes
) -> tuple[int, bytes]:
    method, path = PUBLISH[dialect](text)
    port, prefix, host = gateway.place(dialect, mount)
    return port, request(method, prefix.encode() + path, host=host)


def is_success(dialect: Source, reply: Reply) -> bool:
    """Whether a client of the dialect would call this a success."""
    if reply.status != 200:
        return False
    match dialect:
        case Source.NTFY | "gotify":
            return "id" in reply.json
        case Source.BARK:
            return bool(reply.json["code"] == 200)
        case _:
            return bool(reply.json["code"] == 0)
