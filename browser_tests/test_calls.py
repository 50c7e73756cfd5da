""" "My script stopped working: why?": by mouse, by keyboard, without a script."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from browser_tests.conftest import apart
from browser_tests.visitor import DESKTOP, PHONE, Visitor
from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import KEY

UNKNOWN, BIND, BOUND = (
    {"en": "Unknown key", "zh": "未认领的密钥"},
    {"en": re.compile("^Bind to"), "zh": re.compile("^绑定到")},
    {"en": "Its next call goes through.", "zh": "下一次调用就会通过。"},
)
LANGUAGES = ("en", "zh")


def refused(gateway: Gateway, key: str) -> None:
    """A script calls with a key that nobody has claimed."""
    path = f"/{key}.send?title=x"
    apart(lambda: gateway.call(Source.SERVERCHAN, Mount.PREFIX, "GET", path))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_from_the_overview_to_the_key_that_goes_through_again(
    chromium: Browser, gateway: Gateway, language: str, script: bool
) -> None:
    refused(gateway, f"SCT-mouse-{language}-{script}-0123")
    with Visitor.opened(chromium, gateway, language=language, script=script) as visitor:
        visitor.enter_admin()
        page = visitor.page
        page.locator("a[href*='outcome=refused']").last.click()
        row = page.locator("tr.go", has_text=UNKNOWN[language]).first
        row.locator("a.cover").click()
        expect(page.locator("h1")).to_have_text(UNKNOWN[language])
        page.locator("a.btn.main").click()
        page.get_by_role("button", name=BIND[language]).click()
        expect(page.locator("#bound")).to_contain_text(BOUND[language])
        assert visitor.complaints == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_by_keyboard(
    chromium: Browser, gateway: Gateway, language: str
) -> None:
    refused(gateway, f"SCT-keyboard-{language}-0123")
    with Visitor.opened(chromium, gateway, language=language, size=DESKTOP) as visitor:
        visitor.enter_admin()
        visitor.open("/admin/calls?outcome=refused")
        page = visitor.page
        page.locator("a.cover").first.focus()
        page.keyboard.press("j")
        expect(page.locator("a.cover").nth(1)).to_be_focused()
        page.keyboard.press("k")
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text(UNKNOWN[language])
        page.locator("a.btn.main").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name=BIND[language]).focus()
        page.keyboard.press("Enter")
        expect(page.locator("#bound")).to_contain_text(BOUND[language])


def test_a_key_that_was_searched_for_is_in_no_address_of_the_history(
    chromium: Browser, gateway: Gateway
) -> None:
    with Visitor.opened(chromium, gateway) as visitor:
        visitor.enter_admin()
        visitor.open("/admin/calls")
        page = visitor.page
        page.fill("#q", KEY)
        page.press("#q", "Enter")
        page.wait_for_url("**/admin/calls?channel=*")
        assert KEY not in page.url
        assert KEY not in page.content()
        page.go_back()
        assert KEY not in page.url


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_a_call_is_sent_again_after_a_question(
    chromium: Browser, gateway: Gateway, size: tuple[int, int]
) -> None:
    with Visitor.opened(chromium, gateway, size=size) as visitor:
        visitor.enter_admin()
        visitor.open("/admin/calls?outcome=accepted&dialect=ntfy")
        page = visitor.page
        page.locator("a.cover").first.click()
        page.get_by_role("link", name="Send again…").click()
        page.get_by_role("button", name="Send again").click()
        expect(page.get_by_text("Sent again: one message.")).to_be_visible()
        assert visitor.complaints == []


@pytest.mark.parametrize(
    ("language", "words"), [("en", "Show 1 new call"), ("zh", "显示 1 条新调用")]
)
def test_one_new_call_is_told_as_one(
    chromium: Browser, gateway: Gateway, language: str, words: str
) -> None:
    with Visitor.opened(chromium, gateway, language=language) as visitor:
        visitor.enter_admin()
        visitor.open("/admin/calls")
        expect(visitor.page.locator("[data-live] .dot.on")).to_be_attached()
        gateway.clock.now_ms += 1000
        refused(gateway, f"SCT-news-{language}-0123")
        link = visitor.page.get_by_role("link", name=words, exact=True)
        expect(link).to_be_visible(timeout=20_000)
        assert visitor.complaints == []
