"""Faults of ours, and limits of ours, in every dialect's words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from pushgo_compat.core.stores.messages import NewMessage, Then, Unwritten
from pushgo_compat.model import Source
from pushgo_compat.storage.waiting_rows import WaitingRows
from tests.dialects import GOTIFY, SOURCES
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY
from tests.web.dialect_calls import CALLS, JSON, Call, every_call, every_mount
from tests.wire import Reply

BUSY: dict[Source, tuple[set[int], Callable[[Reply], bool]]] = {
    Source.NTFY: ({500, 503}, lambda reply: reply.json["http"] == reply.status),
    Source.BARK: ({500}, lambda reply: reply.json["message"].startswith("push failed")),
    Source.SERVERCHAN: ({500, 503}, lambda reply: reply.json["code"] != 0),
    GOTIFY: ({503}, lambda reply: reply.json["errorCode"] == reply.status),
}


@every_call
@every_mount
def test_a_store_that_fails_is_a_refusal_that_invites_to_try_again(
    gateway: Gateway, call: Call, mount: Mount, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(queue: WaitingRows, rows: Sequence[NewMessage], then: Then) -> None:
        then([Unwritten("0" * 32) for _ in rows])

    call.send(gateway, mount, KEY)  # the key is known: only the commit can fail
    monkeypatch.setattr(WaitingRows, "append_then", fail)
    reply = call.send(gateway, mount, KEY)
    statuses, is_worded = BUSY[call.dialect]
    assert reply.status in statuses, reply.body
    assert is_worded(reply)
    assert not reply.message_ids


@every_call
def test_a_fault_in_the_core_says_nothing_about_itself(
    gateway: Gateway, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*arguments: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr(WaitingRows, "append_then", break_down)
    reply = call.send(gateway, Mount.PREFIX, KEY)
    assert reply.status >= 400 or reply.json["code"] != 0
    assert b"secret detail" not in reply.body
    assert b"Traceback" not in reply.body


# ------------------------------------------------------------------------ rate limit


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    with running(tmp_path_factory.mktemp("limited"), rate_limit=0.01) as gateway:
        yield gateway


def test_more_than_the_rate_limit_is_refused_in_the_dialects_words(
    limited: Gateway,
) -> None:
    wanted = {**dict.fromkeys(SOURCES, 429), Source.BARK: 500}
    limited.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}")
    for call in CALLS:
        reply = call.send(limited, Mount.PREFIX, KEY)
        assert reply.status == wanted[call.dialect], (str(call), reply.body)
        match call.dialect:
            case Source.NTFY:
                assert reply.json["code"] == 42901
            case Source.BARK:
                assert reply.json["message"] == "push failed: TooManyRequests"
            case Source.SERVERCHAN:
                assert isinstance(reply.json["code"], int)
            case _:
                assert reply.json["errorCode"] == 429
    native = limited.native("POST", "/message", [JSON], b"{}")
    assert native.status == 429
    assert int(native.headers["Retry-After"]) >= 1
