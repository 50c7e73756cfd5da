"""The inbox under a reader's hands: live, by keyboard, without a script, pushed to."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from playwright.sync_api import Browser, expect

from browser_tests.conftest import HOSTILE, apart, send
from browser_tests.visitor import DESKTOP, Visitor
from pushgo_compat.core.admin.service import Administration
from tests.gateway import Gateway
from tests.golden import CHANNEL_ID, KEY

T = TypeVar("T")


def administer(gateway: Gateway, work: Callable[[Administration], Awaitable[T]]) -> T:
    return apart(lambda: gateway.administer(work))


def test_a_link_with_a_key_asks_before_it_sends_anything(visitor: Visitor) -> None:
    visitor.open(f"/inbox#{KEY}")
    page = visitor.page
    expect(page.get_by_text(f"Open the inbox of key …{KEY[-4:]}?")).to_be_visible()
    assert KEY not in page.url
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.locator("#inbox")).to_be_visible()
    assert KEY not in page.content()


def test_a_link_with_another_key_replaces_no_inbox_silently(
    visitor: Visitor,
) -> None:
    visitor.enter_inbox()
    visitor.open("/inbox#another-key-1234")
    page = visitor.page
    page.reload()
    visitor.open("/#x")
    visitor.open("/inbox#another-key-1234")
    expect(page.get_by_text("Open the inbox of key …1234?")).to_be_visible()
    assert "another-key" not in page.url
    page.get_by_role("button", name="Stay here").click()
    expect(page.get_by_text("Open the inbox of key …1234?")).to_be_hidden()


def test_a_message_appears_as_it_comes_and_does_not_move_what_is_read(
    visitor: Visitor, gateway: Gateway
) -> None:
    visitor.enter_inbox()
    page = visitor.page
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    send(gateway, title="just now")
    expect(page.locator(".msg h3").first).to_have_text("just now")
    page.locator(".msg").nth(1).focus()
    send(gateway, title="while reading")
    button = page.get_by_role("button", name="Show 1 new")
    expect(button).to_be_visible()
    expect(page.locator(".msg h3").first).to_have_text("just now")
    button.press("Enter")
    expect(page.locator(".msg h3").first).to_have_text("while reading")
    assert visitor.complaints == []


def test_the_inbox_of_a_changed_password_goes_offline_and_asks_to_sign_in(
    chromium: Browser, gateway: Gateway
) -> None:
    other = administer(gateway, lambda admin: admin.create_channel("Other"))
    with Visitor.opened(chromium, gateway) as visitor:
        visitor.open(f"/inbox#{other.key}")
        page = visitor.page
        page.get_by_role("button", name="Sign in").first.click()
        expect(page.get_by_text("Live", exact=True)).to_be_visible()
        administer(gateway, lambda admin: admin.rotate_password(other.channel_id))
        expect(page.get_by_text("Offline", exact=True)).to_be_visible()
        page.reload()
        expect(page.get_by_text("Signed out; sign in again")).to_be_visible()


def test_nothing_of_a_hostile_message_runs(visitor: Visitor) -> None:
    visitor.enter_inbox()
    page = visitor.page
    card = page.locator(".msg", has_text="document.title").first
    expect(card.locator("h3")).to_contain_text(HOSTILE)
    card.locator("summary").click()
    card.get_by_role("link", name="Details").click()
    expect(page.locator("h1")).to_contain_text(HOSTILE)
    assert page.title() != "ran"
    assert visitor.strangers == []


def test_a_picture_of_another_host_loads_only_after_a_click(visitor: Visitor) -> None:
    visitor.enter_inbox()
    page = visitor.page
    assert visitor.strangers == []
    page.route("https://cam.test/**", lambda route: route.abort())
    with page.expect_request("https://cam.test/a.jpg") as asked:
        page.get_by_role("link", name="Show the picture").click()
    assert "referer" not in asked.value.headers
    assert "cookie" not in asked.value.headers


def test_search_filter_details_and_delete_by_keyboard(
    chromium: Browser, gateway: Gateway
) -> None:
    send(gateway, title="findable by keyboard")
    with Visitor.opened(chromium, gateway, size=DESKTOP) as visitor:
        visitor.enter_inbox()
        page = visitor.page
        page.focus("#q")
        page.keyboard.type("findable by")
        page.keyboard.press("Enter")
        expect(page.locator(".msg")).to_have_count(1)
        page.locator(".msg summary").focus()
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Delete").focus()
        page.keyboard.press("Enter")
        expect(page.locator("h1")).to_have_text("Delete for everybody?")
        page.get_by_role("button", name="Delete").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("findable by keyboard")).to_have_count(0)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_everything_but_live_news_works_without_a_script(
    chromium: Browser, gateway: Gateway, language: str
) -> None:
    send(gateway, title="without a script")
    with Visitor.opened(chromium, gateway, language=language, script=False) as visitor:
        visitor.enter_inbox()
        page = visitor.page
        page.fill("#q", "without a script")
        page.press("#q", "Enter")
        expect(page.locator(".msg")).to_have_count(1)
        page.locator(".msg summary").click()
        page.locator(".msg a.danger").click()
        page.locator("main form button").click()
        expect(page.locator("#inbox")).to_be_visible()
        expect(page.get_by_text("without a script")).to_have_count(0)
        page.locator("footer form button").click()
        expect(page.locator("#key")).to_be_visible()


def test_a_push_shows_a_notification_and_a_tap_leads_to_the_message(
    chromium: Browser, gateway: Gateway
) -> None:
    with Visitor.opened(chromium, gateway) as visitor:
        visitor.context.grant_permissions(["notifications"], origin=visitor.base)
        visitor.enter_inbox()
        page = visitor.page
        page.wait_for_function(
            "navigator.serviceWorker.ready.then((r) => r.active.state === 'activated')"
        )
        session = visitor.context.new_cdp_session(page)
        registrations: list[str] = []
        session.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda event: registrations.extend(
                each["registrationId"] for each in event["registrations"]
            ),
        )
        session.send("ServiceWorker.enable")
        page.wait_for_timeout(200)
        pushed = {"title": "Disk full", "body": "b" * 500, "message_id": "0" * 32}
        (worker,) = visitor.context.service_workers
        delivery = {
            "origin": visitor.base,
            "registrationId": registrations[-1],
            "data": json.dumps(pushed),
        }
        shown = None
        for _ in range(20):
            # Chromium drops one that comes before the registration is on its disk.
            session.send("ServiceWorker.deliverPushMessage", delivery)
            page.wait_for_timeout(500)
            shown = worker.evaluate(
                "registration.getNotifications().then(([n]) =>"
                " n && { title: n.title, body: n.body, tag: n.tag })"
            )
            if shown is not None:
                break
        assert shown == {"title": "Disk full", "body": "b" * 200, "tag": "0" * 32}


def test_turning_notifications_on_makes_the_browser_a_target_of_the_channel(
    chromium: Browser, gateway: Gateway
) -> None:
    endpoint = "https://push.test/subscription"
    subscription = {
        "endpoint": endpoint,
        "keys": {
            "p256dh": "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcx"
            "aOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4",
            "auth": "BTBZMqHH6r4Tts7J_aSIgg",
        },
    }
    with Visitor.opened(chromium, gateway) as visitor:
        visitor.context.grant_permissions(["notifications"], origin=visitor.base)
        visitor.context.add_init_script(
            "PushManager.prototype.getSubscription = async () =>"
            "  globalThis.kept ?? null;"
            "PushManager.prototype.subscribe = async (options) => {"
            "  globalThis.options = options;"
            f"  const made = {json.dumps(subscription)};"
            "  globalThis.kept = { toJSON: () => made, endpoint: made.endpoint,"
            "    unsubscribe: async () => { globalThis.kept = null; } };"
            "  return globalThis.kept; };"
        )
        visitor.enter_inbox()
        page = visitor.page
        page.get_by_role("button", name="Turn on notifications").click()
        expect(page.get_by_text("On for this device.")).to_be_visible()
        assert page.evaluate("options.userVisibleOnly") is True
        assert page.evaluate("options.applicationServerKey.length") == 65
        targets = administer(gateway, lambda admin: admin.store.targets.targets(None))
        (target,) = [t for t in targets if t.kind == "webpush"]
        assert target.channel.channel_id == CHANNEL_ID
        page.get_by_role("button", name="Turn off").click()
        expect(page.get_by_text("Get these on this device")).to_be_visible()
        left = administer(gateway, lambda admin: admin.store.targets.targets(None))
        assert not [t for t in left if t.kind == "webpush"]
