"""What the script does on every page: copying, keys, buttons that were pressed."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browser_tests.visitor import Visitor
from tests.golden import CHANNEL_ID, KEY

IMPOSSIBLE_CLIPBOARD = """
  Object.defineProperty(navigator, "clipboard", { value: undefined });
  document.addEventListener("copy", (event) => {
    const data = event.clipboardData;
    const put = data.setData.bind(data);
    data.setData = (kind, text) => { window.copied = text; put(kind, text); };
  }, true);
"""


def test_a_message_is_copied_with_its_title_where_there_is_no_clipboard(
    visitor: Visitor,
) -> None:
    visitor.page.add_init_script(IMPOSSIBLE_CLIPBOARD)
    visitor.enter_inbox()
    page = visitor.page
    card = page.locator(".msg", has_text="says").first
    card.locator("summary", has_text="More").click()
    card.get_by_role("button", name="Copy").click()
    expect(page.locator(".toast p")).to_have_text("Copied")
    assert page.evaluate("window.copied") == "Bark\n\nsays"
    assert visitor.complaints == []


def test_a_button_that_was_pressed_waits_and_is_itself_again_on_the_way_back(
    visitor: Visitor,
) -> None:
    visitor.enter_admin()
    visitor.open("/admin/channels")
    page = visitor.page
    # An answer that leaves the browser where it is.
    page.route("**/admin/channels", lambda route: route.fulfill(status=204))
    page.fill("#name", "Attic")
    button = page.locator("form button.main")
    button.click()
    expect(button).to_have_text("…")
    expect(button).to_be_disabled()
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    expect(button).to_have_text("Create")
    expect(button).to_be_enabled()


def test_rows_are_walked_with_j_and_k_and_a_fold_closes_with_escape(
    visitor: Visitor,
) -> None:
    visitor.enter_inbox()
    page = visitor.page
    cards = page.locator("#msgs > .msg")
    cards.nth(0).focus()
    page.keyboard.press("j")
    expect(cards.nth(1)).to_be_focused()
    page.keyboard.press("k")
    expect(cards.nth(0)).to_be_focused()
    fold = cards.nth(0).locator("details")
    fold.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(fold).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    expect(fold).not_to_have_attribute("open", "")
    expect(fold.locator("summary")).to_be_focused()


def test_a_part_of_the_page_in_the_address_is_no_key(visitor: Visitor) -> None:
    visitor.enter_inbox()
    for fragment in ("main", "m-0123", "%"):
        visitor.open("/")
        visitor.open(f"/inbox#{fragment}")
        asked = visitor.page.locator("[data-switch]")
        expect(asked).to_be_visible(visible=fragment == "%")
    visitor.context.clear_cookies()
    visitor.open("/inbox?x#main")
    expect(visitor.page.locator("#key")).to_have_value("")
    assert visitor.complaints == []


def test_the_start_page_opens_the_ntfy_app_where_ntfy_owns_the_root(
    visitor: Visitor,
) -> None:
    visitor.open("/")
    link = visitor.page.get_by_role("link", name="Open in the ntfy app")
    expect(link).to_have_count(0)
    visitor.page.fill("#key", KEY)
    port = visitor.gateway.ports["ntfy"]
    wanted = f"ntfy://127.0.0.1:{port}/{KEY}?secure=false&display=PushGo"
    expect(link).to_have_attribute("href", wanted)
    visitor.page.fill("#key", "")
    expect(link).to_have_count(0)


def test_the_operators_pages_say_whether_they_are_live(visitor: Visitor) -> None:
    visitor.enter_admin()
    visitor.open(f"/admin/channels/{CHANNEL_ID}")
    live = visitor.page.locator("[data-live]")
    expect(live).to_have_text(re.compile("Live"))
