"""The operator's pages of channels: making, renaming, rotating, deleting, a QR code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.model import Source
from tests.gateway import ANY_PORT, CHANNEL_NAME, Gateway, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD
from tests.web.browser import Browser
from tests.web.operator_pages import HERE, TOKEN, codes, number, signed_in, text
from tests.wire import Wire, request


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    """A gateway of each test's own: the tests change its channels."""
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def test_every_page_wants_a_session(gateway: Gateway) -> None:
    stranger = Browser(gateway)
    for path in ("/admin/channels", HERE, f"{HERE}/password", f"{HERE}/delete"):
        page = stranger.get(path)
        assert b'name="token"' in page.body
        assert CHANNEL_NAME not in text(page)
    stranger.post("/admin/channels", name="Theirs", number=CHANNEL_ID)
    stranger.post(f"{HERE}/delete", name=CHANNEL_NAME)
    assert len(gateway.administer(lambda admin: admin.list_channels())) == 1


def test_a_foreign_form_changes_nothing(gateway: Gateway, operator: Browser) -> None:
    operator.origin = "http://evil.test"
    for path in (f"{HERE}/delete", f"{HERE}/name", f"{HERE}/password"):
        assert operator.post(path, name=CHANNEL_NAME).status == 403
    (channel,) = gateway.administer(lambda admin: admin.list_channels())
    assert channel.channel.name == CHANNEL_NAME


def test_the_list_says_what_each_channel_has(
    gateway: Gateway, operator: Browser
) -> None:
    gateway.alias(Source.NTFY, "an-old-key-of-a-script")
    gateway.native("GET", f"/ntfy/{KEY}/publish?message=hello")
    page = text(operator.get("/admin/channels"))
    assert '<td class="r num" data-l="Messages today">1</td>' in page
    assert '<td class="r num" data-l="Aliases">1</td>' in page
    assert f"<bdi>{CHANNEL_NAME}</bdi>" in page
    assert f'href="../admin/channels/{CHANNEL_ID}"' in page
    assert 'aria-current="page">Channels' in page


def test_fifty_channels_are_a_page_and_the_rest_a_link_away(
    gateway: Gateway, operator: Browser
) -> None:
    async def many(admin: Administration) -> None:
        for n in range(60):
            await admin.store.create_channel(
                f"0{n:025d}", f"C{n}", "hash", gateway.clock.now_ms
            )

    gateway.administer(many)
    first = operator.get("/admin/channels")
    assert text(first).count('<tr class="go">') == 50
    (after,) = re.findall(r'href="\.\./(admin/channels\?after=[^"]+)"', text(first))
    second = text(operator.get(f"/{after}"))
    assert second.count('<tr class="go">') == 11
    assert "?after=" not in second


def test_a_new_channel_shows_its_key_once_and_sends_with_it(
    gateway: Gateway, operator: Browser
) -> None:
    form = {"name": "Home", "number": number(operator.get("/admin/channels"))}
    made = operator.post("/admin/channels", **form)
    assert "Copy this now. It is shown only once." in text(made)
    key, channel_id, password, *lines = codes(made)
    assert key == channel_id + password
    assert lines
    assert all(key in line for line in lines)
    reply = gateway.native("GET", f"/ntfy/{key}/publish?message=hello")
    assert reply.status == 200, reply.body
    again = operator.post("/admin/channels", **form)
    assert "Already done." in text(again)
    assert password not in text(again)
    assert len(gateway.administer(lambda admin: admin.list_channels())) == 2
    assert password not in text(operator.get(f"/admin/channels/{channel_id}"))


@pytest.mark.parametrize(
    ("name", "fault"),
    [(" ", "must not be empty"), ("x" * 129, "at most 128"), ("a\nb", "one line")],
)
def test_a_name_that_cannot_be_is_refused_and_kept_in_the_form(
    gateway: Gateway, operator: Browser, name: str, fault: str
) -> None:
    page = operator.get("/admin/channels")
    reply = operator.post("/admin/channels", name=name, number=number(page))
    assert reply.status == 422
    assert fault in text(reply)
    reply = operator.post(f"{HERE}/name", name=name)
    assert reply.status == 422
    assert fault in text(reply)
    assert len(gateway.administer(lambda admin: admin.list_channels())) == 1


def test_a_channel_gets_another_name(gateway: Gateway, operator: Browser) -> None:
    hostile = "<i>\u202eHome</i>"
    reply = operator.post(f"{HERE}/name", name=hostile)
    assert reply.headers["Location"] == f"../../../admin/channels/{CHANNEL_ID}"
    (channel,) = gateway.administer(lambda admin: admin.list_channels())
    assert channel.channel.name == hostile
    page = text(operator.get(HERE))
    assert "<i>" not in page
    assert "&lt;i&gt;[U+202E]Home&lt;/i&gt;" in page


def test_a_new_password_is_shown_once_and_the_form_works_once(
    gateway: Gateway, operator: Browser
) -> None:
    asked = operator.get(f"{HERE}/password")
    assert f"A new password for {CHANNEL_NAME}?" in text(asked)
    form = {"number": number(asked)}
    rotated = operator.post(f"{HERE}/password", **form)
    key = codes(rotated)[0]
    assert key.startswith(CHANNEL_ID)
    assert key != KEY
    assert gateway.native("GET", f"/ntfy/{KEY}/publish?message=old").status != 200
    assert "Already done." in text(operator.post(f"{HERE}/password", **form))
    reply = gateway.native("GET", f"/ntfy/{key}/publish?message=new")
    assert reply.status == 200, reply.body
    for path in (HERE, f"{HERE}/password", "/admin/channels"):
        assert key[26:] not in text(operator.get(path))


