"""The operator's flows, by mouse and by keyboard."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, expect

from browser_tests.conftest import apart
from browser_tests.operator_data import UNKNOWN_ID
from browser_tests.visitor import DESKTOP, Visitor
from tests.gateway import CHANNEL_NAME, Gateway
from tests.golden import CHANNEL_ID

HERE = f"/admin/channels/{CHANNEL_ID}"


@pytest.fixture
def operator(visitor: Visitor) -> Visitor:
    visitor.enter_admin()
    return visitor


def test_an_unknown_key_is_bound_in_three_clicks_and_undone(operator: Visitor) -> None:
    page = operator.page
    page.get_by_role("navigation").get_by_role("link", name="Keys").click()
    page.get_by_role("link", name="Bind… b…s").click()
    assert UNKNOWN_ID in page.url
    page.get_by_role("button", name=f"Bind to {CHANNEL_NAME}").click()
    expect(page.get_by_text(f"b…s is bound to {CHANNEL_NAME}.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Bind… b…s")).to_be_visible()
    assert operator.complaints == []


def test_a_channel_is_made_shown_once_and_deleted_by_keyboard_alone(
    chromium: Browser, gateway: Gateway
) -> None:
    with Visitor.opened(chromium, gateway, size=DESKTOP) as visitor:
        visitor.enter_admin()
        page = visitor.page
        visitor.open("/admin/channels")
        page.get_by_label("Name").focus()
        page.keyboard.type("Work")
        page.keyboard.press("Enter")
        expect(
            page.get_by_text("Copy this now. It is shown only once.")
        ).to_be_visible()
        page.reload()
        expect(page.get_by_text("Already done.")).to_be_visible()
        page.get_by_role("link", name="To the channel").press("Enter")
        page.get_by_role("link", name="Delete…").press("Enter")
        page.get_by_label("Type the channel’s name to confirm").focus()
        page.keyboard.type("Work")
        page.keyboard.press("Enter")
        page.wait_for_url("**/admin/channels")
        expect(page.get_by_text("Work", exact=True)).to_have_count(0)
        assert visitor.complaints == []


def test_the_key_fills_the_lines_and_stays_in_the_page(operator: Visitor) -> None:
    operator.open(HERE)
    asked: list[str] = []
    operator.page.on("request", lambda request: asked.append(request.url))
    operator.page.get_by_label("Key of this channel").fill("my key")
    expect(operator.page.locator(".copy code").first).to_contain_text("my%20key")
    # The stream of news began with the page; it carries no key.
    others = [url for url in asked if "/assets/" not in url]
    assert not [url for url in others if "/admin/stream?since=" not in url]
    assert "my" not in operator.page.url.rpartition("/")[2]


def test_a_qr_code_lets_a_phone_into_the_inbox_once(
    operator: Visitor, chromium: Browser, gateway: Gateway
) -> None:
    operator.open(HERE)
    operator.page.get_by_role("button", name="Show QR code").click()
    expect(operator.page.locator(".qr svg")).to_be_visible()
    address = operator.page.locator(".copy code").first.text_content() or ""
    for opens in (True, False):
        with Visitor.opened(chromium, gateway) as phone:
            phone.page.goto(address.replace("\n", ""))
            assert "ticket" not in phone.page.url
            phone.page.get_by_role("button", name="Sign in").first.click()
            expect(phone.page.locator("#inbox")).to_have_count(1 if opens else 0)
            if not opens:
                refusal = phone.page.get_by_text("This key opens nothing here.")
                expect(refusal).to_be_visible()
    operator.page.get_by_role("button", name="Another code").click()
    expect(operator.page.locator(".clock")).to_contain_text("4:5")


def test_another_channel_is_named_by_the_button(
    operator: Visitor, gateway: Gateway
) -> None:
    other = apart(
        lambda: gateway.administer(lambda admin: admin.create_channel("Other"))
    )
    try:
        operator.open(f"/admin/keys?bind={UNKNOWN_ID}")
        page = operator.page
        expect(
            page.get_by_role("button", name=f"Bind to {CHANNEL_NAME}")
        ).to_be_visible()
        page.get_by_label("Channel", exact=True).select_option("Other")
        expect(page.get_by_role("button", name="Bind to Other")).to_be_visible()
    finally:
        apart(
            lambda: gateway.administer(
                lambda admin: admin.delete_channel(other.channel_id)
            )
        )


def test_everything_works_without_a_script(chromium: Browser, gateway: Gateway) -> None:
    with Visitor.opened(chromium, gateway, script=False) as visitor:
        visitor.enter_admin()
        page = visitor.page
        visitor.open(f"/admin/keys?bind={UNKNOWN_ID}")
        page.get_by_role("button", name=f"Bind to {CHANNEL_NAME}").click()
        page.get_by_role("button", name="Undo").click()
        visitor.open(HERE)
        page.get_by_role("button", name="Show QR code").click()
        expect(page.locator(".qr svg")).to_be_visible()
        visitor.open("/admin/outbox")
        page.get_by_label("State").select_option("Sent")
        page.get_by_role("button", name="Filter").click()
        assert "state=sent" in page.url
