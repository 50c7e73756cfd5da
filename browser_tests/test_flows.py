"""The flows of the pages: what a newcomer and an operator do, in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from browser_tests.visitor import DESKTOP, Visitor
from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.wire import Reply

LANGUAGES = ("en", "zh")


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def operator(chromium: Browser, gateway: Gateway, language: str) -> Iterator[Visitor]:
    with Visitor.opened(chromium, gateway, language=language, size=DESKTOP) as visitor:
        visitor.enter_admin()
        yield visitor
        assert visitor.complaints == []
        assert visitor.strangers == []


def old_call(gateway: Gateway, key: str) -> Reply:
    form = [("Content-Type", b"application/x-www-form-urlencoded")]
    return gateway.call(
        Source.SERVERCHAN, Mount.PREFIX, "POST", f"/{key}.send", form, b"title=Hello"
    )


def test_the_first_five_minutes(
    chromium: Browser, gateway: Gateway, language: str
) -> None:
    with Visitor.opened(chromium, gateway, language=language) as visitor:
        visitor.open("/")
        page = visitor.page
        page.fill("#key", KEY)
        line = page.locator("code", has_text=f"/ntfy/{KEY}").first
        expect(line).to_be_visible()
        assert KEY not in page.url
        visitor.open(f"/inbox#{KEY}")
        page.locator("form button.main").first.click()
        expect(page.locator("#inbox")).to_be_visible()
        gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}", [], b"my first one")
        expect(page.get_by_text("my first one").first).to_be_visible()
        assert visitor.complaints == []


def test_why_a_script_stopped_working_takes_two_clicks(
    operator: Visitor, gateway: Gateway, language: str
) -> None:
    assert old_call(gateway, f"SCT{language}-a-lost-key").status == 400
    page = operator.page
    operator.open("/admin/calls?outcome=refused")
    page.locator("a.cover").first.click()
    title = {"en": "Unknown key", "zh": "未认领的密钥"}[language]
    expect(page.locator("h1")).to_have_text(title)
    assert "a-lost-key" not in page.content()


def test_an_unknown_key_is_bound_in_three_clicks_and_its_next_call_goes_through(
    operator: Visitor, gateway: Gateway, language: str
) -> None:
    key = f"Z{language}b-bind-me-12345"
    assert old_call(gateway, key).status == 400
    page = operator.page
    bind = page.get_by_role("link", name=re.compile(f"(Bind|绑定)… Z{language}"))
    page.locator("nav.tabs a", has_text=re.compile("Keys|密钥")).click()
    for _ in range(40):  # the server writes new ones every 5 s
        if bind.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    bind.click()
    page.locator("form button.main").click()
    expect(page.locator("main")).to_contain_text(re.compile("is bound to|已绑定到"))
    assert old_call(gateway, key).status == 200


def test_a_key_is_looked_up_without_standing_in_an_address(
    operator: Visitor, language: str
) -> None:
    operator.open("/admin/keys")
    page = operator.page
    page.locator("main input[type=password]").first.fill(
        f"curl -d x http://h/ntfy/{KEY}"
    )
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Wire tests")
    assert KEY not in page.url
    assert KEY not in page.content()


def test_a_channel_is_made_shown_once_and_deleted_by_its_name(
    operator: Visitor, language: str
) -> None:
    operator.open("/admin/channels")
    page = operator.page
    page.locator("input[name=name]").fill(f"Attic {language}")
    page.keyboard.press("Enter")
    once = page.locator("main")
    expect(once).to_contain_text(re.compile("shown only once|只显示这一次"))
    key = re.search(r"[0-9A-Z]{26}[a-z0-9]{28}", once.inner_text())
    assert key
    page.reload()
    assert key[0] not in page.content()
    operator.open("/admin/channels")
    page.get_by_role("link", name=f"Attic {language}").click()
    page.locator("a.danger, button.danger").last.click()
    page.locator("input[name=name]").last.fill(f"Attic {language}")
    page.locator("button.danger").last.click()
    operator.open("/admin/channels")
    expect(page.get_by_role("link", name=f"Attic {language}")).to_have_count(0)
