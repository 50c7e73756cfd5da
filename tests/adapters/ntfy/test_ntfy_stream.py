"""What an ntfy subscriber is sent, and what he may ask for, without a server."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.golang.durations import parse_duration
from adapters.ntfy import NTFY, ntfy_id, ntfy_id_range
from pushgo_compat.legacy import (
    Answer,
    KeyCheck,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    Since,
    StreamMessage,
    Subscribe,
)
from pushgo_compat.model import Access, NativeMessage, Severity, Source
from tests.golden import KEY, NOW_MS, SECOND_KEY

MESSAGE_ID = "019d0a6bf1e85c3a9b7e42d1c0ffee42"
ID = ntfy_id(MESSAGE_ID)
NOW_S = NOW_MS // 1000
FORMS = ("json", "sse", "raw", "ws")
UPGRADE = {"Upgrade": "websocket"}


def ask(
    form: str = "json",
    query: str = "",
    headers: Mapping[str, str] | None = None,
    topics: str = KEY,
) -> Any:
    sent = CIMultiDict(headers or {})
    if form == "ws":
        sent.update(UPGRADE)
    return NTFY.open(
        LegacyRequest(
            method="GET",
            path=f"/{topics}/{form}",
            query=query,
            headers=CIMultiDictProxy(sent),
            received_at_ms=NOW_MS,
        )
    )


def stream_message(
    view: Mapping[str, object] | None = None, **native: Any
) -> StreamMessage:
    return StreamMessage(
        message_id=MESSAGE_ID,
        source=Source.NATIVE if view is None else Source.NTFY,
        time_ms=NOW_MS,
        message=NativeMessage(**{"title": "t", **native}),
        view=view,
    )


def event_of(frame: bytes | None) -> dict[str, Any]:
    assert frame is not None
    event: dict[str, Any] = json.loads(frame)
    return event


# ----------------------------------------------------------------------------- forms


@pytest.mark.parametrize(
    ("form", "content_type"),
    [
        ("json", "application/x-ndjson; charset=utf-8"),
        ("sse", "text/event-stream; charset=utf-8"),
        ("raw", "text/plain; charset=utf-8"),
    ],
)
def test_every_form_has_its_content_type(form: str, content_type: str) -> None:
    assert ask(form).encoder.content_type == content_type


@pytest.mark.parametrize("name", ["open", "keepalive"])
def test_open_and_keepalive_show_the_list_as_requested(name: str) -> None:
    encoder = ask(topics=f"{SECOND_KEY},{KEY}").encoder
    make = encoder.opened if name == "open" else encoder.keepalive
    event = event_of(make(NOW_MS))
    assert list(event) == ["id", "time", "event", "topic"]
    assert event["event"] == name
    assert event["time"] == NOW_S
    assert event["topic"] == f"{SECOND_KEY},{KEY}"
    assert len(event["id"]) == 12


def test_events_that_pass_have_ids_of_their_own() -> None:
    encoder = ask().encoder
    frames = {encoder.opened(NOW_MS), encoder.keepalive(NOW_MS), encoder.opened(1)}
    assert len({event_of(frame)["id"] for frame in frames}) == 3


def test_server_sent_events_name_what_is_no_message() -> None:
    encoder = ask("sse").encoder
    assert encoder.opened(NOW_MS).startswith(b"event: open\ndata: {")
    assert encoder.keepalive(NOW_MS).startswith(b"event: keepalive\ndata: {")
    assert encoder.opened(NOW_MS).endswith(b"}\n\n")


@pytest.mark.parametrize("name", ["message", "message_delete", "message_clear"])
def test_server_sent_messages_and_retractions_have_no_name(name: str) -> None:
    view = {"event": name, "sequence_id": "x", "message": "hi"}
    frame = ask("sse").encoder.message(stream_message(view), "T")
    assert frame.startswith(b'data: {"id":')
    assert frame.endswith(b"}\n\n")


def test_raw_is_the_text_in_one_line_and_blank_lines_otherwise() -> None:
    encoder = ask("raw").encoder
    assert encoder.opened(NOW_MS) == encoder.keepalive(NOW_MS) == b"\n"
    text = encoder.message(stream_message({"message": "one\ntwo\n"}), "T")
    assert text == b"one two \n"
    deleted = encoder.message(stream_message({"event": "message_delete"}), "T")
    assert deleted == b"\n"


@pytest.mark.parametrize("form", FORMS)
def test_equal_requests_have_equal_encoders(form: str) -> None:
    one, two = ask(form, "tags=a,b&p=4"), ask(form, "ta=b,a&prio=high")
    assert one.encoder == two.encoder
    assert hash(one.encoder) == hash(two.encoder)
    assert ask(form, "tags=a").encoder != one.encoder
    assert ask(form, topics=SECOND_KEY).encoder != one.encoder


def test_no_key_shows_in_a_subscription() -> None:
    assert KEY not in repr(ask(query="since=all"))


# -------------------------------------------------------------------------- messages


def test_an_own_message_is_its_view_under_the_topic_asked_for() -> None:
    view = {
        "message": "m <&> 🔥",
        "title": "T",
        "priority": 4,
        "tags": ["a"],
        "actions": [{"action": "view", "label": "L", "clear": False, "url": "u:x"}],
    }
    frame = ask().encoder.message(stream_message(view), "asked")
    event = event_of(frame)
    assert list(event) == [
        *("id", "time", "expires", "event", "topic", "title", "message"),
        *("priority", "tags", "actions"),
    ]
    assert (event["id"], event["topic"], event["event"]) == (ID, "asked", "message")
    assert (event["time"], event["expires"]) == (NOW_S, NOW_S + 43_200)
    assert event["message"] == view["message"]
    assert len(event["actions"][0]["id"]) == 10


def test_a_retraction_names_its_sequence_and_expires() -> None:
    view = {"event": "message_clear", "sequence_id": "job-1"}
    event = event_of(ask().encoder.message(stream_message(view), "T"))
    assert event == {
        "id": ID,
        "sequence_id": "job-1",
        "time": NOW_S,
        "expires": NOW_S + 43_200,
        "event": "message_clear",
        "topic": "T",
    }


def test_a_message_without_cache_has_no_expiry_and_is_not_kept() -> None:
    encoder = ask().encoder
    message = stream_message({"message": "m", "cache": False})
    assert "expires" not in event_of(encoder.message(message, "T"))
    assert not encoder.is_kept(message)
    assert encoder.is_kept(stream_message({"message": "m"}))
    assert encoder.is_kept(stream_message())


@pytest.mark.parametrize(
    ("severity", "priority"),
    [
        (Severity.CRITICAL, 5),
        (Severity.HIGH, 4),
        (Severity.NORMAL, None),
        (Severity.LOW, 2),
    ],
)
def test_severity_becomes_priority(severity: Severity, priority: int | None) -> None:
    message = stream_message(severity=severity)
    event = event_of(ask().encoder.message(message, "T"))
    assert event.get("priority") == priority


def test_a_native_message_in_ntfys_words() -> None:
    message = stream_message(
        body="**b**",
        url="https://x.example/a",
        images=("https://x.example/pics/cat%201.png?w=9", "https://x.example/2.png"),
        tags=("a", "b"),
        metadata={"k": "v"},
    )
    event = event_of(ask().encoder.message(message, "T"))
    assert event == {
        "id": ID,
        "time": NOW_S,
        "expires": NOW_S + 43_200,
        "event": "message",
        "topic": "T",
        "title": "t",
        "message": "**b**",
        "tags": ["a", "b"],
        "click": "https://x.example/a",
        "attachment": {
            "name": "cat 1.png",
            "url": "https://x.example/pics/cat%201.png?w=9",
        },
        "content_type": "text/markdown",
    }


@pytest.mark.parametrize("body", [None, ""])
def test_a_title_without_a_body_is_shown_as_the_message(body: str | None) -> None:
    event = event_of(ask().encoder.message(stream_message(title="Disk", body=body), ""))
    assert event["message"] == "Disk"
    assert not {"title", "content_type"} & set(event)


@pytest.mark.parametrize(
    ("source", "content_type"),
    [
        (Source.NATIVE, "text/markdown"),
        (Source.SERVERCHAN, "text/markdown"),
        (Source.BARK, None),
    ],
)
def test_bodies_that_are_markdown_say_so(
    source: Source, content_type: str | None
) -> None:
    message = replace(stream_message(body="**b**"), source=source)
    event = event_of(ask().encoder.message(message, "T"))
    assert event.get("content_type") == content_type


@pytest.mark.parametrize(
    ("icon", "shown"),
    [
        ("https://x.example/i.png", "https://x.example/i.png"),
        ("http://x.example/i.png", "http://x.example/i.png"),
        ("i.png", None),  # ntfy takes nothing else
        (7, None),
    ],
)
def test_barks_icon_is_the_icon(icon: object, shown: str | None) -> None:
    message = stream_message(body="b", metadata={"compat.bark.icon": icon})
    event = event_of(ask().encoder.message(replace(message, source=Source.BARK), "T"))
    assert event.get("icon") == shown


# --------------------------------------------------------------------------- filters

FILTERED = {"message": "Text", "title": "Titel", "priority": 4, "tags": ["a", " b"]}


@pytest.mark.parametrize(
    ("query", "passes"),
    [
        (f"id={ID}", True),
        (f"id={ID.lower()}x", False),
        ("message=Text", True),
        ("message=text", False),
        ("message=Tex", False),
        ("title=Titel", True),
        ("title=titel", False),
        ("priority=4", True),
        ("priority=1,high", True),
        ("priority=5", False),
        ("tags=a", True),
        ("tags=a,%20b", True),
        ("tags=a,b", False),
        ("tags=A", False),
        ("message=Text&title=Titel&p=4&ta=a", True),
        ("message=Text&title=x", False),
    ],
)
def test_filters_compare_whole_values_in_their_case(query: str, passes: bool) -> None:
    frame = ask(query=query).encoder.message(stream_message(FILTERED), "T")
    assert (frame is not None) == passes


@pytest.mark.parametrize(("priority", "passes"), [("3", True), ("4", False)])
def test_a_message_without_priority_counts_as_three(
    priority: str, passes: bool
) -> None:
    encoder = ask(query=f"p={priority}").encoder
    frame = encoder.message(stream_message({"message": "m"}), "T")
    assert (frame is not None) == passes


def test_filters_let_events_pass_that_are_no_messages() -> None:
    encoder = ask(query="id=none").encoder
    assert encoder.opened(NOW_MS)
    assert encoder.keepalive(NOW_MS)
    assert encoder.message(stream_message({"event": "message_delete"}), "T")


# ------------------------------------------------------------------------ parameters


def after(identifier: str) -> Since:
    found = ntfy_id_range(identifier)
    assert found is not None
    return Since(first_message_id=found[0], last_message_id=found[1])


@pytest.mark.parametrize(
    ("value", "since"),
    [
        ("all", Since(beginning=True)),
        ("none", Since()),
        ("latest", Since(latest=True)),
        (ID, after(ID)),
        ("123456789012", after("123456789012")),
        ("zzzzzzzzzzzz", Since(beginning=True)),
        ("1795408000", Since(unix_s=1795408000)),
        ("-5", Since(unix_s=-5)),
        ("10m", Since(unix_s=NOW_S - 600)),
        ("1h30m", Since(unix_s=NOW_S - 5400)),
        ("1.5h", Since(unix_s=NOW_S - 5400)),
        ("500ms", Since(unix_s=NOW_S - 1)),
        ("-10m", Since(unix_s=NOW_S + 600)),
        ("", Since()),
    ],
)
def test_since_is_read_in_ntfys_order(value: str, since: Since) -> None:
    assert ask(query=f"since={value}").since == since


def test_a_poll_asks_for_everything_unless_it_says_otherwise() -> None:
    assert ask(query="poll=1").since == Since(beginning=True)
    assert ask(query="poll=1&since=none").since == Since()


@pytest.mark.parametrize("word", ["0", "no", "on", "2", ""])
def test_only_true_words_make_a_poll(word: str) -> None:
    assert not ask(query=f"poll={word}").poll


def test_a_subscription_says_what_it_is() -> None:
    call = ask("ws", "sched=1&po=1", topics=f"{KEY},{SECOND_KEY}")
    assert isinstance(call, Subscribe)
    assert call.route == "GET /{topic}/ws"
    assert [claim.key for claim in call.claims] == [KEY, SECOND_KEY]
    assert call.topics == (KEY, SECOND_KEY)
    assert (call.poll, call.scheduled, call.websocket) == (True, True, True)
    assert call.kept_since_ms == NOW_MS - 12 * 3600 * 1000


def test_the_login_is_shown_with_every_topic() -> None:
    call = ask(topics=f"{KEY},{SECOND_KEY}", query="auth=QmVhcmVyIHRrX3g")
    for claim in call.claims:
        assert [credential.secret for credential in claim.credentials] == ["tk_x"]


@pytest.mark.parametrize("query", ["since=nope", "priority=nope"])
def test_a_bad_parameter_is_told_only_to_who_may_read(query: str) -> None:
    call = ask("ws", query, topics=f"{KEY},{SECOND_KEY}")
    assert isinstance(call, KeyCheck)
    assert (call.access, len(call.others)) == (Access.READ, 1)
    assert (call.reply.status, call.reply.body) == (400, b"")


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        ("0", 0),
        ("-0", 0),
        ("+5s", 5_000_000_000),
        (".5s", 500_000_000),
        ("1.s", 1_000_000_000),
        ("1h1ms1µs1ns", 3_600_001_001_001),
        ("-1m", -60_000_000_000),
        *((bad, None) for bad in ("", "s", "1", "1d", ".s", "1e3s", "1h 1m", "٣s")),
        ("9999999999h", None),
        ("1" * 300 + "s", None),
    ],
)
def test_durations_are_gos(text: str, nanoseconds: int | None) -> None:
    assert parse_duration(text) == nanoseconds


# ---------------------------------------------------------------------------- matrix


def notify(body: bytes, base_url: str = "https://push.example/ntfy") -> Any:
    return NTFY.open(
        LegacyRequest(
            method="POST",
            path="/_matrix/push/v1/notify",
            body=body,
            received_at_ms=NOW_MS,
            base_url=base_url,
        )
    )


def pushkey(text: str) -> bytes:
    return json.dumps({"notification": {"devices": [{"pushkey": text}]}}).encode()


def test_a_homeservers_json_is_published_whole() -> None:
    body = pushkey(f"https://push.example/ntfy/{KEY}?up=1")
    call = notify(body)
    assert isinstance(call, Publish)
    assert [claim.key for claim in call.claims] == [KEY]
    translation = call.translate()
    assert translation.message is not None
    assert translation.message.body == body.decode()
    request = LegacyRequest(method="POST", path="/")
    reply = NTFY.accepted(request, call, translation, [None])
    assert reply.body == b'{"rejected":[]}\n'


@pytest.mark.parametrize(
    "address",
    [
        "https://push.example/ntfyx/up",
        "https://push.example/ntfy",
        "https://push.example/up",
        "https://evil.example/?https://push.example/ntfy/up",
    ],
)
def test_other_servers_pushkeys_are_rejected(address: str) -> None:
    call = notify(pushkey(address))
    assert isinstance(call, Answer)
    assert json.loads(call.reply.body) == {"rejected": [address]}


@pytest.mark.parametrize(
    ("base_url", "path", "code"),
    [("", "up", 50003), ("http://h", "a.b", 40401), ("http://h", "docs", 40010)],
)
def test_a_homeserver_is_refused_in_ntfys_words(
    base_url: str, path: str, code: int
) -> None:
    with pytest.raises(LegacyRefusal) as refused:
        notify(pushkey(f"{base_url}/{path}"), base_url)
    assert json.loads(refused.value.reply.body)["code"] == code


# --------------------------------------------------------------------------- fuzzing

ANY_TEXT = st.text(max_size=40)
NAMES = ("since", "p", "priority", "tags", "m", "title", "id", "poll", "sched", "auth")


def call_or_reply(work: Callable[[], LegacyCall]) -> LegacyCall | LegacyReply:
    try:
        return work()
    except LegacyRefusal as refused:
        return refused.reply


@settings(deadline=None, max_examples=150)
@given(
    form=st.sampled_from(FORMS),
    query=st.dictionaries(st.sampled_from(NAMES), ANY_TEXT),
    header=st.dictionaries(st.sampled_from(NAMES), ANY_TEXT),
)
def test_whatever_is_asked_is_answered_or_refused(
    form: str, query: Mapping[str, str], header: Mapping[str, str]
) -> None:
    asked = "&".join(f"{name}={value}" for name, value in query.items())
    outcome = call_or_reply(lambda: ask(form, asked, header))
    if isinstance(outcome, LegacyReply):
        assert outcome.status in (400, 404)
    else:
        assert isinstance(outcome, Subscribe | KeyCheck)


@settings(deadline=None, max_examples=100)
@given(
    body=st.binary(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | ANY_TEXT,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["notification", "devices", "pushkey"]), inner
            )
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_whatever_a_homeserver_sends_is_answered_or_refused(body: bytes) -> None:
    outcome = call_or_reply(lambda: notify(body))
    if isinstance(outcome, LegacyReply):
        assert outcome.status in (400, 404)
    else:
        assert isinstance(outcome, Answer | Publish)


@settings(deadline=None, max_examples=100)
@given(message=st.text(), title=st.text())
def test_every_text_can_be_framed(message: str, title: str) -> None:
    for form in FORMS:
        encoder = ask(form).encoder
        view = {"message": message + "\ud800", "title": title}
        frame = encoder.message(stream_message(view), "T")
        assert frame is not None
        assert frame.count(b"\n") == (2 if form == "sse" else 1)
