"""The operator's overview: what waits, how many calls came, and the gateway itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from pathlib import Path

import pytest

from pushgo_compat.core.readiness import Readiness
from pushgo_compat.core.stores.targets import NewOutcome, OutcomeState
from pushgo_compat.delivery.lanes.outbox import Outbox
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, signed_in, text


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def tiles(page: str) -> list[str]:
    return re.findall(r'<a class="stat[^"]*" href="[^"]+"><b>([^<]+)</b>', page)


def publish(gateway: Gateway, topic: str, *headers: tuple[str, bytes]) -> None:
    gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{topic}", headers, b"body")


def test_a_fresh_gateway_has_nothing_to_do_and_shows_a_first_line(
    operator: Browser,
) -> None:
    page = text(operator.get("/admin"))
    assert "Nothing to do." in page
    assert not tiles(page)
    assert "Send a first message" in page
    assert "http://nas.test/ntfy/KEY" in page


def test_the_tiles_say_what_waits_and_lead_to_it(
    gateway: Gateway, operator: Browser
) -> None:
    publish(gateway, KEY, ("Call", b"yes"))
    publish(gateway, KEY)
    failed = NewOutcome(
        target=1,
        position=b"\x01" * 16,
        state=OutcomeState.FAILED,
        at_ms=0,
        attempts=1,
    )
    gateway.administer(lambda admin: admin.store.lanes.settle([], [failed]))
    page = text(operator.get("/admin"))
    assert tiles(page) == ["0", "1", "0", "50 %"]
    assert 'href="./admin/outbox?state=failed"' in page
    assert "Send a first message" not in page


def test_the_table_counts_calls_by_door_and_leads_to_refused_ones(
    gateway: Gateway, operator: Browser
) -> None:
    publish(gateway, KEY)
    publish(gateway, "a-topic-that-nobody-knows")
    publish(gateway, "a-topic-that-nobody-knows")
    page = text(operator.get("/admin"))
    rows = re.findall(r"<tr><td><b>([^<]+)</b></td>(.*?)</tr>", page)
    assert len(rows) == len(SOURCES) + 1
    ntfy = dict(rows)["ntfy"]
    figures = re.findall(r"<td[^>]*>(?:<a [^>]*>)?([\d,]+)", ntfy)
    assert figures == ["1", "2", "1", "2"]
    assert "admin/calls?dialect=ntfy&amp;outcome=refused" in ntfy
    assert "<a " not in dict(rows)["native"]


def test_the_gateway_says_where_it_is_and_since_when(
    gateway: Gateway, operator: Browser
) -> None:
    gateway.clock.now_ms += 600_000
    page = text(operator.get("/admin"))
    assert "10 min ago" in page
    assert "http://nas.test</dd>" in page
    for source in SOURCES:
        assert f"http://nas.test:{gateway.ports[source]}</dd>" in page
    assert re.search(r"durable [01]\.\d s ago", page)
    assert "0 B / 5.4 GB" in page


def refuse(reason: str) -> Callable[[Readiness], object]:
    async def check(_: Readiness) -> None:
        raise ServerBusy(detail=reason)

    return check


def test_a_store_that_takes_nothing_is_the_first_thing_said(
    operator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Readiness, "check", refuse("disk <full>"))
    page = text(operator.get("/admin"))
    assert "The store is not writable: disk &lt;full&gt;" in page
    assert "durable" not in page


def test_a_paused_group_and_an_undeclared_proxy_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paused = [("apns api.push.apple.com", "InvalidProviderToken")]
    monkeypatch.setattr(Outbox, "paused_groups", lambda _: paused)
    proxies = (ip_network("192.0.2.0/24"),)
    with running(tmp_path, admin_token=TOKEN, trusted_proxies=proxies) as gateway:
        gateway.call(
            Source.NTFY,
            Mount.PREFIX,
            "POST",
            f"/{KEY}",
            [("X-Forwarded-For", b"198.51.100.7")],
        )
        page = text(signed_in(gateway).get("/admin"))
    assert "Delivery is paused: apns api.push.apple.com." in page
    assert "InvalidProviderToken" in page
    assert "PUSHGO_TRUSTED_PROXIES=192.0.2.0/24,127.0.0.1" in page


def test_the_page_speaks_chinese(gateway: Gateway) -> None:
    page = text(signed_in(gateway, ("Accept-Language", "zh-CN")).get("/admin"))
    assert "没有要处理的事。" in page
    assert "近 24 小时：已接收" in page
