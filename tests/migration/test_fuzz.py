"""Any bytes end in an answer."""

from __future__ import annotations

import json
from contextlib import suppress

from hypothesis import example, given
from hypothesis import strategies as st

from pushgo_compat.migration.calls import Unreadable
from pushgo_compat.migration.reading import read_calls
from pushgo_compat.model import Source
from tests.dialects import SOURCES
from tests.migration.lines import BARK, NTFY, SERVERCHAN
from tests.migration.translating import translate

_LINES = [line.encode() for line in (*NTFY, *BARK, *SERVERCHAN)]
_PIECES = st.sampled_from(
    [
        *(b"curl ", b"wget ", b"http ", b"xh ", b"bash -c ", b"xargs ", b"sudo "),
        *(b"ntfy.sh/t ", b"https://api.day.app/K/", b"sctapi.ftqq.com/K.send "),
        *(b"-d ", b"-H ", b"-F ", b"-T ", b"-G ", b"-u ", b"-K ", b"--json ", b"-:"),
        *(b"--data-urlencode ", b"--url ", b"--next ", b"--url-query ", b"-X ", b"-"),
        *(
            b"'",
            b'"',
            b"$'",
            b'$"',
            b"\\",
            b"`",
            b"$(",
            b")",
            b"${",
            b"}",
            b"$((",
            b"$",
        ),
        *(b"<<EOF\n", b"\nEOF\n", b"<<-'E'\n", b"<<<", b"<", b">", b"|", b"||", b"&&"),
        *(b"{a,b}", b"[1-3]", b"[a-", b"%", b"%zz", b"\\x", b"\\u", b"\xff", b"\0"),
        *(
            b"* * * * * ",
            b"@daily ",
            b"for x in y; do ",
            b"done",
            b"if ",
            b"case ",
            b"#",
        ),
        *(b"=", b"@", b";", b":", b"&", b"?", b"/", b"\n", b"\r\n", b" ", b"\t"),
        *(b"$PRIO", b"${X:-y}", b"A=(", b"A=1 ", b'"${A[@]}"', b"title", b"Priority: "),
        *(
            b"irm ",
            b"Invoke-RestMethod -Uri ",
            b"-Body ",
            b"@{",
            b"@'\n",
            b"\n'@",
            b"@R ",
        ),
        *(
            b"$r = ",
            b" | ConvertTo-Json",
            b"@echo off\n",
            b"^",
            b"^\r\n",
            b"%A%",
            b'""',
        ),
        *(b"requests.post(", b"fetch('https://ntfy.sh/t')"),
        *(b'{"topic": "t", "priority": ', b"\xe4\xb8\xad", b"POST /t HTTP/1.1\r\n"),
    ]
)
_SCRIPTS = st.lists(_PIECES, max_size=40).map(b"".join)
_CHANGED = st.tuples(
    st.sampled_from(_LINES),
    st.integers(0, 200),
    st.integers(0, 8),
    st.one_of(_PIECES, st.binary(max_size=6)),
).map(lambda drawn: drawn[0][: drawn[1]] + drawn[3] + drawn[0][drawn[1] + drawn[2] :])
_ANY = st.one_of(_SCRIPTS, _CHANGED, st.binary(max_size=300))


def answered(data: bytes, *, dialect: Source | None = None, har: bool = False) -> None:
    """Translate bytes; each call has a problem, or a verdict and a receipt."""
    answers = translate(data, dialect=dialect, har=har)
    for answer in answers:
        if answer["problem"] is None:
            assert all(answer[name] for name in ("dialect", "verdict", "receipt"))
        else:
            assert answer["verdict"] is answer["receipt"] is None
    # What is printed is text: halves of surrogate pairs are not.
    json.dumps(answers, ensure_ascii=False).encode()


@given(_ANY, st.sampled_from([None, *SOURCES]))
@example(b"curl -d x ntfy.sh/" + b"$(" * 300, None)
@example(b"curl " + b"'" * 301, None)
@example(b"(" * 3_000 + b"curl ntfy.sh/t", None)
@example(b'curl -d "' + b"${x:-" * 500, None)
@example(b"curl '" + b"{a,b}" * 40 + b"'", None)
@example(b"curl ntfy.sh/[1-99999999999999999999]", None)
@example(b"curl -d '" + b"[" * 5_000 + b"' ntfy.sh", None)
@example(b"curl --json '" + b'{"a":' * 5_000 + b"' api.day.app/push", None)
@example(b"irm " + b"@{a=" * 500, None)
@example(b"irm " + b"(" * 2_000 + b'"$(' * 500, None)
@example(b"@echo off\ncurl " + b"^" * 301 + b'\n"%A% ^"^', None)
@example(b"\xff\xfe", None)
@example(b"curl -H 'T: \xff' -d '\xff' ntfy.sh/t", None)
@example(b"curl -d $'\\ud800\\xff\\0' ntfy.sh/t", None)
def test_any_bytes_end_in_an_answer(data: bytes, dialect: Source | None) -> None:
    answered(data, dialect=dialect)


@given(_ANY)
def test_spans_lie_in_the_text(data: bytes) -> None:
    for call in read_calls(data).calls:
        assert 0 <= call.span.start <= call.span.end <= len(data)
        if call.request is not None:
            for span in call.request.url[-3:]:
                assert span is None or 0 <= span[0] < span[1] <= len(data)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("log", "entries", "request", "url", "method", "headers"),
                    *("postData", "text", "params", "name", "value", "encoding"),
                ]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.one_of(_JSON.map(lambda value: json.dumps(value).encode()), st.binary()))
@example(
    b'{"log": {"entries": [{"request": {"url": "\\ud800", "method": "\\udfff"}}]}}'
)
@example(b'{"log": {"entries": [1, {"request": {"url": "http://[/"}}]}}')
@example(b"[" * 100_000)
def test_any_har_file_ends_in_an_answer(data: bytes) -> None:
    with suppress(Unreadable):
        answered(data, har=True)
