"""Whatever the old server does, each call of a client is one message of ours."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http.client import HTTPConnection, RemoteDisconnected
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.shadows import ShadowRequest
from pushgo_compat.model import Source
from pushgo_compat.outgoing import leads_back
from tests.dialects import GOTIFY
from tests.gateway import Gateway, running
from tests.old_server import Got, OldServer, Says
from tests.patience import PATIENCE_S
from tests.web.test_aliases import OLD_KEYS

MOODS = ("right", "refusing", "failing", "garbled", "elsewhere", "slow", "cut")
EACH = 5
NOBODY = "http://127.0.0.1:9"
SAID = {
    "right": Says(body=b'{"code":200,"message":"success","id":"x"}'),
    "refusing": Says(status=403, body=b'{"code":40301}'),
    "failing": Says(status=500, body=b"<html>oops"),
    "garbled": Says(body=b"\x00\xff{"),
    "elsewhere": Says(status=302, headers=(("Location", "/login"),)),
    "slow": Says(),
}


class Sent(NamedTuple):
    """A call of a client: its text, and what it was told."""

    text: str
    status: int
    body: bytes


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path) as gateway:
        yield gateway


def _compare_with(gateway: Gateway, old_url: str) -> None:
    """Compare the old keys with one old server that has hardly any time."""
    for dialect, key in OLD_KEYS.items():
        request = ShadowRequest(gateway.alias(dialect, key), old_url, timeout_s=0.1)
        gateway.administer(partial(_start, request))


async def _start(request: ShadowRequest, admin: Administration) -> None:
    await admin.shadows().start(request, leads_back)


def _send(gateway: Gateway, dialect: Source, text: str) -> Sent:
    key, escaped = OLD_KEYS[dialect], quote(text)
    method, target, body = {
        Source.NTFY: ("POST", f"/ntfy/{key}", text.encode()),
        Source.BARK: ("GET", f"/bark/{key}/{escaped}", None),
        Source.SERVERCHAN: ("GET", f"/serverchan/{key}.send?title={escaped}", None),
        GOTIFY: ("POST", "/gotify/message", json.dumps({"message": text}).encode()),
    }[dialect]
    headers = {"Content-Type": "application/json"} if dialect == GOTIFY else {}
    headers |= {"X-Gotify-Key": key} if dialect == GOTIFY else {}
    connection = HTTPConnection("127.0.0.1", gateway.ports["main"], timeout=PATIENCE_S)
    try:
        connection.request(method, target, body, headers)
        reply = connection.getresponse()
        return Sent(text, reply.status, reply.read())
    finally:
        connection.close()


def _send_all(gateway: Gateway) -> list[Sent]:
    """Calls of every dialect and mood, eight at once."""
    calls = [
        (dialect, f"{mood} {dialect} {number}")
        for number in range(EACH)
        for mood in MOODS
        for dialect in OLD_KEYS
    ]
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda call: _send(gateway, *call), calls))


def _stored(gateway: Gateway) -> Counter[str]:
    texts = Counter[str]()
    since = "all"
    while page := gateway.page(since):
        since = page[-1]["message_id"]
        # ServerChan's one text is the title.
        texts.update(str(each.get("body") or each["title"]) for each in page)
    return texts


def test_a_moody_old_server_costs_no_message_and_doubles_none(
    gateway: Gateway, old: OldServer
) -> None:
    freed = threading.Event()

    def says(got: Got) -> Says:
        written = f"{got.target} {got.body!r}"
        mood = next((mood for mood in MOODS if mood in written), "right")
        if mood == "slow":
            freed.wait(PATIENCE_S)
        if mood == "cut":
            raise RemoteDisconnected("cut")
        return SAID[mood]

    old.says = says
    _compare_with(gateway, old.url)
    old.got.clear()
    try:
        sent = _send_all(gateway)
    finally:
        freed.set()

    assert old.got
    assert {each.status for each in sent} <= {200, 302, 403, 500}
    assert _stored(gateway) == Counter(each.text for each in sent)
    assert set(gateway.held()) == {True}


def test_an_old_server_that_is_down_costs_no_message_and_doubles_none(
    gateway: Gateway,
) -> None:
    _compare_with(gateway, NOBODY)

    sent = _send_all(gateway)

    assert {each.status for each in sent} == {200}
    assert _stored(gateway) == Counter(each.text for each in sent)


def test_what_we_refuse_is_no_message_though_the_old_server_takes_it(
    gateway: Gateway, old: OldServer
) -> None:
    _compare_with(gateway, old.url)
    connection = HTTPConnection("127.0.0.1", gateway.ports["main"], timeout=PATIENCE_S)
    connection.request("POST", "/ntfy/nobodys-topic", b"x")
    assert connection.getresponse().status == 403
    connection.close()

    assert _stored(gateway) == Counter()
