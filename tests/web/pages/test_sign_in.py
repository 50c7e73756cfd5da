"""Who may see the inbox and the operator's pages, and for how long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from types import ModuleType

import pytest
from aiohttp import web

from pushgo_compat.core.auth.tokens.admin_token import make_admin_token
from pushgo_compat.model import Source
from pushgo_compat.web.pages.access import own_form
from pushgo_compat.web.pages.inbox import push
from pushgo_compat.web.read_body import read_body
from tests.gateway import CHANNEL_NAME, Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.web.browser import Browser
from tests.wire import Reply

TOKEN = "an admin token of twenty and more"
DAY_MS = 86_400_000


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of each test's own: tests turn clocks and change passwords."""
    with running(tmp_path) as gateway:
        yield gateway


@pytest.fixture
def limited_gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, rate_limit=1.0) as gateway:
        yield gateway


@pytest.fixture
def token_gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def proxied_gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, trusted_proxies=(ip_network("127.0.0.1"),)) as gateway:
        yield gateway


@pytest.fixture
def browser(gateway: Gateway) -> Browser:
    return Browser(gateway)


def is_form(reply: Reply, field: bytes) -> bool:
    return b'name="%s" type="password"' % field in reply.body


def leads_to(reply: Reply) -> str:
    assert reply.status == 303, reply.body
    return reply.headers["Location"]


def cookie(reply: Reply) -> set[str]:
    """The attributes of the one cookie that was set."""
    (line,) = reply.headers.getall("Set-Cookie")
    return {part.strip() for part in line.split(";")[1:]}


# ----------------------------------------------------------------------------- inbox


@pytest.mark.parametrize(
    "fields",
    [
        {"key": KEY},
        {"key": f" {CHANNEL_ID.lower()}:{PASSWORD} "},
        {"channel_id": CHANNEL_ID, "password": PASSWORD},
    ],
)
def test_a_key_or_an_id_and_password_open_the_inbox(
    browser: Browser, fields: dict[str, str]
) -> None:
    assert is_form(browser.get("/inbox"), b"key")
    reply = browser.post("/inbox/sign-in", **fields)
    assert leads_to(reply) == "../inbox?in=1"
    assert cookie(reply) == {"HttpOnly", "Path=/inbox", "SameSite=Lax"}
    page = browser.get("/inbox").body.decode()
    assert f"<bdi>{CHANNEL_NAME}</bdi>" in page
    assert PASSWORD not in page
    assert KEY not in page


@pytest.mark.parametrize(
    "fields",
    [
        {"key": CHANNEL_ID + "a wrong password"},
        {"key": "01HZZZZZZZZZZZZZZZZZZZZZZZ" + PASSWORD},
        {"key": "an-old-key"},
        {"channel_id": CHANNEL_ID, "password": "a wrong password"},
        {"channel_id": "nothing", "password": PASSWORD},
        {},
    ],
)
def test_what_opens_nothing_is_refused_in_the_same_words(
    gateway: Gateway, browser: Browser, fields: dict[str, str]
) -> None:
    gateway.alias(Source.NTFY, "an-old-key")
    reply = browser.post("/inbox/sign-in", **fields)
    assert reply.status == 403
    assert b"This key opens nothing here." in reply.body
    assert not browser.cookies


def test_a_session_that_stays_lasts_ninety_days_from_its_last_day(
    gateway: Gateway, browser: Browser
) -> None:
    reply = browser.post("/inbox/sign-in", key=KEY, stay="1")
    assert "Max-Age=7776000" in cookie(reply)
    assert "Set-Cookie" not in browser.get("/inbox").headers
    gateway.clock.now_ms += 89 * DAY_MS
    assert "Set-Cookie" in browser.get("/inbox").headers
    gateway.clock.now_ms += 90 * DAY_MS
    assert not is_form(browser.get("/inbox"), b"key")
    gateway.clock.now_ms += 90 * DAY_MS + 1
    assert b"Signed out; sign in again" in browser.get("/inbox").body


def test_another_password_ends_the_inbox(gateway: Gateway, browser: Browser) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
    assert is_form(browser.get("/inbox"), b"key")


def test_a_deleted_channel_ends_its_inbox(gateway: Gateway, browser: Browser) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    gateway.administer(lambda admin: admin.delete_channel(CHANNEL_ID))
    assert is_form(browser.get("/inbox"), b"key")


