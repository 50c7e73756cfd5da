"""The mender of heads, without a server: no split of the bytes makes a difference."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from pushgo_compat.web.connection.head_repair import MAX_HEAD_BYTES, HeadMender
from tests.wire import chunked, request

TARGETS = st.one_of(
    st.sampled_from(
        [
            b"/key/title",
            "/key/推送标题?group=测试".encode(),
            "/key/推送标题".encode("gbk"),
            "/key/Grüße".encode("latin-1"),
            b"/key/two words/x",
            b"/key/%E6%8E%A8%2F?x=a+b",
        ]
    ),
    st.binary(max_size=40).map(
        lambda raw: b"/" + raw.translate(None, b"\r\n\x00").strip()
    ),
)
HEADER_LINES = st.lists(
    st.sampled_from(
        [
            ("Content-Type", b"application/json"),
            ("content-type", b"text/plain"),
            ("User-Agent", b"one"),
            ("user-agent", b"two"),
            ("X-Title", "Grüße".encode()),
            ("X-Title", "Grüße".encode("latin-1")),
            ("Upgrade", b"websocket"),
        ]
    ),
    max_size=5,
)
BODIES = st.binary(max_size=60)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """One whole request: with a length, in chunks, or without a body."""
    target, lines, body = draw(TARGETS), draw(HEADER_LINES), draw(BODIES)
    if draw(st.booleans()):
        lines = [*lines, ("Transfer-Encoding", b"chunked")]
        body = body or b"x"
    raw = request("POST", target, lines, body)
    if draw(st.booleans()):
        head, _, rest = raw.partition(b"\r\n\r\n")
        raw = head.replace(b"\r\n", b"\n") + b"\n\n" + rest
    return raw


def mend(data: bytes, cuts: list[int]) -> bytes:
    mender = HeadMender()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return b"".join(mender.feed(data[a:b]) for a, b in pairwise(edges) if a < b)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(messages(), min_size=1, max_size=4), st.lists(st.integers(0), max_size=9)
)
def test_any_split_of_the_stream_gives_the_same_bytes(
    requests: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(requests)
    assert mend(stream, cuts) == mend(stream, [])


@settings(max_examples=200, deadline=None)
@given(st.lists(messages(), min_size=1, max_size=4))
def test_requests_behind_each_other_are_mended_as_if_each_were_alone(
    requests: list[bytes],
) -> None:
    assert mend(b"".join(requests), []) == b"".join(mend(one, []) for one in requests)


@settings(max_examples=200, deadline=None)
@given(messages())
def test_what_is_mended_is_left_alone_the_second_time(raw: bytes) -> None:
    once = mend(raw, [])
    assert mend(once, []) == once


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400), st.lists(st.integers(0), max_size=9))
def test_garbage_is_passed_on_however_it_is_cut(
    garbage: bytes, cuts: list[int]
) -> None:
    assert mend(garbage, cuts) == mend(garbage, [])


def test_every_position_of_one_cut_gives_the_same_bytes() -> None:
    line = "/key/推送标题?group=测试 组".encode()
    lines = [("Content-Type", b"a/b"), ("content-type", b"c/d")]
    stream = request("POST", line, lines, b"GET / HTTP/1.1\r\n\r\n") + request(
        "PUT", line, [("Transfer-Encoding", b"chunked")], b"\nHost: x\r\n\r\n"
    )
    whole = mend(stream, [])
    assert whole.count(b"%E6%8E%A8") == 2
    for cut in range(len(stream)):
        assert mend(stream, [cut]) == whole


def test_bodies_are_never_touched() -> None:
    body = "GET /推送 HTTP/1.1\nContent-Type: a\nContent-Type: b\n\n".encode()
    assert mend(request("POST", "/k", [], body), []).endswith(body)
    framed = chunked(body[:7], body[7:])
    lines = [("Transfer-Encoding", b"chunked")]
    raw = request("POST", "/k", lines) + framed
    assert mend(raw, []).endswith(framed)


def test_the_first_of_a_repeated_line_stays() -> None:
    lines = [("Content-Type", b"application/json"), ("content-type", b"text/plain")]
    mended = mend(request("POST", "/k", lines, b"{}"), [])
    assert b"Content-Type: application/json\r\n" in mended
    assert b"text/plain" not in mended


def test_lines_that_decide_framing_or_routing_are_left_to_the_parser() -> None:
    for lines in (
        [("Content-Length", b"3"), ("Content-Length", b"5")],
        [("Content-Length", b"3"), ("Transfer-Encoding", b"chunked")],
        [("Host", b"one"), ("Host", b"two")],
    ):
        raw = request("POST", "/k", lines)
        assert mend(raw, []) == raw


def test_after_a_framing_in_doubt_nothing_is_touched() -> None:
    doubtful = request("POST", "/k", [("Transfer-Encoding", b"gzip, chunked")])
    raw = doubtful + "GET /推送 HTTP/1.1\r\n\r\n".encode()
    assert mend(raw, []) == raw


def test_a_head_without_end_is_not_kept_for_ever() -> None:
    mender = HeadMender()
    assert mender.feed(b"GET /" + b"a" * (MAX_HEAD_BYTES - 10)) == b""
    assert len(mender.feed(b"b" * 20)) > MAX_HEAD_BYTES
