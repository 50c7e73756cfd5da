"""Random requests that look like what clients send, one piece of them wrong."""

from __future__ import annotations

import json
from urllib.parse import quote, quote_plus

from hypothesis import strategies as st

from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY

CANARY = "Kanarienvogel"
"""Stands in every text that a sender writes."""
OTHER_SECRET = "hunter2-of-the-old-server"
Sent = tuple[str, bytes, list[tuple[str, bytes]], bytes]
"""Method, target below the mount, header lines and body."""
REQUESTS_AN_EXAMPLE = 10

KEYS = st.sampled_from(
    [
        KEY,
        KEY,
        CHANNEL_ID,
        f"{CHANNEL_ID}:{PASSWORD}",
        f"sctp1t{KEY}",
        f"SCU{KEY}",
        CHANNEL_ID + OTHER_SECRET,
        UNKNOWN_KEY,
        "",
        "*",
    ]
)
TEXTS = st.one_of(
    st.sampled_from(["", " ", "\n", "推送", "100%", "a+b&c=d#e?f", "=?utf-8?q?=C3?="]),
    st.text(max_size=20),
).map(lambda text: CANARY + text)
NAMES = st.sampled_from(
    [
        "title",
        "message",
        "body",
        "topic",
        "priority",
        "tags",
        "delay",
        "actions",
        "click",
        "attach",
        "icon",
        "markdown",
        "email",
        "call",
        "cache",
        "template",
        "sid",
        "up",
        "device_key",
        "device_keys",
        "level",
        "badge",
        "sound",
        "group",
        "url",
        "copy",
        "id",
        "delete",
        "ciphertext",
        "iv",
        "ttl",
        "call",
        "isArchive",
        "desp",
        "text",
        "short",
        "channel",
        "openid",
        "encoded",
        "noip",
        "auth",
        "authorization",
        "token",
        "key",
        "readkey",
        "pushid",
        "pushgo_dry_run",
        "channel_id",
        "password",
        "op_id",
        "thing_id",
        "occurred_at",
        "severity",
        "images",
        "metadata",
    ]
)
SCALARS = st.one_of(
    TEXTS,
    KEYS,
    st.just(OTHER_SECRET),
    st.sampled_from(
        ["1", "0", "5", "-1", "max", "10s", "8pm", "critical", "https://x.y/"]
    ),
)
VALUES = st.recursive(
    st.one_of(SCALARS, st.integers(), st.floats(), st.booleans(), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
PAIRS = st.lists(st.tuples(NAMES, SCALARS), max_size=5)
RAW = st.binary(max_size=60)
HEADER_VALUES = st.one_of(
    SCALARS.map(lambda text: text.encode("utf-8", "replace")),
    RAW,
).map(lambda value: value.translate(None, b"\r\n\0"))
REQUEST_IDS = st.one_of(
    st.sampled_from([KEY, f"SCT{KEY}", f"{CHANNEL_ID}-{PASSWORD}", "job-42"]).map(
        str.encode
    ),
    RAW.map(lambda value: value.translate(None, b"\r\n\0")),
)
"""How a caller names his request stays in the log, unless he makes it of a key."""
LINES = st.tuples(
    st.sampled_from(
        [
            "X-Title",
            "Title",
            "t",
            "X-Priority",
            "X-Tags",
            "X-Message",
            "Actions",
            "Attach",
            "Filename",
            "Icon",
            "Authorization",
            "Content-Encoding",
            "Cookie",
            "X-Poll-ID",
            "X-Template",
            "Priority",
            "Range",
            "Accept-Language",
            "Upgrade",
            "Connection",
            "X-Forwarded-Host",
            "X-PushGo-Dry-Run",
            "Last-Event-ID",
            "Content-Type",
        ]
    ),
    HEADER_VALUES,
)
HEADERS = st.lists(
    st.one_of(LINES, LINES, st.tuples(st.just("X-Request-Id"), REQUEST_IDS)),
    max_size=4,
)
SEGMENTS = st.one_of(
    KEYS,
    KEYS.map(lambda key: key + ".send"),
    st.sampled_from(
        [
            "send",
            "push",
            "register",
            "ping",
            "healthz",
            "info",
            "mcp",
            "message",
            "channel",
            "messages",
            "stream",
            "json",
            "sse",
            "raw",
            "ws",
            "auth",
            "publish",
            "trigger",
            "v1",
            "account",
            "config.js",
            "file",
            "docs",
            "metrics",
        ]
    ),
    TEXTS,
)


def query_of(pairs: list[tuple[str, str]]) -> str:
    return "&".join(
        f"{name}={quote_plus(value, errors='replace')}" for name, value in pairs
    )


def form(pairs: list[tuple[str, str]]) -> bytes:
    return query_of(pairs).encode()


def multipart(pairs: list[tuple[str, str]]) -> bytes:
    parts = [
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in pairs
    ]
    return "".join([*parts, "--b--\r\n"]).encode("utf-8", "replace")


BODIES = st.one_of(
    st.dictionaries(NAMES, VALUES, max_size=6).map(
        lambda fields: (b"application/json", json.dumps(fields).encode())
    ),
    VALUES.map(lambda value: (b"application/json", json.dumps(value).encode())),
    PAIRS.map(lambda pairs: (b"application/x-www-form-urlencoded", form(pairs))),
    PAIRS.map(lambda pairs: (b"multipart/form-data; boundary=b", multipart(pairs))),
    TEXTS.map(lambda text: (b"text/plain", text.encode("utf-8", "replace"))),
    st.tuples(
        st.sampled_from(
            [
                b"application/json",
                b"multipart/form-data",
                b"multipart/form-data; boundary=b",
                b"application/x-www-form-urlencoded; charset=nonsense",
                b"text/markdown",
                b"",
            ]
        ),
        RAW,
    ),
)
METHODS = st.sampled_from(
    ["GET"] * 4 + ["POST"] * 6 + ["PUT", "HEAD", "DELETE", "PATCH", "OPTIONS", "BREW"]
)


@st.composite
def requests(draw: st.DrawFn) -> Sent:
    """Method, target below the mount, header lines and body."""
    method = draw(METHODS)
    segments = draw(st.lists(SEGMENTS, max_size=4))
    is_escaped = draw(st.booleans())
    path = "/" + "/".join(
        quote(segment, safe="", errors="replace") if is_escaped else segment
        for segment in segments
    )
    target = path.encode("utf-8", "replace").translate(None, b"\r\n\0")
    if pairs := draw(PAIRS):
        target += b"?" + query_of(pairs).encode()
    lines = draw(HEADERS)
    body = b""
    if method != "GET" or draw(st.booleans()):
        content_type, body = draw(BODIES)
        lines = [("Content-Type", content_type), *lines]
        if body and draw(st.integers(0, 5)) == 0:
            lines = [*lines, ("Transfer-Encoding", b"chunked")]
    return method, target, lines, body


SOME = st.lists(requests(), min_size=REQUESTS_AN_EXAMPLE, max_size=REQUESTS_AN_EXAMPLE)
