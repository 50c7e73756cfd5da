"""The operator's pages of doing a call again: sending its messages, translating it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from pushgo_compat.core.stores.access.aliases import AliasChange
from pushgo_compat.model import Severity, Source
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY, UNKNOWN_KEY
from tests.web.browser import Browser
from tests.web.dialect_calls import CALLS, Call
from tests.web.operator_pages import TOKEN, number, signed_in, text
from tests.wire import HeaderLines, Reply

OLD_KEY = "an-old-key-of-a-script"


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(tmp_path, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


def ntfy(
    gateway: Gateway, lines: HeaderLines = (), key: str = KEY, body: bytes = b"text"
) -> Reply:
    gateway.clock.now_ms += 1000
    return gateway.call(Source.NTFY, Mount.PREFIX, "POST", f"/{key}", lines, body)


def page_of(reply: Reply) -> str:
    return f"/admin/calls/{reply.headers['X-PushGo-Call-Id']}"


# ------------------------------------------------------------------------- send again


def test_sending_again_asks_first_and_happens_once_for_each_form(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(gateway, [("Title", b"Backup")])
    page = page_of(call)
    assert f'href="../../{page[1:]}/again"' in text(operator.get(page))
    form = operator.get(f"{page}/again")
    assert "Send this message again?" in text(form)
    assert gateway.count() == 1
    answers = [
        operator.post(f"{page}/again", number=number(form), to="") for _ in range(2)
    ]
    assert [answer.status for answer in answers] == [303, 303]
    assert gateway.count() == 2
    last = gateway.last_message()
    assert last is not None
    assert last["title"] == "Backup"
    assert last["metadata"]["pushgo.replay_of"] == page.rpartition("/")[2]
    place = answers[0].headers["Location"].removeprefix("../../..")
    assert "Sent again: one message." in text(operator.get(place))


def test_another_channel_can_be_chosen(gateway: Gateway, operator: Browser) -> None:
    other = gateway.administer(lambda admin: admin.create_channel("Second"))
    page = page_of(ntfy(gateway))
    form = number(operator.get(f"{page}/again"))
    operator.post(f"{page}/again", number=form, to=other.channel_id)
    assert gateway.count() == 1
    shown = gateway.administer(lambda admin: admin.store.channel(other.channel_id))
    assert shown is not None
    kept = gateway.administer(
        lambda admin: admin.store.lanes.waiting(shown.number, b"", 10)
    )
    assert kept == 1


def test_a_batch_says_how_many_messages_are_sent(
    gateway: Gateway, operator: Browser
) -> None:
    other = gateway.administer(lambda admin: admin.create_channel("Second"))
    body = {"title": "Door", "device_keys": [KEY, other.key]}
    head: HeaderLines = [("Content-Type", b"application/json")]
    data = json.dumps(body).encode()
    call = gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", head, data)
    form = operator.get(f"{page_of(call)}/again")
    assert "Send these 2 messages again?" in text(form)
    sent = operator.post(f"{page_of(call)}/again", number=number(form), to="")
    assert "sent=2" in sent.headers["Location"]


def test_what_cannot_be_sent_again_says_so_and_sends_nothing(
    gateway: Gateway, operator: Browser
) -> None:
    call = ntfy(gateway)
    page = page_of(call)
    form = number(operator.get(f"{page}/again"))
    for fields in ({"to": ""}, {"number": form, "to": "0" * 26}):
        refused = operator.post(f"{page}/again", **fields)
        assert refused.status == 422
        assert b'role="alert"' in refused.body
    assert gateway.count() == 1
    refused_call = ntfy(gateway, key=UNKNOWN_KEY)
    for path in ("again", "translation"):
        assert operator.get(f"{page_of(refused_call)}/{path}").status == 404


def test_a_foreign_form_and_a_stranger_send_nothing(
    gateway: Gateway, operator: Browser
) -> None:
    page = page_of(ntfy(gateway))
    form = number(operator.get(f"{page}/again"))
    Browser(gateway).post(f"{page}/again", number=form, to="")
    operator.origin = "http://evil.test"
    assert operator.post(f"{page}/again", number=form, to="").status == 403
    assert gateway.count() == 1


# -------------------------------------------------------------------- translate again


@pytest.mark.parametrize("call", CALLS, ids=str)
def test_this_version_makes_the_same_of_a_call_that_it_has_translated(
    gateway: Gateway, operator: Browser, call: Call
) -> None:
    reply = call.send(gateway, Mount.PREFIX, KEY)
    count = gateway.count()
    page = text(operator.get(f"{page_of(reply)}/translation"))
    assert "This version makes the same of it. Nothing was sent." in page
    assert gateway.count() == count


def test_the_fields_of_the_translation_are_those_of_the_call(
    gateway: Gateway, operator: Browser
) -> None:
    lines = [
        ("Title", b"Backup"),
        ("Priority", b"urgent"),
        ("Icon", b"https://a.test/i"),
    ]
    lines += [("Tags", b"nas,disk"), ("Delay", b"10min")]
    page = text(operator.get(f"{page_of(ntfy(gateway, lines))}/translation"))
    assert "makes the same of it" in page
    for name in ("Title", "Priority", "Icon", "Tags", "Delay"):
        assert f"<bdi>{name}</bdi>" in page


def test_what_comes_out_differently_is_shown_then_and_now(
    gateway: Gateway, operator: Browser
) -> None:
    alias_id = gateway.alias(Source.NTFY, OLD_KEY, tags=("nas",))
    call = ntfy(gateway, [("Priority", b"high")], key=OLD_KEY)
    gateway.administer(
        lambda admin: admin.change_alias(
            alias_id, AliasChange(severity_map={Severity.HIGH: Severity.LOW})
        )
    )
    page = text(operator.get(f"{page_of(call)}/translation"))
    assert "One native field comes out differently." in page
    assert "<bdi>high</bdi>" in page
    assert "<bdi>low</bdi>" in page
    assert OLD_KEY not in page


def test_a_file_cannot_be_translated_again_and_the_page_says_why(
    gateway: Gateway, operator: Browser
) -> None:
    host = ("Host", f"127.0.0.1:{gateway.ports['main']}".encode())
    call = ntfy(gateway, [host, ("Filename", b"a.pdf")], body=b"%PDF-1.4 \xff")
    page = text(operator.get(f"{page_of(call)}/translation"))
    assert "its body was a file" in page


def test_a_long_body_is_translated_as_far_as_it_is_kept(
    gateway: Gateway, operator: Browser
) -> None:
    data = json.dumps({"device_key": KEY, "body": "x" * 6000}).encode()
    head: HeaderLines = [("Content-Type", b"application/json")]
    call = gateway.call(Source.BARK, Mount.PREFIX, "POST", "/push", head, data)
    page = text(operator.get(f"{page_of(call)}/translation"))
    assert "of its long body only the beginning is kept" in page
    form = b"body=" + b"x" * 6000
    plain: HeaderLines = [("Content-Type", b"application/x-www-form-urlencoded")]
    call = gateway.call(Source.BARK, Mount.PREFIX, "POST", f"/{KEY}", plain, form)
    page = text(operator.get(f"{page_of(call)}/translation"))
    assert "Of a long body only the beginning is kept" in page
    assert "One native field comes out differently." in page


@pytest.mark.parametrize(
    "key", ["nas", "key/with slash", "密钥", "SCT12345Tabcdefghij"]
)
def test_keys_of_any_shape_have_a_stand_in(
    gateway: Gateway, operator: Browser, key: str
) -> None:
    gateway.alias(Source.BARK, key)
    call = gateway.call(
        Source.BARK, Mount.PREFIX, "GET", f"/{quote(key, safe='')}/title/body"
    )
    assert call.status == 200
    page = text(operator.get(f"{page_of(call)}/translation"))
    assert "This version makes the same of it." in page
