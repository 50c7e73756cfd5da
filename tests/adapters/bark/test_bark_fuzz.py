"""Random calls: a Bark reply, and a message that docs/native-api.md allows."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.bark import BARK, BarkDialect
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.legacy import (
    Answer,
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    Register,
)
from pushgo_compat.model import NativeMessage
from tests.found import examples
from tests.golden import NOW_MS, check_size, legacy_request, load_found, native_fields

NAMES = [
    *("title", "subtitle", "body", "markdown", "Title", "level", "url", "image"),
    *("ttl", "group", "icon", "id", "copy", "sound", "iv", "ciphertext", "delete"),
    *("device_key", "device_keys", "token", "aps", "foo", "a b", "名", ""),
]
TYPES = [
    *("application/json", "application/x-www-form-urlencoded", "text/plain", ""),
    *("multipart/form-data; boundary=XX", "application/vnd.x+json", "\udcff"),
]
SAFE = re.compile(r"(?i)(javascript|data|vbscript):")
text = st.text(st.characters(codec=None), max_size=40)
scalars = st.one_of(
    text,
    st.integers(),
    st.floats(),
    st.booleans(),
    st.none(),
    st.sampled_from(["1", "critical", "https://a/b", "javascript:x", "x" * 2100]),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(NAMES) | text, inner, max_size=3),
    ),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from(NAMES) | text, values, max_size=8)
ascii_bytes = st.text(st.characters(max_codepoint=0x7F), max_size=60)
bodies = st.one_of(
    st.binary(max_size=200),
    documents.map(lambda d: json.dumps(d).encode()),
    st.just(b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    st.just(b'{"x":' + b"9" * 5000 + b"}"),
    st.binary(max_size=60).map(
        lambda b: b'--XX\r\nContent-Disposition: form-data; name="body"\r\n\r\n' + b
    ),
)
requests = st.builds(
    LegacyRequest,
    method=st.sampled_from(["GET", "POST", "POST", "HEAD", "PUT", "\udcff"]),
    path=st.one_of(
        st.just("/push"),
        st.just("/register"),
        st.just("/KEY"),
        st.lists(ascii_bytes, max_size=5).map(lambda s: "/" + "/".join(s)),
        text,
    ),
    query=st.one_of(st.just(""), ascii_bytes, text),
    headers=st.builds(
        lambda kind, coding, auth: CIMultiDictProxy(
            CIMultiDict(
                {
                    "Content-Type": kind,
                    "Content-Encoding": coding,
                    "Authorization": auth,
                }
            )
        ),
        st.sampled_from(TYPES),
        st.sampled_from(["", "", "gzip", "deflate", "br"]),
        text,
    ),
    body=bodies,
    received_at_ms=st.just(NOW_MS),
)


methods = st.sampled_from(["initialize", "tools/list", "ping", "foo", "", None])
mcp_frames = st.one_of(
    values,
    st.fixed_dictionaries(
        {"jsonrpc": st.just("2.0") | values, "id": values, "method": methods | values},
        optional={"params": values, "result": values, "error": values},
    ),
    st.fixed_dictionaries(
        {
            "jsonrpc": st.just("2.0"),
            "id": scalars,
            "method": st.just("tools/call"),
            "params": st.fixed_dictionaries(
                {"name": st.just("notify"), "arguments": documents}
            ),
        }
    ),
)


def check_message(message: NativeMessage) -> None:
    """Every rule of docs/native-api.md for the fields that Bark can set."""
    assert message.title is not None
    assert message.title.strip() == message.title != ""
    assert message.body is None or message.body.strip()
    assert message.url is None or (
        1 <= len(message.url) <= 2048 and not SAFE.match(message.url)
    )
    assert all(1 <= len(image.strip()) <= 2048 for image in message.images)
    assert all(1 <= len(tag) <= 64 for tag in message.tags)
    assert message.ttl_ms is None or message.ttl_ms >= NOW_MS
    for name, value in message.metadata.items():
        assert 1 <= len(name) <= 64
        assert 1 <= len(str(value).strip()) <= 512
        assert len(str(value).encode()) <= 512
    check_size(native_fields(message))
    texts = [message.title, message.body, message.url, message.ciphertext]
    for held in (*texts, *message.tags, *message.images, *message.metadata.values()):
        assert "\0" not in str(held)


def check_envelope(reply: LegacyReply) -> None:
    assert reply.headers["Server"] == "Bark"
    if reply.content_type == "application/json" and reply.body:
        envelope = json.loads(reply.body)
        assert envelope.get("code", reply.status) == reply.status


@settings(deadline=None, max_examples=300)
@examples(legacy_request(case) for case in load_found("bark"))
@given(requests)
def test_any_request_is_answered_in_barks_words(request: LegacyRequest) -> None:
    for dialect in (BARK, BarkDialect(user="u", rejoin_iv=True)):
        try:
            call = dialect.open(request)
        except LegacyRefusal as refusal:
            check_envelope(refusal.reply)
            continue
        if isinstance(call, Answer | KeyCheck):
            check_envelope(call.reply)
            continue
        if isinstance(call, Register):
            check_envelope(call.refusal)
            check_envelope(call.reply("key"))
            continue
        assert isinstance(call, Publish)
        for claim in call.claims:
            for key in (claim.key, *claim.alternatives):
                key.encode()
        translation = call.translate()
        assert {note.code for note in translation.notes} <= set(dialect.notes)
        if translation.message is not None:
            check_message(translation.message)
        failed = [ChannelNotFound() for _ in call.claims]
        check_envelope(dialect.refused(request, ChannelNotFound()))
        check_envelope(dialect.accepted(request, call, translation, failed))


@settings(deadline=None, max_examples=300)
@given(documents)
def test_any_json_object_becomes_a_message_that_native_allows(
    document: dict[str, object],
) -> None:
    text_sent = json.dumps({**document, "device_keys": ["a"]})
    request = LegacyRequest(
        method="POST",
        path="/KEY",
        headers=CIMultiDictProxy(CIMultiDict({"Content-Type": "application/json"})),
        body=text_sent.encode(),
        received_at_ms=NOW_MS,
    )
    try:
        call = BARK.open(request)
    except LegacyRefusal:
        # NaN and Infinity, which Python writes and JSON does not know.
        assert "NaN" in text_sent or "Infinity" in text_sent
        return
    assert isinstance(call, Publish)
    translation = call.translate()
    if translation.message is not None:
        check_message(translation.message)


@settings(deadline=None, max_examples=300)
@given(mcp_frames, st.sampled_from(["/mcp", "/mcp/KEY"]))
def test_any_frame_of_mcp_is_answered(frame: object, path: str) -> None:
    headers = {
        "Content-Type": "application/json",
        "Mcp-Session-Id": "mcp-session-11111111222233334444555555555555",
    }
    request = LegacyRequest(
        method="POST",
        path=path,
        headers=CIMultiDictProxy(CIMultiDict(headers)),
        body=json.dumps(frame).encode(),
        received_at_ms=NOW_MS,
    )
    try:
        call = BARK.open(request)
    except LegacyRefusal as refusal:
        check_envelope(refusal.reply)
        return
    if isinstance(call, Answer):
        check_envelope(call.reply)
        return
    assert isinstance(call, Publish)
    translation = call.translate()
    if translation.message is not None and not translation.hidden:
        check_message(translation.message)
    assert call.refused is not None
    for reply in (
        BARK.accepted(request, call, translation, [None]),
        call.refused(ChannelNotFound()),
    ):
        check_envelope(reply)
        assert json.loads(reply.body)["jsonrpc"] == "2.0"
