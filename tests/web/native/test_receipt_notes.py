"""A note says where its field stood, what it said, and what became of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pushgo_compat.model import Source
from tests.gateway import LOGIN, Gateway, Mount
from tests.golden import CHANNEL_ID, KEY
from tests.web.dialect_calls import JSON
from tests.web.native.test_receipts import COLON_KEY, DRY_RUN
from tests.wire import HeaderLines

FORM = ("Content-Type", b"application/x-www-form-urlencoded")
Where = tuple[str, str | None, str | None]


def notes_of(
    gateway: Gateway,
    dialect: Source,
    method: str,
    path: str,
    headers: HeaderLines = (),
    body: bytes = b"",
) -> list[dict[str, Any]]:
    """The notes of a dry run, which a stored receipt of the same call has too."""
    call = (dialect, Mount.PORT, method, path)
    dry = gateway.call(*call, [*headers, DRY_RUN], body).json["notes"]
    (message_id,) = gateway.call(*call, headers, body).message_ids
    assert gateway.stored(message_id)["receipt"]["notes"] == dry
    return list(dry)


@pytest.mark.parametrize(
    ("dialect", "method", "path", "headers", "body", "expected"),
    [
        pytest.param(
            Source.NTFY,
            "POST",
            f"/{KEY}?tags=a,b&title=late",
            [("X-Title", b"hello"), ("Icon", b"https://a.example/i.png")],
            b"text",
            [
                ("X-Title", "header", "hello"),
                ("Icon", "header", "https://a.example/i.png"),
                ("tags", "query", "a,b"),
                ("title", "query", "late"),
                ("body", "body", "text"),
            ],
            id="ntfy",
        ),
        pytest.param(
            Source.NTFY,
            "POST",
            f"/{KEY}?title=second",
            [("title", b"first")],
            b"t",
            [
                ("title", "query", "second"),
                ("title", "header", "first"),
                ("body", "body", "t"),
            ],
            id="ntfy-one-name-in-two-places",
        ),
        pytest.param(
            Source.NTFY,
            "POST",
            "/",
            [],
            json.dumps({"topic": KEY, "message": "m", "priority": 4}).encode(),
            [("priority", "JSON", "4"), ("message", "JSON", "m")],
            id="ntfy-json",
        ),
        pytest.param(
            Source.NTFY,
            "PUT",
            f"/{KEY}/door",
            [],
            b"t",
            [("path", "path", "door"), ("body", "body", "t")],
            id="ntfy-path",
        ),
        pytest.param(
            Source.BARK,
            "POST",
            f"/{KEY}/a%20title/text?sound=bell",
            [FORM],
            b"sound=horn",
            [
                ("title", "path", "a title"),
                ("body", "path", "text"),
                ("sound", "form", "horn"),
                ("sound", "query", "bell"),
            ],
            id="bark-form",
        ),
        pytest.param(
            Source.BARK,
            "POST",
            f"/{KEY}?title=q",
            [JSON],
            b'{"title": "j", "ext": {"icon": "i"}}',
            [
                ("ext", "JSON", '{"icon":"i"}'),
                ("title", "query", "q"),
                ("title", "JSON", "j"),
                ("icon", "JSON", "i"),
            ],
            id="bark-json",
        ),
        pytest.param(
            Source.BARK,
            "GET",
            f"/{KEY}/b?sound=a&sound=c",
            [],
            b"",
            [("body", "path", "b"), ("sound", "query", "c"), ("sound", "query", "a")],
            id="bark-twice",
        ),
        pytest.param(
            Source.SERVERCHAN,
            "POST",
            f"/{KEY}.send?channel=9",
            [FORM],
            b"title=t&desp=d",
            [
                ("title", "form", "t"),
                ("desp", "form", "d"),
                ("channel", "query", "9"),
            ],
            id="serverchan",
        ),
        pytest.param(
            Source("gotify"),
            "POST",
            f"/message?token={KEY}",
            [JSON],
            b'{"message":"m","extras":{"client::notification":{"click":{"url":"a:b"}}}}',
            [
                ("message", "JSON", "m"),
                ("client::notification.click.url", "JSON", "a:b"),
            ],
            id="gotify",
        ),
    ],
)
def test_a_note_says_where_its_field_stood_and_what_it_said(
    gateway: Gateway,
    dialect: Source,
    method: str,
    path: str,
    headers: HeaderLines,
    body: bytes,
    expected: list[Where],
) -> None:
    notes = notes_of(gateway, dialect, method, path, headers, body)
    assert {(n["field"], n["place"], n["value"]) for n in notes} == set(expected)
    assert {note["message"] for note in notes} == {0}


def test_a_code_names_its_dialect_unless_it_means_the_same_in_all(
    gateway: Gateway,
) -> None:
    headers = [("Icon", b"https://a.example/i.png"), ("Authorization", b"Bearer x")]
    path = f"/{KEY}?colour=red"
    notes = notes_of(gateway, Source.NTFY, "POST", path, headers, b"t")
    assert {note["field"]: note["code"] for note in notes} == {
        "Icon": "ntfy.icon",
        "colour": "unknown",
        "body": "ntfy.message",
        "Authorization": "gate.login-ignored",
    }


def test_a_value_shows_no_secret(gateway: Gateway) -> None:
    path = f"/{KEY}/see%20{KEY}?api_key=hunter2hunter2"
    notes = notes_of(gateway, Source.BARK, "GET", path)
    shown = json.dumps(notes)
    assert KEY not in shown
    assert "hunter2" not in shown
    assert {note["value"] for note in notes if note["field"] == "api_key"} == {"…"}


@pytest.mark.parametrize(
    ("language", "why"),
    [
        (b"en", "Stored. ntfy's apps show it, others do not."),
        (b"zh-CN,zh;q=0.9", "已保存。ntfy 应用会显示，其他不会。"),
    ],
)
def test_a_sentence_is_in_the_readers_language(
    gateway: Gateway, language: bytes, why: str
) -> None:
    headers = [("Icon", b"https://a.example/i.png"), ("Accept-Language", language)]
    call = (Source.NTFY, Mount.PREFIX, "POST", f"/{KEY}")
    dry = gateway.call(*call, [*headers, DRY_RUN], b"t").json
    assert why in [note["why"] for note in dry["notes"]]
    (message_id,) = gateway.call(*call, headers, b"t").message_ids
    page = f"/channel/{CHANNEL_ID}/messages/{message_id}"
    read = gateway.native("GET", page, [LOGIN, ("Accept-Language", language)]).json
    assert read["data"]["receipt"]["notes"] == dry["notes"]


def test_a_note_on_a_batch_is_about_all_of_its_messages(gateway: Gateway) -> None:
    body = json.dumps({"device_keys": [KEY, COLON_KEY], "sound": "bell"}).encode()
    call = (Source.BARK, Mount.PREFIX, "POST", "/push")
    dry = gateway.call(*call, [JSON, DRY_RUN], body).json
    assert [note["message"] for note in dry["notes"]] == [None]
    for message_id in gateway.call(*call, [JSON], body).message_ids:
        receipt = gateway.stored(message_id)["receipt"]
        assert [note["message"] for note in receipt["notes"]] == [0]