def test_a_changed_cookie_opens_nothing(browser: Browser) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    ((name, value),) = browser.cookies.items()
    browser.cookies[name] = value[:-2] + ("A" if value[-2] != "A" else "B") + value[-1]
    assert is_form(browser.get("/inbox"), b"key")


def test_signing_out_takes_the_cookie_away(browser: Browser) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    assert leads_to(browser.post("/inbox/sign-out")) == "../inbox"
    assert not browser.cookies


def test_guessing_at_the_inbox_is_limited_as_at_every_door(
    limited_gateway: Gateway,
) -> None:
    browser = Browser(limited_gateway)
    replies = [browser.post("/inbox/sign-in", key=f"{KEY}{n}") for n in range(10)]
    busy = next(reply for reply in replies if reply.status == 429)
    assert int(busy.headers["Retry-After"]) >= 1
    assert re.search(rb"Too many attempts. Try again in \d+ s", busy.body)


# -------------------------------------------------------------------------- operator


def test_without_a_token_nobody_gets_in(browser: Browser) -> None:
    assert is_form(browser.get("/admin"), b"token")
    assert browser.sign_in_as_operator("").status == 403
    assert browser.sign_in_as_operator(TOKEN).status == 403


def test_a_made_token_opens_the_pages_until_the_next_is_made(
    gateway: Gateway, browser: Browser
) -> None:
    token = gateway.administer(lambda admin: make_admin_token(admin.store))
    reply = browser.sign_in_as_operator(f" {token} ")
    assert leads_to(reply) == "../admin?in=1"
    assert cookie(reply) == {"HttpOnly", "Path=/admin", "SameSite=Lax"}
    page = browser.get("/admin")
    assert not is_form(page, b"token")
    assert token.encode() not in page.body
    gateway.administer(lambda admin: make_admin_token(admin.store))
    assert is_form(browser.get("/admin"), b"token")
    assert browser.sign_in_as_operator(token).status == 403


def test_a_token_of_the_settings_is_the_only_one(token_gateway: Gateway) -> None:
    browser = Browser(token_gateway)
    made = token_gateway.administer(lambda admin: make_admin_token(admin.store))
    assert browser.sign_in_as_operator(made).status == 403
    assert leads_to(browser.sign_in_as_operator(TOKEN))


def test_an_operator_is_signed_out_after_twelve_idle_hours_and_after_seven_days(
    token_gateway: Gateway,
) -> None:
    browser, clock = Browser(token_gateway), token_gateway.clock
    browser.sign_in_as_operator(TOKEN)
    clock.now_ms += DAY_MS // 2 + 1
    assert is_form(browser.get("/admin"), b"token")
    browser.sign_in_as_operator(TOKEN)
    for _ in range(14):
        assert not is_form(browser.get("/admin"), b"token")
        clock.now_ms += DAY_MS // 2
    clock.now_ms += 1
    assert is_form(browser.get("/admin"), b"token")


def test_an_inbox_is_no_operator(token_gateway: Gateway) -> None:
    browser = Browser(token_gateway)
    browser.post("/inbox/sign-in", key=KEY)
    browser.cookies["pushgo_admin"] = browser.cookies["pushgo_inbox"]
    assert is_form(browser.get("/admin"), b"token")


def test_the_form_shows_no_version(browser: Browser) -> None:
    assert not re.search(rb"\d+\.\d+\.\d+", browser.get("/admin").body)


@pytest.mark.parametrize(
    "wanted", ["https://evil.test", "//evil.test", "inbox", "../x", "admin/sign-out"]
)
def test_signing_in_leads_to_no_other_place(
    token_gateway: Gateway, wanted: str
) -> None:
    reply = Browser(token_gateway).post("/admin/sign-in", token=TOKEN, next=wanted)
    assert leads_to(reply) == "../admin?in=1"


# ----------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("Sec-Fetch-Site", "same-origin", 303),
        ("Sec-Fetch-Site", "same-site", 403),
        ("Sec-Fetch-Site", "cross-site", 403),
        ("Sec-Fetch-Site", "none", 403),
        ("Origin", "http://nas.test", 303),
        ("Origin", "https://NAS.test:443", 303),
        ("Origin", "http://nas.test:81", 403),
        ("Origin", "http://evil.test", 403),
        ("Origin", "null", 403),
        ("Origin", "http://[", 403),
        ("X-Nothing", "", 403),
    ],
)
def test_a_form_of_another_address_changes_nothing(
    gateway: Gateway, header: str, value: str, status: int
) -> None:
    lines = [(header, value.encode()), ("Host", b"nas.test")]
    reply = gateway.native("POST", "/inbox/sign-in", lines, f"key={KEY}".encode())
    assert reply.status == status
    if status == 403:
        assert b"This form came from another address." in reply.body
        assert "Set-Cookie" not in reply.headers


