"""The mender of heads, without a server: no split of the bytes makes a difference."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pushgo_compat.web.connection.heads import head_repair
from pushgo_compat.web.connection.heads.chunked_body import MAX_LINE_BYTES
from pushgo_compat.web.connection.heads.head_repair import (
    MAX_HEAD_BYTES,
    REFUSED,
    HeadMender,
)
from pushgo_compat.web.connection.heads.request_head import MAX_HEADER_LINES
from tests.web.head_outcomes import mend, outcome
from tests.wire import chunked, request

CHUNKED = ("Transfer-Encoding", b"chunked")
TARGETS = st.one_of(
    st.sampled_from(
        [
            b"/key/title",
            "/key/推送标题?group=测试".encode(),
            "/key/推送标题".encode("gbk"),
            "/key/Grüße".encode("latin-1"),
            b"/key/two words/x",
            b"/key/%E6%8E%A8%2F?x=a+b",
            b"http://user:pw@bark.test:80?x",
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
            ("X-Title", b"one\r\n  two\r\n\tthree"),
            ("X/Y", b"odd"),
            ("Upgrade", b"websocket"),
        ]
    ),
    max_size=5,
)
BODIES = st.binary(max_size=60)
CUTS = st.lists(st.integers(0), max_size=9)
PIECES = st.sampled_from(
    [
        *(b"GET /k HTTP/1.1", b"POST /k HTTP/1.0", b"\r\n", b"\n", b"\r", b" ", b"\t"),
        *(b"Content-Length:", b"Transfer-Encoding:", b"Host: x", b"chunked", b"a:b"),
        *(b"5", b"0", b"hello", b"\0", b";x=y", b"CONNECT x:1 HTTP/1.1", b":"),
    ]
)
STREAMS = st.one_of(
    st.binary(max_size=400), st.lists(PIECES, max_size=60).map(b"".join)
)
STREAMS_AND_CUTS = settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def messages(draw: st.DrawFn) -> bytes:
    """One whole request: with a length, in chunks, or without a body."""
    target, lines, body = draw(TARGETS), draw(HEADER_LINES), draw(BODIES)
    if draw(st.booleans()):
        lines = [*lines, CHUNKED]
        body = body or b"x"
    raw = request("POST", target, lines, body)
    if draw(st.booleans()):
        head, _, rest = raw.partition(b"\r\n\r\n")
        raw = head.replace(b"\r\n", b"\n") + b"\n\n" + rest
    return raw


@STREAMS_AND_CUTS
@given(st.lists(messages(), min_size=1, max_size=4), CUTS)
async def test_any_split_of_the_stream_gives_the_same_requests(
    requests: list[bytes], cuts: list[int]
) -> None:
    stream = b"".join(requests)
    assert await outcome(stream, cuts) == await outcome(stream)


@STREAMS_AND_CUTS
@given(STREAMS, CUTS)
@example(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"\n" * 99, [60])
async def test_any_bytes_have_the_same_outcome_however_they_are_cut(
    stream: bytes, cuts: list[int]
) -> None:
    assert await outcome(stream, cuts) == await outcome(stream)


@settings(max_examples=200, deadline=None)
@given(st.lists(messages(), min_size=1, max_size=4))
def test_requests_behind_each_other_are_mended_as_if_each_were_alone(
    requests: list[bytes],
) -> None:
    assert mend(b"".join(requests)) == b"".join(mend(one) for one in requests)


@settings(max_examples=200, deadline=None)
@given(messages())
def test_what_is_mended_is_left_alone_the_second_time(raw: bytes) -> None:
    once = mend(raw)
    assert mend(once) == once


@STREAMS_AND_CUTS
@given(STREAMS)
async def test_the_parser_ends_each_message_where_the_mender_does(
    stream: bytes,
) -> None:
    """A request that follows is read as one exactly when the mender began a new one."""
    probe = request("GET", "/probe")
    mender = HeadMender()
    mender.feed(stream)
    after = mender.feed(probe)
    seen, refused = await outcome(stream + probe)
    if after == probe and not refused:
        assert (seen[-1].target, seen[-1].whole) == ("/probe", True)
        assert all(one.whole for one in seen)
    if mender.has_refused:
        assert refused


async def test_every_position_of_one_cut_gives_the_same_requests() -> None:
    line = "/key/推送标题?group=测试 组".encode()
    lines = [("Content-Type", b"a/b"), ("content-type", b"c/d")]
    stream = request("POST", line, lines, b"GET / HTTP/1.1\r\n\r\n") + request(
        "PUT", line, [CHUNKED], b"\nHost: x\r\n\r\n"
    )
    whole = await outcome(stream)
    assert [one.target.count("%E6%8E%A8") for one in whole[0]] == [1, 1]
    for cut in range(len(stream)):
        assert await outcome(stream, [cut]) == whole


async def test_bodies_are_never_touched() -> None:
    body = "GET /推送 HTTP/1.1\nContent-Type: a\nContent-Type: b\n\n".encode()
    assert mend(request("POST", "/k", [], body)).endswith(body)
    raw = request("POST", "/k", [CHUNKED]) + chunked(body[:7], body[7:])
    (seen,), _ = await outcome(raw)
    assert seen.body == body


def test_the_last_content_type_and_the_first_of_other_lines_stay() -> None:
    lines = [
        ("Content-Type", b"text/plain"),
        ("User-Agent", b"one"),
        ("content-type", b"application/json"),
        ("user-agent", b"two"),
    ]
    mended = mend(request("POST", "/k", lines, b"{}"))
    assert b"content-type: application/json\r\n" in mended
    assert b"User-Agent: one\r\n" in mended
    assert b"text/plain" not in mended
    assert b"two" not in mended


@pytest.mark.parametrize(
    "lines",
    [
        [("Content-Length", b"3"), ("Content-Length", b"5")],
        [("Content-Length", b"3, 3")],
        [("Content-Length", b"+3")],
        [("Content-Length", b"")],
        [("Content-Length", b"9" * 5000)],
        [("Content-Length", b"x"), CHUNKED],
        [("Content-Length ", b"3")],
        [("Content_Length!", b"3"), ("Content/Length", b"3")],
        [("Transfer-Encoding", b"gzip, chunked")],
        [("Transfer-Encoding", b"chunked"), ("Transfer-Encoding", b"chunked")],
        [("Transfer-Encoding\x0b", b"chunked")],
        [("Transfer-Encoding", b"\x0bchunked")],
        [("X-One", b"a\rTransfer-Encoding: chunked")],
        [("Host", b"one"), ("Host", b"two")],
        [("", b"nameless")],
    ],
)
async def test_what_leaves_framing_or_routing_in_doubt_is_refused_and_ends_all(
    lines: list[tuple[str, bytes]],
) -> None:
    raw = request("POST", "/k", lines) + request("GET", "/smuggled")
    assert mend(raw) == REFUSED
    assert await outcome(raw) == ([], True)


async def test_chunks_count_before_a_length_and_nothing_follows_them() -> None:
    lines = [CHUNKED, ("Content-Length", b"100"), ("Connection", b"keep-alive")]
    raw = request("POST", "/k", lines, b"hello") + request("GET", "/smuggled")
    (seen,), refused = await outcome(raw)
    assert (seen.body, seen.whole, seen.last, refused) == (b"hello", True, True, False)
    assert b"Content-Length" not in dict(seen.headers)


async def test_identity_beside_a_length_is_no_coding() -> None:
    lines = [("Transfer-Encoding", b"identity")]
    for body in (b"hello", b""):
        framed = [*lines, ("Content-Length", b"%d" % len(body))] if body else lines
        raw = request("POST", "/k", framed) + body + request("GET", "/next")
        (seen, following), _ = await outcome(raw)
        assert (seen.body, following.target) == (body, "/next")


async def test_a_folded_header_is_joined_with_one_blank() -> None:
    lines = [("Actions", b"view, A;  \r\n \t view, B\r\n\tview, C")]
    (seen,), _ = await outcome(request("GET", "/k", lines))
    assert dict(seen.headers)[b"Actions"] == b"view, A; view, B view, C"


async def test_an_absolute_target_counts_before_the_host_line() -> None:
    for target, path in (
        (b"http://api.day.app:80/k?q", "/k?q"),
        (b"HTTPS://u:p@api.day.app:80", "/"),
        (b"http://api.day.app:80?q", "/?q"),
    ):
        (seen,), _ = await outcome(request("GET", target, host="elsewhere"))
        host = dict(seen.headers)[b"Host"]
        assert (seen.target, host) == (path, b"api.day.app:80")


async def test_nothing_is_read_behind_connect() -> None:
    raw = b"CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n" + request("GET", "/smuggled")
    (seen,), _ = await outcome(raw)
    assert (seen.method, seen.last) == ("CONNECT", True)


CHUNKED_HEAD = request("POST", "/k", [CHUNKED])


@pytest.mark.parametrize(
    "endless",
    [
        CHUNKED_HEAD + b"\n" * 2**20,
        CHUNKED_HEAD + b"5;" + b"x" * MAX_LINE_BYTES,
        CHUNKED_HEAD + b"1\r\na\r\n" * 70_000,
        CHUNKED_HEAD + b"1;%b\r\na\r\n" % (b"x" * 500) * 1000,
        CHUNKED_HEAD + b"0" * MAX_LINE_BYTES,
        CHUNKED_HEAD + b"0\r\n" + b"a: b\r\n" * 50_000,
        CHUNKED_HEAD + b"5\r\nhello, world\r\n",
        CHUNKED_HEAD + b"5\nhello\r\n0\r\n\r\n",
        CHUNKED_HEAD + b" 5\r\nhello\r\n0\r\n\r\n",
        b"\r\n" * 2**20,
        b"GET /" + b"a" * MAX_HEAD_BYTES,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"a:\r\n" * (MAX_HEADER_LINES + 1) + b"\r\n",
    ],
)
async def test_what_has_no_end_or_no_sense_is_refused_at_its_bound(
    endless: bytes,
) -> None:
    whole = mend(endless)
    assert whole.endswith(REFUSED)
    assert len(whole) <= len(CHUNKED_HEAD) + 70_000
    assert (await outcome(endless))[1]
    few = list(range(0, len(endless), max(1, len(endless) // 200)))
    assert await outcome(endless, few) == await outcome(endless)


async def test_one_byte_chunks_and_padded_sizes_are_read() -> None:
    framed = b"".join(b"1 \t;x\r\n%c\r\n" % byte for byte in b"hello" * 4000)
    (seen,), refused = await outcome(CHUNKED_HEAD + framed + b"0 \r\nT: x\r\n\r\n")
    assert (seen.body, seen.whole, refused) == (b"hello" * 4000, True, False)


async def test_as_many_header_lines_as_are_allowed_are_read() -> None:
    lines = [(f"X-{number}", b"v") for number in range(MAX_HEADER_LINES - 1)]
    (seen,), refused = await outcome(request("GET", "/k", lines))
    assert (len(seen.headers), refused) == (MAX_HEADER_LINES, False)


@dataclass
class _Looks:
    """A pattern that counts the bytes it is shown."""

    pattern: re.Pattern[bytes]
    seen: int = 0

    def search(self, data: bytes | bytearray, start: int = 0) -> re.Match[bytes] | None:
        self.seen += len(data) - start
        return self.pattern.search(data, start)


def test_a_head_in_single_bytes_is_looked_at_a_bounded_number_of_times(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = _Looks(head_repair._HEAD_END)
    monkeypatch.setattr(head_repair, "_HEAD_END", looks)
    head = b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    mender = HeadMender()
    assert not any(mender.feed(bytes((byte,))) for byte in head[:-1])
    assert mender.feed(head[-1:]) == head
    assert looks.seen <= 4 * len(head)


def test_no_long_head_stays_with_an_idle_connection() -> None:
    mender = HeadMender()
    mender.feed(request("GET", b"/" + b"a" * 500_000, [], host="ntfy.test"))
    assert len(mender.head) < 40_000
    assert mender.head.endswith(b"\nHost: ntfy.test\n")
