"""Properties of every ntfy request, tried with random ones."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.golang.header_words import decode_words
from adapters.ntfy import NTFY, ntfy_id, ntfy_id_range
from adapters.ntfy.parameters.actions.text_form import parse_actions_text
from pushgo_compat.errors import (
    ChannelNotFound,
    InternalError,
    InvalidRequest,
    MethodNotAllowed,
    NativeError,
    RateLimited,
    RequestTooLarge,
    RouteNotFound,
    ServerBusy,
)
from pushgo_compat.legacy import (
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    StoredCall,
    Translation,
)
from pushgo_compat.model import NativeMessage, Receipt
from tests.found import examples
from tests.golden import (
    KEY,
    NOW_MS,
    check_size,
    legacy_request,
    load_found,
    native_fields,
    receipt,
    translation_of,
)

FORBIDDEN_SCHEMES = ("javascript:", "data:", "vbscript:")
NAMES = [
    "Title", "X-Title", "t", "Message", "Priority", "p", "Tags", "Actions", "Click",
    "Attach", "Filename", "Icon", "Markdown", "Content-Type", "Email", "Call", "Cache",
    "Firebase", "UnifiedPush", "X-Poll-ID", "Template", "Sequence-ID", "Delay",
    "Authorization", "Upgrade", "Content-Encoding", "X-Other",
]  # fmt: skip
VALUES = st.one_of(
    st.binary(max_size=80),
    st.text(max_size=80).map(str.encode),
    st.sampled_from(
        [
            b"5", b"yes", b"no", b"https://x.example/a.png", b"data:x", b"aes128gcm",
            b"view, A, https://x", b'[{"action":"view","label":"a","url":"b"}]',
            b"[" * 2000, b"=?utf-8?q?=C3=A4?= =?utf-8?b?w6Q=?=", b"Basic Og==",
            b"Bearer x", b",", b"a,b,,c", b"\x1f\x1e", b"\xe9" * 600,
            b"=?x?q?" * 300 + b"?=", b"websocket", b"text/markdown", b"30min", b"8pm",
        ]
    ),
)  # fmt: skip
HEADERS = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)
QUERIES = st.one_of(
    st.text(alphabet="abpt=&%+;,0123456789-_ \x01", max_size=60),
    st.lists(
        st.tuples(st.sampled_from(NAMES).map(str.lower), st.text(max_size=30)),
        max_size=4,
    ).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs)),
)
PATHS = st.one_of(
    st.sampled_from(
        [
            "/",
            f"/{KEY}",
            f"/{KEY}/publish",
            f"/{KEY}/s",
            f"/{KEY},b/auth",
            "/a%",
            "/a?",
            f"/{KEY}/s/clear",
        ]
    ),
    st.text(alphabet="/ab.,:%2Fä\x00~", max_size=20).map(lambda path: f"/{path}"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["action", "label", "url", "x"]), inner)
    ),
    max_leaves=6,
)
JSON_BODIES = st.dictionaries(
    st.sampled_from(
        ["title", "message", "Priority", "tags", "actions", "click", "attach",
         "markdown", "cache", "icon", "sequence_id", "unknown", "\ud800\0"]
    ),
    JSON,
    max_size=5,
).map(lambda fields: json.dumps({"topic": KEY, **fields}).encode())  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200),
    JSON_BODIES,
    st.sampled_from(
        [
            b"[" * 100_000, b'{"topic":' + b"9" * 5000 + b"}", b"\xef\xbb\xbf",
            b"a" * 5000, b'{"a":' * 2000, b'{"topic":"\\ud800"}', b"{}", b" ",
        ]
    ),
)  # fmt: skip
METHODS = st.sampled_from(["POST", "PUT", "GET", "HEAD", "DELETE", "PATCH", "OPTIONS"])
HEADER_MAPS = HEADERS.map(
    lambda lines: CIMultiDictProxy(
        CIMultiDict(
            [(name, raw.decode("utf-8", "surrogateescape")) for name, raw in lines]
        )
    )
)
REQUESTS = st.builds(
    LegacyRequest,
    method=METHODS,
    path=PATHS,
    query=QUERIES,
    headers=HEADER_MAPS,
    body=BODIES,
    received_at_ms=st.just(NOW_MS),
)
ERRORS: list[NativeError] = [
    ChannelNotFound(), RateLimited(3), ServerBusy(), RequestTooLarge(), InternalError(),
    InvalidRequest(), MethodNotAllowed("GET"), RouteNotFound(),
]  # fmt: skip
modest = settings(deadline=None, max_examples=400)


@pytest.mark.hypothesis
def test_every_request_is_answered_or_refused_in_ntfys_own_words() -> None:
    @modest
    @examples(legacy_request(case) for case in load_found("ntfy"))
    @given(REQUESTS)
    def check(request: LegacyRequest) -> None:
        try:
            call = NTFY.open(request)
            if isinstance(call, Publish | KeyCheck):
                for error in ERRORS:
                    assert_own_words(NTFY.refused(request, error))
            if isinstance(call, Publish):
                translation = translation_of(request, call)
                assert_native(translation.message)
                assert_reply(request, call, translation)
        except LegacyRefusal as refusal:
            assert_own_words(refusal.reply)

    check()


def assert_own_words(reply: LegacyReply) -> None:
    if not reply.body:
        return
    error = json.loads(reply.body)
    assert set(error) - {"link"} == {"code", "http", "error"}
    assert error["http"] == reply.status == error["code"] // 100


def assert_reply(
    request: LegacyRequest, call: Publish, translation: Translation
) -> None:
    result = receipt(translation.message, None)
    event = json.loads(NTFY.accepted(request, call, translation, [result]).body)
    assert ntfy_id_range(event["id"]) or result is None
    assert translation.hidden or event["message"]
    assert None not in event.values()
    assert {note.code for note in translation.notes} <= set(NTFY.notes)
    stored = json.loads(json.dumps(translation.view, ensure_ascii=False).encode())
    for note in translation.notes:
        assert note.field.encode()
        assert "\0" not in note.field
    if isinstance(result, Receipt):
        recalled = NTFY.recall(
            StoredCall(route=call.route, key_hint="0…", view=stored, receipt=result)
        )
        assert json.loads(recalled.body) == {**event, "topic": "0…"}


def assert_native(message: NativeMessage | None) -> None:
    """docs/native-api.md's rules, read again."""
    if message is None:
        return
    fields = native_fields(message)
    check_size(fields)
    text = json.dumps(fields, ensure_ascii=False)
    assert "\\u0000" not in text.replace("\\\\u0000", "")
    assert message.title is None or message.title.strip() == message.title != ""
    assert message.body is None or message.body.strip()
    for url in (message.url, *message.images):
        assert url is None or 1 <= len(url) <= 2048
        assert url is None or not url.lower().startswith(FORBIDDEN_SCHEMES)
    assert len(message.tags) == len(set(message.tags)) <= 32
    assert all(1 <= len(tag.strip()) == len(tag) <= 64 for tag in message.tags)
    for key, value in message.metadata.items():
        assert 1 <= len(key) <= 64
        assert 1 <= len(str(value).strip()) <= 512


