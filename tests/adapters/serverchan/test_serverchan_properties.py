"""Random calls: a shaped reply, and messages within the rules of docs/native-api.md."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.serverchan import SERVERCHAN
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    Translation,
)
from pushgo_compat.model import NativeMessage
from tests.found import examples
from tests.golden import (
    NOW_MS,
    check_size,
    legacy_request,
    load_found,
    native_fields,
    receipt,
)

FIELDS = (
    *("title", "text", "desp", "short", "tags", "channel", "openid", "noip"),
    *("encoded", "uid", "key", "sendkey", "token", "template"),
)
PATHS = ("/k.send", "/SCUk.send", "/send/k.send", "/send", "/push", "/k", "/", "//")
TYPES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "multipart/form-data",
    "text/plain",
    "",
)

header_bytes = st.binary(max_size=30).map(
    lambda raw: raw.decode("utf-8", "surrogateescape")
)
any_text = st.text(st.characters(exclude_categories=()), max_size=80)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=3)
    ),
    max_leaves=8,
)
json_bodies = st.dictionaries(st.sampled_from(FIELDS), json_values).map(
    lambda document: json.dumps(document).encode()
)
form_bodies = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.binary(max_size=80)), max_size=8
).map(lambda pairs: b"&".join(name.encode() + b"=" + value for name, value in pairs))
part_bodies = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.binary(max_size=40)), max_size=5
).map(
    lambda parts: (
        b"".join(
            b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
            % (name.encode(), value)
            for name, value in parts
        )
        + b"--b--"
    )
)
requests = st.builds(
    lambda method, path, query, body, content_type, host, extra: LegacyRequest(
        method=method,
        path=path,
        query=query,
        headers=CIMultiDictProxy(
            CIMultiDict(
                [
                    ("Content-Type", content_type),
                    ("Host", host),
                    ("Authorization", extra),
                ]
            )
        ),
        body=body,
        received_at_ms=NOW_MS,
    ),
    st.sampled_from(("GET", "POST", "POST", "POST", "HEAD", "OPTIONS", "BREW")),
    st.sampled_from(PATHS[:3]) | st.sampled_from(PATHS) | st.text(max_size=30),
    st.text(max_size=60) | st.sampled_from(("title=a", "id=1&readkey=SCT", "")),
    json_bodies | form_bodies | part_bodies | st.binary(max_size=100),
    st.sampled_from(TYPES) | header_bytes,
    header_bytes | st.just("sctp1tk.push.ft07.com"),
    header_bytes,
)


def outcome(request: LegacyRequest) -> tuple[LegacyReply, Translation | None]:
    try:
        call = SERVERCHAN.open(request)
        if not isinstance(call, Publish):
            reply = getattr(call, "reply", None)
            return reply or SERVERCHAN.status(request, None), None
        SERVERCHAN.refused(request, ChannelNotFound())
        translation = call.translate()
    except LegacyRefusal as refusal:
        return refusal.reply, None
    got = receipt(translation.message, None)
    return SERVERCHAN.accepted(request, call, translation, [got]), translation


def keeps_the_rules(message: NativeMessage) -> None:
    fields = native_fields(message)
    text = json.dumps(fields, ensure_ascii=False)
    check_size(fields)  # also: no surrogate
    assert "\\u0000" not in text
    assert message.title
    assert message.title == message.title.strip()
    assert "\n" not in message.title
    assert message.body is None or message.body.strip()
    assert message.ciphertext != ""
    assert len(message.tags) == len(set(message.tags)) <= 32
    assert all(1 <= len(tag) <= 64 and tag == tag.strip() for tag in message.tags)
    for name, value in message.metadata.items():
        assert 1 <= len(name) <= 64
        assert 1 <= len(str(value).strip()) <= 512


def check(request: LegacyRequest) -> None:
    reply, translation = outcome(request)
    if reply.content_type == "application/json":
        document = json.loads(reply.body)
        number = document["code"] if "code" in document else document["errno"]
        assert type(number) is int
        assert (number == 0) == (translation is not None)
    if translation is not None:
        assert translation.message is not None
        keeps_the_rules(translation.message)
        for note in translation.notes:
            text = SERVERCHAN.notes[note.code]
            assert (text.to or "").format(note.detail) or text.to is None
            note.field.encode()


@settings(deadline=None, max_examples=400)
@examples(legacy_request(case) for case in load_found("serverchan"))
@given(requests)
def test_any_request_gets_a_shaped_reply_and_no_other_exception(
    request: LegacyRequest,
) -> None:
    check(request)


@settings(deadline=None, max_examples=40)
@given(
    st.dictionaries(
        st.sampled_from(FIELDS),
        st.tuples(any_text.filter(bool), st.integers(1, 1500)).map(
            lambda made: made[0] * made[1]
        ),
    ),
    st.sampled_from(PATHS[:3]),
)
def test_no_length_is_refused_unless_it_is_ciphertext(
    fields: dict[str, str], path: str
) -> None:
    fields = {"title": "a", **fields}
    request = LegacyRequest(
        method="POST",
        path=path,
        headers=CIMultiDictProxy(CIMultiDict({"Content-Type": "application/json"})),
        body=json.dumps(fields).encode(),
        received_at_ms=NOW_MS,
    )
    check(request)
    if (fields["title"] + fields.get("text", "")).replace("\0", "").strip() and (
        "encoded" not in fields
    ):
        assert outcome(request)[1] is not None


def test_deep_json_and_endless_numbers_are_no_fields() -> None:
    for body in (b"[" * 200_000, b'{"title":' * 100_000, b'{"title":' + b"9" * 99_999):
        reply, translation = outcome(
            LegacyRequest(
                method="POST",
                path="/k.send",
                headers=CIMultiDictProxy(
                    CIMultiDict({"Content-Type": "application/json"})
                ),
                body=body,
            )
        )
        assert (reply.status, translation) == (400, None)
