"""The record of an old call shows no key and no secret, wherever it stood."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.receipts.masking import (
    HIDDEN,
    MAX_BODY_BYTES,
    MAX_BODY_CHARS,
    Masker,
)
from pushgo_compat.core.receipts.receipts import Arrival, CallRecord, record_call
from pushgo_compat.legacy import LegacyReply, LegacyRequest, Note
from pushgo_compat.model import KeyClaim

Draw = st.DrawFn
Spell = Callable[[str], list[str]]

LONG_KEYS = st.one_of(
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=8),
    st.from_regex(r"[A-Za-z0-9]{8,60}", fullmatch=True),
    st.from_regex(r"[A-Za-z0-9]{26}[:_-][ -~]{8,20}", fullmatch=True),
)
TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


def percent(char: str) -> list[str]:
    """The ways to write a character in a URL."""
    upper = "".join(f"%{byte:02X}" for byte in char.encode())
    raw = [] if char in "%&?#+ ;=\r\n" else [char]
    return [*raw, upper, upper.lower()]


def escaped(char: str) -> list[str]:
    """The ways to write a character in a JSON string."""
    by_number = json.dumps(char)[1:-1] if ord(char) > 0xFFFF else f"\\u{ord(char):04x}"
    raw = [] if char < " " or char in '"\\' else [char]
    return [*raw, by_number, json.dumps(char)[1:-1], *(["\\/"] if char == "/" else [])]


@st.composite
def spelled(draw: Draw, key: str, spell: Spell) -> str:
    """The key, each character written in one of its ways."""
    return "".join(draw(st.sampled_from(spell(char))) for char in key)


ARRIVAL = Arrival("", "r", "", "")


def record_of(key: str, **request: object) -> CallRecord:
    values = {"method": "POST", "path": "/", **request}
    masker = Masker.of([KeyClaim(key=key)])
    return record_call(LegacyRequest(**values), ARRIVAL, masker, route="r")  # type: ignore[arg-type]  # names are the caller's


def assert_hidden(key: str, record: CallRecord) -> None:
    packed = record.pack(None)
    assert key.encode() not in packed
    unpacked = CallRecord.unpack(packed)
    texts = [unpacked.target, unpacked.body, unpacked.client]
    texts += [*unpacked.headers.keys(), *unpacked.headers.values()]
    for text in texts:
        assert key not in text
        assert key not in json.dumps(text)


@given(st.data(), LONG_KEYS, TEXT)
def test_a_key_in_the_target_is_hidden(
    data: st.DataObject, key: str, rest: str
) -> None:
    form = data.draw(spelled(key, percent))
    after = "".join(percent(char)[-1] for char in rest)
    assert_hidden(key, record_of(key, path=f"/{form}/{after}"))
    assert_hidden(key, record_of(key, path="/x", query=f"a={after}{form}&b={form}"))
    assert_hidden(key, record_of(key, path="/x", query=f"{form}={after}"))


@given(st.data(), LONG_KEYS, TEXT)
def test_a_key_in_a_json_body_is_hidden(
    data: st.DataObject, key: str, rest: str
) -> None:
    form = data.draw(spelled(key, escaped))
    other = json.dumps(rest)[1:-1]
    for text in (
        f'{{"topic": "{form}", "message": "{other}"}}',
        f'{{"device_keys": ["a", "{form}"], "body": "{other}{form}"}}',
        f'{{"a": {{"{form}": [["{form}"]]}}}}',
        f'[1, "{form}"',
    ):
        assert_hidden(key, record_of(key, body=text.encode()))


@given(st.data(), LONG_KEYS, TEXT)
def test_a_key_in_a_form_or_a_text_is_hidden(
    data: st.DataObject, key: str, rest: str
) -> None:
    form = data.draw(spelled(key, percent))
    for text in (f"title={form}&x=1", f"{rest}{key}{rest}", f"a: {form}", key * 2):
        assert_hidden(key, record_of(key, body=text.encode()))


@given(st.data(), LONG_KEYS)
def test_a_key_in_a_header_is_hidden(data: st.DataObject, key: str) -> None:
    form = data.draw(spelled(key, percent))
    headers = CIMultiDict({"X-Click": f"https://x/{form}?a", "User-Agent": form})
    headers["Referer"] = key.encode().decode("ascii", "surrogateescape")
    assert_hidden(key, record_of(key, headers=CIMultiDictProxy(headers)))


@given(LONG_KEYS)
def test_a_key_in_a_note_is_hidden(key: str) -> None:
    record = record_call(
        LegacyRequest(method="GET", path="/"),
        ARRIVAL,
        Masker([key]),
        route="r",
        notes=[Note(key, "code", f"x {key}")],
    )
    (note,) = CallRecord.unpack(record.pack(None)).notes
    assert key not in note.field
    assert key not in note.detail


@given(LONG_KEYS, st.integers(0, 40))
def test_a_key_at_the_end_of_what_is_kept_is_hidden(key: str, back: int) -> None:
    for limit in (MAX_BODY_BYTES, MAX_BODY_CHARS):
        before = "x" * (limit - min(back, len(key)))
        kept = Masker([key]).body(f"{before}{key}{'y' * 9}".encode())
        assert key not in kept
        assert len(kept) <= MAX_BODY_CHARS + len(HIDDEN)


def test_what_is_left_of_a_key_at_the_end_of_what_is_looked_at_is_hidden() -> None:
    key = "qv7rmz0k3xw9t2ybd8cn5hs4gpaf" * 2  # so long that all its hints are kept
    for shift in range(len(key)):
        kept = Masker([key]).body(b"x" * shift + key.encode() * 400)
        assert len(kept) <= MAX_BODY_CHARS
        assert key[:7] not in kept


def test_a_key_that_begins_another_does_not_uncover_its_rest() -> None:
    channel_id = "06J0FZG1Y8XGG14VTQ4Y3G10MR"
    masker = Masker([channel_id, channel_id + "SECRETPASS"])
    assert "SECRET" not in masker.target(f"/{channel_id}SECRETPASS/title", "")


def test_a_key_in_another_case_is_hidden_too() -> None:
    kept = Masker(["sct1tsecretkey"]).header("https://SCT1TSecretKey.push.test/")
    assert kept == HIDDEN


# ------------------------------------------------------------------------ short keys


@pytest.mark.parametrize(
    ("path", "query", "kept"),
    [
        ("/nas", "", "/…"),
        ("/nas/title/body", "", "/…/title/body"),
        ("/nas.send", "title=nas+is+full", "/….send?title=nas+is+full"),
        ("/", "topic=nas&message=nasty", "/?topic=…&message=nasty"),
        ("/nasty/banas", "x=y", "/nasty/banas?x=y"),
    ],
)
def test_a_short_alias_is_hidden_where_it_is_a_whole_value(
    path: str, query: str, kept: str
) -> None:
    assert Masker(["nas"]).target(path, query) == kept


@pytest.mark.parametrize(
    "text",
    ["the nas is full", "nas: disk full", "Disk of nas, volume 1", "no nas-1, nasty"],
)
def test_a_short_alias_does_not_garble_text(text: str) -> None:
    assert Masker(["nas"]).body(text.encode()) == text
    assert Masker(["nas"]).header(text) == text


def test_a_short_alias_in_json_is_hidden_as_a_value_only() -> None:
    body = b'{"topic": "nas", "message": "nas is full"}'
    assert Masker(["nas"]).body(body) == '{"topic": "…", "message": "nas is full"}'


# ------------------------------------------------------------------- secrets by name

NAMES = [
    "token",
    "auth",
    "Authorization",
    "password",
    "sendkey",
    "device_key",
    "x-api-key",
]


@pytest.mark.parametrize("name", NAMES)
def test_values_of_secret_names_are_hidden_in_query_form_and_json(name: str) -> None:
    masker = Masker(["alias-of-this-call"])
    encoded = "".join(f"%{ord(char):02x}" for char in name)
    by_number = "".join(f"\\u{ord(char):04x}" for char in name)
    kept = [
        masker.target("/x", f"a=1&{name}=S3CRET&b=2"),
        masker.target("/x", f"{encoded}=S3CRET&b=2"),
        masker.body(f"{name}=S3CRET+S3CRET S3CRET&b=2".encode()),
        masker.body(f"a=1&{encoded}=S3CRET&b=2".encode()),
        masker.body(f'{{"{name}": "S3CRET \\" S3CRET", "b": 2}}'.encode()),
        masker.body(f'{{"{by_number}": "S3CRET", "b": 2}}'.encode()),
        masker.body(
            f'{{"{name}": {{"x": "S3CRET", "y": ["S3CRET"]}}, "b": 2}}'.encode()
        ),
        masker.body(f'{{"a": [{{"{name}": ["S3CRET", "S3CRET"]}}], "b": 2}}'.encode()),
    ]
    assert not any("S3CRET" in text for text in kept)
    assert all("b" in text for text in kept)
    broken = f'{{"{name}": {{"x": "S3CRET"'
    parts = (
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\nS3CRET\r\n--x--'
    )
    for text in (broken, parts):
        assert "S3CRET" not in masker.body(text.encode())


@pytest.mark.parametrize("name", ["Authorization", "Cookie", "X-Api-Key", "X-Token"])
def test_headers_of_secret_names_are_hidden(name: str) -> None:
    headers = CIMultiDict({name: "S3CRET", "Title": "t"})
    for body in (b"short", b"long" * 4096):
        sent = LegacyRequest(
            method="POST", path="/t", headers=CIMultiDictProxy(headers), body=body
        )
        kept = Masker([]).request(sent).headers
        assert kept == {name: HIDDEN, "Title": "t"}


PIECES = st.lists(
    st.sampled_from(
        [
            *("disk full", "磁盘", "token=1", "a=1&b=2", '{"a": "b"}', "x" * 5000),
            *("KEY-of-Home", "key-of-home", "%41", "\\u0041", "06J0" * 12, "\udcff\n"),
        ]
    ),
    max_size=3,
).map("".join)


@given(PIECES, PIECES, PIECES, PIECES, PIECES, PIECES)
def test_one_look_at_a_request_hides_what_a_look_at_each_part_hides(
    path: str, query: str, title: str, client: str, body: str, field: str
) -> None:
    masker = Masker(["key-of-home", "nas"])
    headers = CIMultiDict({"Title": title, "User-Agent": client, "Cookie": "c"})
    notes = [Note(field, "unknown"), Note("Title", "title", field)]
    sent = LegacyRequest(
        method="POST",
        path=f"/{path}",
        query=query,
        headers=CIMultiDictProxy(headers),
        body=body.encode("utf-8", "replace"),
    )
    kept = masker.request(sent, title, notes)
    assert kept.client == masker.header(client)
    assert kept.target == masker.target(sent.path, query)
    assert kept.headers == {"Title": masker.header(title), "Cookie": HIDDEN}
    assert kept.body == masker.body(sent.body)
    assert kept.notes == masker.notes(notes)
    assert kept.request_id == masker.request_id(title)


def test_what_holds_no_secret_is_kept_as_sent() -> None:
    masker = Masker(["alias-of-this-call"])
    body = '{"title": "磁盘 \\u6ee1", "n": [1.50, null]}'
    assert masker.body(body.encode()) == body
    assert masker.target("/x", "title=%E6%BB%A1&a") == "/x?title=%E6%BB%A1&a"


@pytest.mark.parametrize("depth", [300, 600, 5000])
def test_deep_json_is_no_fault(depth: int) -> None:
    body = '{"a":' * depth + '{"key":"S3CRET"}' + "}" * depth
    assert "S3CRET" not in Masker(["k" * 8]).body(body.encode())


@given(st.binary(max_size=200))
def test_any_body_can_be_kept(body: bytes) -> None:
    Masker(["a-long-key"]).body(body).encode()


def test_a_reply_that_repeats_the_key_is_masked() -> None:
    reply = LegacyReply(body=b'{"topic":"backups-of-home","id":"1"}')
    masked = Masker(["backups-of-home"]).reply(reply)
    assert masked.body.decode() == '{"topic":"bac…ome","id":"1"}'


def test_a_key_whose_mask_is_known_is_not_masked_again() -> None:
    key = "a-key-that-a-channel-was-opened-with"
    masker = Masker.of([KeyClaim(key=key)], {key: "a-ke…ith"})
    assert masker.target(f"/{key}/hello", "") == "/a-ke…ith/hello"