def test_a_channel_is_deleted_by_typing_its_name(
    gateway: Gateway, operator: Browser
) -> None:
    gateway.native("GET", f"/ntfy/{KEY}/publish?message=hello")
    asked = operator.get(f"{HERE}/delete")
    assert "with 1 message, 0 aliases and 0 targets" in text(asked)
    refused = operator.post(f"{HERE}/delete", name="Another")
    assert refused.status == 422
    assert "Nothing was deleted." in text(refused)
    done = operator.post(f"{HERE}/delete", name=f" {CHANNEL_NAME} ")
    assert done.headers["Location"] == "../../../admin/channels"
    assert not gateway.administer(lambda admin: admin.list_channels())
    assert operator.get(HERE).status == 404
    assert "No channels yet" in text(operator.get("/admin/channels"))


def test_a_channel_that_is_not_there_is_not_found(operator: Browser) -> None:
    for channel_id in ("nothing", "0" * 26):
        reply = operator.get(f"/admin/channels/{channel_id}")
        assert reply.status == 404
        assert "Not found" in text(reply)


def test_lines_name_the_main_listener_where_the_pages_have_their_own(
    tmp_path: Path,
) -> None:
    with running(tmp_path, admin_token=TOKEN, admin_addr=ANY_PORT) as gateway:
        main, own = gateway.ports["main"], gateway.ports["admin"]
        operator = Browser(replace(gateway, ports={"main": own}))
        operator.sign_in_as_operator(TOKEN)
        page = text(operator.get(HERE))
        assert f"http://nas.test:{main}/ntfy/KEY" in page
        assert 'href="../../docs"' not in page
        (address,) = codes(operator.post(f"{HERE}/ticket"))
        assert address.startswith(f"http://nas.test:{main}/inbox#ticket-")


# --------------------------------------------------------------------------- QR code


def test_a_qr_code_opens_the_inbox_once_within_five_minutes(
    gateway: Gateway, operator: Browser
) -> None:
    shown = operator.post(f"{HERE}/ticket")
    assert '<div class="qr" role="img"' in text(shown)
    assert "<svg" in text(shown)
    assert PASSWORD not in text(shown)
    (address,) = codes(shown)
    assert address.startswith("http://nas.test/inbox#ticket-")
    ticket = address.partition("#")[2]
    phone, thief = Browser(gateway), Browser(gateway)
    entered = phone.post("/inbox/sign-in", key=ticket)
    assert entered.headers["Location"] == "../inbox?in=1"
    assert f"<bdi>{CHANNEL_NAME}</bdi>" in text(phone.get("/inbox"))
    assert thief.post("/inbox/sign-in", key=ticket).status == 403
    late = codes(operator.post(f"{HERE}/ticket"))[0].partition("#")[2]
    gateway.clock.now_ms += 300_000
    assert thief.post("/inbox/sign-in", key=late).status == 403


def test_a_qr_code_ends_with_the_password_and_is_no_key(
    gateway: Gateway, operator: Browser
) -> None:
    ticket = codes(operator.post(f"{HERE}/ticket"))[0].partition("#")[2]
    assert gateway.native("GET", f"/ntfy/{ticket}/publish?message=x").status != 200
    gateway.administer(lambda admin: admin.rotate_password(CHANNEL_ID))
    assert Browser(gateway).post("/inbox/sign-in", key=ticket).status == 403


def test_no_address_answers_with_a_qr_code(operator: Browser) -> None:
    assert operator.get(f"{HERE}/ticket").status in (404, 405)


def test_the_pages_speak_chinese(gateway: Gateway) -> None:
    browser = Browser(gateway, ("Accept-Language", "zh-CN"))
    browser.sign_in_as_operator(TOKEN)
    assert "粘贴的命令" in text(browser.get(HERE))
    assert "今天的消息" in text(browser.get("/admin/channels"))
    assert f"更换“{CHANNEL_NAME}”的密码？" in text(browser.get(f"{HERE}/password"))


def test_a_channel_leads_to_its_inbox_and_its_calls(operator: Browser) -> None:
    page = text(operator.get(HERE))
    assert '<a class="btn" href="../../inbox">Inbox</a>' in page
    calls = f'href="../../admin/calls?channel={CHANNEL_ID}">Its calls</a>'
    assert calls in page


def test_that_phones_cannot_be_paired_is_said_in_the_readers_language(
    gateway: Gateway,
) -> None:
    browser = Browser(gateway, ("Accept-Language", "zh-CN"))
    browser.sign_in_as_operator(TOKEN)
    assert "没有设置 PUSHGO_BARK_APNS_KEY_FILE。" in text(browser.get(HERE))


def test_a_new_password_is_made_once_for_forms_of_several_processes(
    gateway: Gateway,
) -> None:
    async def twice(admin: Administration) -> list[bool]:
        channel = await admin.find_channel(CHANNEL_ID)
        done = [await admin.replace_password(channel) for _ in range(2)]
        return [opened is not None for opened in done]

    assert gateway.administer(twice) == [True, False]


def test_a_new_password_is_made_once_for_a_form_that_comes_twice_at_once(
    gateway: Gateway, operator: Browser
) -> None:
    form = {"number": number(operator.get(f"{HERE}/password"))}
    cookies = "; ".join(f"{k}={v}" for k, v in operator.cookies.items())
    headers = [("Origin", b"http://nas.test"), ("Cookie", cookies.encode())]
    raw = request(
        "POST", f"{HERE}/password", headers, urlencode(form).encode(), host="nas.test"
    )
    with ExitStack() as stack:
        wires = [stack.enter_context(Wire(gateway.ports["main"])) for _ in range(4)]
        for wire in wires:
            wire.send(raw)
        pages = [text(wire.read("POST")) for wire in wires]
    assert sum("<h1>Copy this now" in page for page in pages) == 1
