"""What a dialect refused by itself, in the operator's words and in both languages."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount, running
from tests.golden import KEY, UNKNOWN_KEY
from tests.web.browser import Browser
from tests.web.operator_pages import TOKEN, signed_in, text
from tests.wire import HeaderLines, Reply

GOTIFY = Source("gotify")
JSON = (("Content-Type", b"application/json"),)
FORM = (("Content-Type", b"application/x-www-form-urlencoded"),)


class Case(NamedTuple):
    source: Source
    path: str
    lines: HeaderLines
    body: bytes
    en: str
    zh: str


CASES = {
    "a header": Case(
        Source.NTFY,
        f"/{KEY}",
        (("Prio", b"9"),),
        b"x",
        "Priority “9” is not one of 1 to 5",
        "优先级“9”不在 1 到 5 之间",
    ),
    "a query": Case(
        Source.NTFY,
        f"/{KEY}?delay=2s",
        (),
        b"x",
        "The delay “2s” is shorter than 10 seconds",
        "延迟时间“2s”少于 10 秒",
    ),
    "JSON": Case(
        Source.NTFY,
        "/",
        (),
        json.dumps({"topic": KEY, "icon": "pic.png"}).encode(),
        "The icon “pic.png” is no http or https address",
        "图标“pic.png”不是 http 或 https 地址",
    ),
    "the type of JSON, read before the key": Case(
        Source.NTFY,
        "/",
        (),
        json.dumps({"topic": KEY, "tags": "private words"}).encode(),
        "A member of the JSON has another type than ntfy takes",
        "JSON 里有一个字段的类型不对",
    ),
    "a template that makes the value": Case(
        Source.NTFY,
        f"/{KEY}?template=yes&message=m&priority=%7B%7B.p%7D%7D",
        (),
        b'{"p":9}',
        "Priority is not one of 1 to 5",
        "优先级不在 1 到 5 之间",
    ),
    "no key": Case(
        Source.BARK,
        "/push",
        JSON,
        b'{"body":"private words"}',
        "The call names no device key",
        "调用里没有 device key",
    ),
    "a list of another type": Case(
        Source.BARK,
        "/push",
        JSON,
        b'{"device_keys":{"private words":1}}',
        "device_keys is no list",
        "device_keys 不是列表",
    ),
    "no title": Case(
        Source.SERVERCHAN,
        f"/{KEY}.send",
        FORM,
        b"desp=x",
        "The message has no title",
        "消息没有标题",
    ),
    "a number in a form": Case(
        GOTIFY,
        f"/message?token={KEY}&priority=loud",
        FORM,
        b"message=x",
        "Priority “loud” is no whole number of 64 bits",
        "优先级“loud”不是 64 位整数",
    ),
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    folder: Path = tmp_path_factory.mktemp("refusals")
    with running(folder, admin_token=TOKEN) as gateway:
        yield gateway


@pytest.fixture(scope="module")
def operator(gateway: Gateway) -> Browser:
    return signed_in(gateway)


@pytest.fixture(scope="module")
def reader(gateway: Gateway) -> Browser:
    """An operator who reads Chinese."""
    return signed_in(gateway, ("Accept-Language", "zh-CN"))


def call(gateway: Gateway, case: Case) -> Reply:
    """One call a second: none of them is passed over."""
    gateway.clock.now_ms += 1000
    return gateway.call(
        case.source, Mount.PREFIX, "POST", case.path, case.lines, case.body
    )


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_refusal_has_a_sentence_in_both_languages(
    gateway: Gateway, operator: Browser, reader: Browser, case: Case
) -> None:
    reply = call(gateway, case)
    page = f"/admin/calls/{reply.headers['X-PushGo-Call-Id']}"
    english = html.unescape(text(operator.get(page)))
    assert f"<bdi>{case.en}</bdi></h1>" in english
    chinese = html.unescape(text(reader.get(page)))
    assert f"<bdi>{case.zh}</bdi></h1>" in chinese
    assert "private words" not in english + chinese
    assert KEY not in english + chinese


def test_a_refusal_before_any_key_opened_shows_no_value(
    gateway: Gateway, operator: Browser
) -> None:
    case = CASES["the type of JSON, read before the key"]
    reply = call(gateway, case)
    page = html.unescape(
        text(operator.get(f"/admin/calls/{reply.headers['X-PushGo-Call-Id']}"))
    )
    assert "Mend tags; the answer is in the old server's words." in page
    assert "request body must be valid JSON" in page


def test_an_unknown_key_comes_before_a_wrong_parameter(
    gateway: Gateway, operator: Browser
) -> None:
    case = CASES["a header"]._replace(path=f"/{UNKNOWN_KEY}")
    reply = call(gateway, case)
    page = text(operator.get(f"/admin/calls/{reply.headers['X-PushGo-Call-Id']}"))
    assert "Priority “9”" not in page