def test_a_form_has_a_bound(browser: Browser) -> None:
    assert browser.post("/inbox/sign-in", key="k" * 70_000).status == 413
    many = {f"f{n}": "1" for n in range(101)}
    assert browser.post("/inbox/sign-in", **many).status == 413


def test_a_cookie_that_does_not_come_back_is_explained(browser: Browser) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    browser.cookies.clear()
    assert b"PUSHGO_PUBLIC_BASE_URL" in browser.get("/inbox?in=1").body


def test_behind_a_tls_proxy_with_a_prefix_the_cookie_is_secure_and_stays_below_it(
    proxied_gateway: Gateway,
) -> None:
    browser = Browser(
        proxied_gateway,
        ("X-Forwarded-Proto", "https"),
        ("X-Forwarded-Prefix", "/push"),
    )
    browser.origin = "https://nas.test"
    reply = browser.post("/inbox/sign-in", key=KEY)
    assert cookie(reply) == {"HttpOnly", "Path=/push/inbox", "SameSite=Lax", "Secure"}
    assert list(browser.cookies) == ["__Secure-pushgo_inbox"]
    assert not is_form(browser.get("/inbox"), b"key")


@pytest.mark.parametrize("path", ["/inbox/test", "/inbox/m/{0:032x}/delete"])
def test_a_session_that_ends_while_its_form_comes_changes_nothing(
    gateway: Gateway, browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    end_while_reading(gateway, monkeypatch, own_form)
    assert is_form(browser.post(path.format(0)), b"key")


def test_a_session_that_ends_while_its_subscription_comes_adds_no_target(
    gateway: Gateway, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser.post("/inbox/sign-in", key=KEY)
    end_while_reading(gateway, monkeypatch, push)
    ((name, value),) = browser.cookies.items()
    headers = [("Cookie", f"{name}={value}"), ("Sec-Fetch-Site", "same-origin")]
    lines = [(name, value.encode()) for name, value in headers]
    assert gateway.native("PUT", "/inbox/webpush", lines, b"{}").status == 403


def end_while_reading(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, module: ModuleType
) -> None:
    """The channel gets another password before the body of a request is there."""
    read_whole = read_body

    async def read(request: web.BaseRequest, limit: int) -> tuple[bytes, bytes]:
        await asyncio.to_thread(
            gateway.administer, lambda admin: admin.rotate_password(CHANNEL_ID)
        )
        return await read_whole(request, limit)

    monkeypatch.setattr(module, "read_body", read)


@pytest.mark.parametrize(
    ("path", "page"),
    [
        ("/admin/keys/check", "admin/keys"),
        ("/admin/outbox/retry", "admin/outbox"),
        (f"/admin/channels/{CHANNEL_ID}/ticket", "admin/channels"),
    ],
)
def test_a_form_sent_too_late_leads_to_its_page_after_signing_in(
    token_gateway: Gateway, path: str, page: str
) -> None:
    browser = Browser(token_gateway)
    form = browser.post(path)
    assert b'name="next" value="%s"' % page.encode() in form.body
    browser.sign_in_as_operator(TOKEN)
    assert browser.get(f"/{page}").status == 200


@pytest.mark.parametrize("prefix", ["/..", "/a/../b", "/./a"])
def test_a_prefix_that_leads_upwards_is_none(
    proxied_gateway: Gateway, prefix: str
) -> None:
    browser = Browser(proxied_gateway, ("X-Forwarded-Prefix", prefix))
    reply = browser.post("/inbox/sign-in", key=KEY)
    assert "Path=/inbox;" in reply.headers["Set-Cookie"]


@pytest.mark.parametrize("hop", [b"\xff", b"\xe4\xb8\xad", b"9" * 4000])
def test_a_proxys_word_that_is_no_address_does_not_count(
    proxied_gateway: Gateway, hop: bytes
) -> None:
    headers = [("X-Forwarded-For", b"192.0.2.1, " + hop)]
    path = "/a-key-that-nobody-knows/hello"
    reply = proxied_gateway.call(Source.BARK, Mount.PREFIX, "GET", path, headers)
    assert reply.status == 400
