"""The operator's page of shadows: starting one, reading its figures, the cut-over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.old_server import OldServer, Says
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, signed_in, text

TOPIC = "backups-of-the-house"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def send(gateway: Gateway) -> None:
    agent = ("User-Agent", b"<b>odd</b>/1")
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{TOPIC}", [agent], b"hello")


def start(operator: Browser, alias_id: str, url: str) -> str:
    """Start a shadow on the page; where it leads."""
    fields = {"alias": alias_id, "old-url": url}
    reply = operator.post("/admin/shadow", **fields)
    assert reply.status == 303, text(reply)
    return reply.headers["Location"]


def test_a_stranger_sees_nothing(gateway: Gateway) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC, note="Uptime Kuma")
    for path in ("/admin/shadow", f"/admin/shadow/{alias_id}"):
        reply = Browser(gateway).get(path)
        assert "Uptime Kuma" not in text(reply)


def test_a_move_on_the_page(
    gateway: Gateway, old: OldServer, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC, note="Uptime Kuma")
    old.always({"id": "not twelve", "secret_key": "swordfish", "topic": TOPIC})
    shown = text(operator.get("/admin/shadow"))
    assert "Compare with the old server" in shown
    location = start(operator, alias_id, old.url)
    assert location.endswith(f"admin/shadow/{alias_id}")

    send(gateway)
    shown = text(operator.get(f"/admin/shadow/{alias_id}"))
    assert "Too few to say: 1 of 100." in shown
    assert "the client reads it" in shown
    assert "&lt;b&gt;odd" in shown
    assert "<b>odd" not in shown
    assert TOPIC not in shown
    assert "swordfish" not in shown
    assert "1 call, 1 differs" in text(operator.get("/admin/shadow"))

    asked = text(operator.get(f"/admin/shadow/{alias_id}/cut-over"))
    assert "Switch Uptime Kuma now?" in asked
    assert "These points are not true yet" in asked
    assert operator.post(f"/admin/shadow/{alias_id}/cut-over").status == 303
    calls = len(old.got)
    send(gateway)
    assert len(old.got) == calls
    assert "Switched." in text(operator.get(f"/admin/shadow/{alias_id}"))

    assert "Stop comparing" in text(operator.get(f"/admin/shadow/{alias_id}/stop"))
    assert operator.post(f"/admin/shadow/{alias_id}/stop").status == 303
    assert operator.get(f"/admin/shadow/{alias_id}").status == 404


def test_an_old_server_that_is_silent_is_told_with_its_last_answer(
    gateway: Gateway, old: OldServer, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    page = f"/admin/shadow/{alias_id}"
    start(operator, alias_id, old.url)
    too_much = Says(body=b"x" * (1024 * 1024 + 1))
    old.says = lambda got: too_much
    send(gateway)
    assert "The old server has not answered yet" in text(operator.get(page))
    old.always({"id": "x"})
    answered_ms = gateway.clock.now_ms
    send(gateway)
    assert "has not answered" not in text(operator.get(page))
    gateway.clock.now_ms += 60_000
    old.says = lambda got: too_much
    send(gateway)
    told = re.search(
        r"The old server has not answered since .*?; its clients got our answers\.",
        text(operator.get(page)),
    )
    assert told is not None
    at = datetime.fromtimestamp(answered_ms // 1000, UTC)
    assert at.strftime("%Y-%m-%dT%H:%M") in told[0]
    assert operator.post(f"{page}/cut-over").status == 303
    assert "has not answered" not in text(operator.get(page))


def test_what_is_refused_keeps_what_was_typed(
    gateway: Gateway, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, TOPIC)
    fields = {"alias": alias_id, "old-url": "ftp://old.example", "connect": "a:1"}
    reply = operator.post("/admin/shadow", **fields)
    assert reply.status == 422
    assert "--old-url is http://" in text(reply)
    assert 'value="a:1"' in text(reply)


def test_without_an_old_key_the_page_says_to_bind_one(
    gateway: Gateway, operator: Browser
) -> None:
    assert "bind one first" in text(operator.get("/admin/shadow"))
    chinese = signed_in(gateway, ("Accept-Language", "zh"))
    assert "先绑定一个" in text(chinese.get("/admin/shadow"))
