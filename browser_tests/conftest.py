"""Headless Chromium from Debian, and a gateway with messages worth looking at."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import orjson
import pytest
from playwright.sync_api import Browser, Playwright, sync_playwright

from browser_tests.operator_data import fill_for_operator
from browser_tests.visitor import ADMIN_TOKEN, Visitor
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.stores.old_calls.shadows import Comparison, Difference, Shadow
from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, NOW_MS, PASSWORD

LIMIT_S = 60
"""How long one test may take."""
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
T = TypeVar("T")
HOSTILE = "<script>document.title='ran'</script>"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """No page may hang the run."""
    for item in items:
        item.add_marker(pytest.mark.timeout(LIMIT_S))


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    path = shutil.which("chromium")
    assert path, "chromium is missing: make test-pages installs it"
    browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A gateway whose channel holds a message of every sort."""
    started = running(
        tmp_path_factory.mktemp("pages"),
        admin_token=ADMIN_TOKEN,
        webpush_subject="mailto:pages@example.org",
    )
    gateway = apart(started.__enter__)
    try:
        apart(lambda: gateway.administer(fill_for_operator))
        fill(gateway)
        yield gateway
    finally:
        apart(lambda: started.__exit__(None, None, None))


@pytest.fixture
def visitor(chromium: Browser, gateway: Gateway) -> Iterator[Visitor]:
    """A reader with English set and a phone's screen."""
    with Visitor.opened(chromium, gateway) as visitor:
        yield visitor


def apart(work: Callable[[], T]) -> T:
    """Do something with an event loop of its own: Playwright has taken this thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result()


def send(gateway: Gateway, **fields: object) -> str:
    """Send a native message; its id."""
    message = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t", **fields}
    header = [("Content-Type", b"application/json")]
    reply = gateway.native("POST", "/message", header, orjson.dumps(message))
    message_id: str = reply.json["data"]["message_id"]
    return message_id


def fill(gateway: Gateway) -> None:
    """Messages of all severities and dialects, hostile, long and with files."""
    send(gateway, title="Weekly report", severity="low", tags=["nas", "backup"])
    send(gateway, title="京东签到", body="账号 1：**签到成功**\n\n" * 60)
    send(
        gateway,
        title=f"{HOSTILE}\u202egnp.exe",
        body=f"{HOSTILE} ![x](https://evil.test/p.png) [x](javascript:alert(1))",
        tags=[HOSTILE, "w" * 64],
        url="https://nas.test/" + "long/" * 60,
    )
    send(gateway, title="W" * 300, body="w" * 3000, severity="critical")
    send(gateway, images=["https://cam.test/a.jpg"], severity="high", title="Door")
    call = gateway.call
    header = [
        ("Tags", b"rotating_light,nas"),
        ("Actions", b"view, Log, https://l.test"),
    ]
    call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", header, b"Disk full")
    host = [("Host", f"127.0.0.1:{gateway.ports['main']}".encode())]
    file = [*host, ("Filename", b"report.pdf")]
    call(Source.NTFY, Mount.PREFIX, "PUT", f"/{KEY}", file, b"%PDF-1.4 \xff")
    call(Source.BARK, Mount.PREFIX, "GET", f"/{KEY}/Bark/says?subtitle=hello&level=low")
    call(Source.SERVERCHAN, Mount.PREFIX, "GET", "/an-old-key.send?title=x")
    apart(lambda: compare(gateway))
    assert gateway.clock.now_ms == NOW_MS


def compare(gateway: Gateway) -> None:
    """Two aliases, one of which is compared with an old server that differs."""
    gateway.alias(Source.BARK, "jaEUcYvBQ4Qtn2LWYWSQqY", note="NAS")
    alias_id = gateway.alias(Source.NTFY, "backups-of-the-house", note=HOSTILE)
    shadow = Shadow(alias_id=alias_id, old_url=f"https://{'long-name.' * 20}test")
    row = Comparison(
        alias_id,
        NOW_MS,
        "POST /{topic}",
        HOSTILE,
        ours_ms=3,
        old_ms=84,
        differences=[Difference("status", True), Difference("message", False)],
        old=orjson.dumps({"status": 429, "body": "w" * 3000}).decode(),
        ours=orjson.dumps({"status": 200, "body": {"message": HOSTILE}}).decode(),
    )

    async def begin(admin: Administration) -> None:
        assert await admin.store.shadows.start(shadow)
        await admin.store.shadows.record([row])

    gateway.administer(begin)
