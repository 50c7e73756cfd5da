"""The grammars of Bark and ServerChan: every request that a sender could mean.

Names in any case, values of any type, in any mix of places. What is drawn is a request
below a mount, and the names that its sender will look for in the receipt.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus, urlencode

from hypothesis import strategies as st

from tests.golden import KEY, SECOND_KEY, UNKNOWN_KEY
from tests.wire import HeaderLines

BARK_NAMES = (
    *("title", "subtitle", "body", "markdown", "level", "volume", "badge", "call"),
    *("autoCopy", "automaticallyCopy", "copy", "sound", "icon", "image", "group"),
    *("isArchive", "ttl", "url", "action", "id", "ciphertext", "iv", "category"),
    *("timestamp", "_", "device_token", "aps"),
)
SERVERCHAN_NAMES = (
    *("title", "text", "desp", "short", "tags", "channel", "openid", "noip"),
    *("encoded", "uid", "sendkey", "template"),
)
_PLAIN = (
    "",
    " ",
    "0",
    "1",
    "1.5",
    "1e3",
    "-7",
    "true",
    "critical",
    "timeSensitive",
    "minuet",
    "https://example.com/a?b=c&d=e",
    "weixin://x",
    "javascript:alert(1)",
    "磁盘报警\n第二行",
    "a|b,c|a",
    "+/==",
    "100%",
    "\\n <b>&amp;\t",
)
TEXTS = st.one_of(
    st.sampled_from(_PLAIN),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["长", "x ", "\n"]).map(lambda unit: unit * 700),
)
SCALARS = st.one_of(
    TEXTS,
    st.integers(-(10**20), 10**20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.none(),
)
KEYS = st.sampled_from([KEY, KEY, KEY, SECOND_KEY, UNKNOWN_KEY])


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """One request, and what its receipt has to speak of."""

    method: str
    target: str
    headers: HeaderLines = ()
    body: bytes = b""
    key_in_host: str = ""
    fields: frozenset[str] = frozenset()
    """Names sent in places that count, as they were written."""


@st.composite
def written(draw: st.DrawFn, names: Sequence[str]) -> str:
    """A known name in some case or other."""
    name = draw(st.sampled_from(names))
    spellings = [name, name, name.upper(), name.lower(), name.title()]
    return draw(st.sampled_from(spellings))


def pairs(
    names: Sequence[str], exact: bool
) -> st.SearchStrategy[list[tuple[str, str]]]:
    """Parameters of a query or form; ServerChan knows one spelling of each name."""
    name = st.sampled_from(names) if exact else written(names)
    return st.lists(st.tuples(name, TEXTS), max_size=5)


def _objects(names: Sequence[str], exact: bool) -> st.SearchStrategy[dict[str, object]]:
    name = st.sampled_from(names) if exact else written(names)
    values = st.one_of(
        SCALARS,
        SCALARS,
        st.lists(SCALARS, max_size=3),
        st.dictionaries(name, SCALARS, max_size=2),
    )
    return st.dictionaries(name, values, max_size=6)


def _multipart(fields: Sequence[tuple[str, str]]) -> bytes:
    parts = [
        f'--cut\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n'
        for name, text in fields
    ]
    return "".join([*parts, "--cut--\r\n"]).encode()


@st.composite
def _bodies(
    draw: st.DrawFn, names: Sequence[str], exact: bool, more: Mapping[str, object]
) -> tuple[str, bytes, list[str]]:
    """Content type, body and the names in it; ``more`` goes along wherever it can."""
    kind = draw(st.sampled_from(["json", "json", "form", "multipart"]))
    if kind == "json":
        document = {**draw(_objects(names, exact)), **more}
        is_ascii = draw(st.booleans())
        text = json.dumps(document, ensure_ascii=is_ascii)
        media = draw(st.sampled_from(["application/json", "Application/JSON; x=y"]))
        present = [name for name, value in document.items() if value is not None]
        return media, text.encode(), present
    fields = [*draw(pairs(names, exact)), *((n, str(v)) for n, v in more.items())]
    sent = [name for name, _ in fields]
    if kind == "form":
        return (
            "application/x-www-form-urlencoded",
            urlencode(fields).encode(),
            sent,
        )
    return "multipart/form-data; boundary=cut", _multipart(fields), sent


@st.composite
def bark_requests(draw: st.DrawFn) -> Meant:
    """A push in any of the forms of sections 2 to 6."""
    method = draw(st.sampled_from(["GET", "POST"]))
    key = draw(KEYS)
    texts = draw(st.lists(TEXTS.filter(bool), max_size=3))
    escape = draw(st.sampled_from([quote, quote_plus]))
    more: dict[str, object] = {}
    path = "".join(f"/{escape(text, safe='')}" for text in texts)
    if method == "POST" and draw(st.booleans()):
        receivers: list[dict[str, object]] = [
            {"device_key": key},
            {"device_keys": [key, SECOND_KEY, UNKNOWN_KEY]},
            {"device_keys": f"{key},{KEY}"},
        ]
        more = draw(st.sampled_from(receivers))
        path = "/push"
    else:
        path = f"/{key}{path}"
    query = draw(pairs(BARK_NAMES, exact=False))
    if draw(st.integers(0, 9)) == 0:
        switches: list[object] = [1, "1", 0, "yes", True]
        more["delete"] = draw(st.sampled_from(switches))
    names = [name for name, _ in query]
    has_body = draw(st.booleans())
    lines: list[tuple[str, bytes]] = []
    body = b""
    if more or has_body:
        media, body, sent = draw(_bodies(BARK_NAMES, False, more))
        lines = [("Content-Type", media.encode())]
        names += sent
    return Meant(
        method=method,
        target=f"{path}?{urlencode(query)}" if query else path,
        headers=lines,
        body=body,
        fields=frozenset(names) - {"device_key", "device_keys"},
    )


@st.composite
def serverchan_requests(draw: st.DrawFn) -> Meant:
    """A send on any of the routes R1 to R5."""
    method = draw(st.sampled_from(["GET", "POST"]))
    key = draw(KEYS)
    prefix = draw(st.sampled_from(["", "", "SCT", "SCU", "sctp12t"]))
    path = draw(st.sampled_from(["/{}.send", "/{}.send/", "/send/{}.send", "/send/{}"]))
    is_in_host = key != SECOND_KEY and draw(st.integers(0, 5)) == 0
    query = draw(pairs(SERVERCHAN_NAMES, exact=True))
    query.append(("title", draw(TEXTS)))
    names = [name for name, _ in query]
    lines: list[tuple[str, bytes]] = []
    body = b""
    if draw(st.booleans()):
        media, body, sent = draw(_bodies(SERVERCHAN_NAMES, True, {}))
        lines = [("Content-Type", media.encode())]
        if method == "POST":
            names += sent
        elif body:
            names.append("body")
    path = "/send" if is_in_host else path.format(quote(prefix + key))
    return Meant(
        method=method,
        target=f"{path}?{urlencode(query)}",
        headers=lines,
        body=body,
        key_in_host=prefix + key if is_in_host else "",
        fields=frozenset(names),
    )