@modest
@given(st.text(alphabet="\x01\x1f😀a", min_size=200, max_size=600))
def test_a_message_full_of_the_longest_characters_still_fits(filler: str) -> None:
    long = (filler * 12)[:4000]
    headers: CIMultiDict[str] = CIMultiDict(
        {
            "Title": f"t{long * 4}t",
            "Click": f"https://x.example/{long[:2000]}z",
            "Attach": f"https://x.example/{long[:480]}.png",
            "Tags": ",".join(f"{number}{long[:60]}z" for number in range(40)),
            "Email": f"e{long[:510]}z",
            "Filename": f"f{long[:500]}z",
        }
    )
    request = LegacyRequest(
        method="POST",
        path=f"/{KEY}",
        headers=CIMultiDictProxy(headers),
        body=long.encode()[:4000].decode("utf-8", "ignore").encode(),
    )
    call = NTFY.open(request)
    assert isinstance(call, Publish)
    assert_native(call.translate().message)


@given(st.integers(min_value=0, max_value=2**128 - 1))
def test_an_ntfy_id_finds_the_message_it_was_made_from(number: int) -> None:
    message_id = f"{number:032x}"
    identifier = ntfy_id(message_id)
    found = ntfy_id_range(identifier)
    assert len(identifier) == 12
    assert identifier.isalnum()
    assert found is not None
    first, last = found
    assert first <= message_id <= last
    assert int(last, 16) - int(first, 16) == 2**57 - 1


def test_ids_that_no_message_can_have_are_not_looked_for() -> None:
    assert ntfy_id_range("zzzzzzzzzzzz") is None
    assert ntfy_id_range("abc") is None
    assert ntfy_id_range("abcdefghij-k") is None


@given(st.lists(st.integers(min_value=0, max_value=2**128 - 1), max_size=5))
def test_ntfy_ids_sort_as_the_messages_do(numbers: list[int]) -> None:
    message_ids = [f"{number:032x}" for number in sorted(numbers)]
    identifiers = [ntfy_id(message_id) for message_id in message_ids]
    assert identifiers == sorted(identifiers)


@modest
@given(st.text(alphabet="=?utf-8qbQB_ AC3\t", max_size=60))
def test_encoded_words_never_fail_and_leave_plain_text_alone(value: str) -> None:
    decoded = decode_words(value)
    assert "=?" in value or decoded == value


@modest
@given(st.text(alphabet="view,;=\"'\\ A\nhttp.-ä", max_size=60))
def test_the_short_form_of_actions_is_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert parse_actions_text(text)


def test_a_busy_core_says_when_to_come_back() -> None:
    request = LegacyRequest(method="POST", path=f"/{KEY}")
    limited = NTFY.refused(request, RateLimited(7))
    busy = NTFY.refused(request, ServerBusy(retry_after_s=2))
    assert (limited.status, limited.headers["Retry-After"]) == (429, "7")
    assert (busy.status, busy.headers["Retry-After"]) == (500, "2")
    assert json.loads(limited.body)["code"] == 42901


def test_a_login_is_read_in_every_form_a_client_sends_it() -> None:
    forms = {
        "Basic dXNlcjpwYXNz": [("user", "pass")],
        "Basic OnRr": [("", "tk"), (None, "tk")],
        "bearer  tk ": [(None, "tk")],
        "": [],
        "Digest x": [],
    }
    for value, wanted in forms.items():
        call = NTFY.open(
            LegacyRequest(
                method="POST",
                path=f"/{KEY}",
                headers=CIMultiDictProxy(CIMultiDict({"Authorization": value})),
            )
        )
        assert isinstance(call, Publish)
        credentials = call.claims[0].credentials
        assert [(one.user, one.secret) for one in credentials] == wanted
