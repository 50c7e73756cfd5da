"""The short way and the ordinary one: random requests make no difference between them.

Two servers, one of them without the short way, get the same bytes. Compared are the
answers and, in the end, every table and every count. What differs by nature (ids, the
time of day in ``Date``) is masked.
"""

from __future__ import annotations

import itertools
import json
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from aiohttp import encode_basic_auth
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.model import Severity, Source
from pushgo_compat.web.connection.turns import TurnHandler
from tests.dialects import GOTIFY
from tests.gateway import Gateway, Mount, running
from tests.golden import CHANNEL_ID, KEY, PASSWORD, UNKNOWN_KEY
from tests.web.dialect_calls import CALLS, JSON, Call
from tests.web.random_requests import requests
from tests.wire import Closed, HeaderLines, Reply, Wire, request

EXAMPLES = 40
SENT_BY_AN_EXAMPLE = 8
ALIAS, TAGGED, REVOKED = "an-alias-of-both-ways", "one-with-tags", "a-revoked-alias"
_HEX = re.compile(r"[0-9a-f]{16,}")
_MASKS = (
    (_HEX, "<hex>"),
    (re.compile(r'("(?:id|pushid|readkey)": ?)("[^"]*"|[0-9]+)'), r"\1<id>"),
    (re.compile(r"/file/[0-9A-Za-z]+"), "<file>"),
    (re.compile(r"127\.0\.0\.1:[0-9]+"), "<server>"),
)
_CHANGING = ("Date", "X-PushGo-Call-Id")
_COUNTS = (
    "pushgo_messages_accepted_total",
    "pushgo_requests_refused_total",
    "pushgo_request_seconds_count",
)


@dataclass
class Pair:
    """The two servers."""

    short: Gateway
    plain: Gateway
    taken: Counter[bool] = field(default_factory=Counter)
    """Whether the short way took what it was asked for."""

    def __iter__(self) -> Iterator[Gateway]:
        return iter((self.short, self.plain))


async def _bind(admin: Administration) -> None:
    for dialect in (Source.NTFY, Source.BARK, Source.SERVERCHAN, GOTIFY):
        for key, rules in (
            (ALIAS, {}),
            (TAGGED, {"tags": ["a", "b"], "severity_map": {"normal": Severity.HIGH}}),
            (REVOKED, {}),
        ):
            wanted = AliasRequest(
                dialect=dialect,
                channel_id=CHANNEL_ID,
                key=key,
                **rules,  # type: ignore[arg-type]
            )
            made = await admin.add_alias(wanted)
            if key == REVOKED:
                await admin.remove_alias(made.alias_id)


# ---------------------------------------------------------------------------- requests


@dataclass(frozen=True)
class Sent:
    """A request and the mount that it goes to; None: the native door."""

    dialect: Source | None
    mount: Mount
    method: str
    path: str | bytes
    lines: HeaderLines
    body: bytes

    def raw(self, gateway: Gateway) -> tuple[int, bytes]:
        """The port, and the bytes."""
        port, prefix, host = gateway.ports["main"], "", "localhost"
        if self.dialect is not None:
            port, prefix, host = gateway.place(self.dialect, self.mount)
        path = self.path.encode() if isinstance(self.path, str) else self.path
        target = prefix.encode() + path
        return port, request(self.method, target, self.lines, self.body, host=host)


TEXTS = st.one_of(st.text(max_size=30), st.sampled_from(["Disk full", "推送", " "]))
EXTRA = st.lists(
    st.sampled_from(
        [
            ("User-Agent", b"curl/8"),
            ("X-Request-Id", b"job-42"),
            ("X-Request-Id", b"not sane"),
            ("X-Forwarded-For", b"203.0.113.7"),
            ("Accept", b"text/html,*/*"),
            ("Accept-Language", b"zh-CN"),
            ("Connection", b"close"),
            ("Connection", b"keep-alive"),
            ("Expect", b"100-continue"),
            ("X-PushGo-Via", b"0123456789abcdef"),
            ("X-PushGo-Dry-Run", b"1"),
            ("X-Title", b"a title"),
            ("X-Priority", b"5"),
            ("X-Tags", b"warning,disk"),
            ("X-Delay", b"30min"),
            ("X-Actions", b"view, Open, https://x.y"),
            ("X-Sequence-ID", b"seq1"),
            ("Authorization", encode_basic_auth(CHANNEL_ID, PASSWORD).encode()),
            ("Cookie", b"a=b"),
            ("Content-Encoding", b"gzip"),
        ]
    ),
    max_size=2,
    unique_by=lambda line: line[0],
)
KEYS = st.sampled_from([KEY, KEY, KEY, ALIAS, TAGGED, REVOKED, UNKNOWN_KEY])
MOUNTS = st.sampled_from(list(Mount))


@st.composite
def native(draw: st.DrawFn) -> Sent:
    """A call of ``/message``, mostly a good one."""
    fields: dict[str, object] = {"channel_id": CHANNEL_ID, "password": PASSWORD}
    fields["title"] = draw(TEXTS)
    fields |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "body": TEXTS,
                "severity": st.sampled_from(["high", "LOW", "?", 5]),
                "tags": st.lists(TEXTS, max_size=3),
                "op_id": st.sampled_from(["op-1", "op-2", "op 3"]),
                "thing_id": st.just("nas"),
                "occurred_at": st.sampled_from([1795408545, "x"]),
                "url": st.sampled_from(["https://x.y/", "javascript:1"]),
                "metadata": st.dictionaries(TEXTS, st.integers(), max_size=2),
                "unknown": st.none(),
            },
        )
    )
    if draw(st.integers(0, 9)) == 0:
        fields["password"] = "another password"
    body = json.dumps(fields).encode()
    if draw(st.integers(0, 9)) == 0:
        body = body[:-1]
    path = draw(st.sampled_from(["/message"] * 6 + ["/message?x=1", "/%6Dessage"]))
    lines = [draw(st.sampled_from([JSON, JSON, JSON, ("Content-Type", b"text/plain")]))]
    return Sent(None, Mount.PREFIX, "POST", path, [*lines, *draw(EXTRA)], body)


@st.composite
def published(draw: st.DrawFn) -> Sent:
    """A publish in one of the dialects' ways."""
    call: Call = draw(st.sampled_from(CALLS))
    key = draw(KEYS)
    lines = [*call.lines(key), *draw(EXTRA)]
    return Sent(
        call.dialect, draw(MOUNTS), call.method, call.path(key), lines, call.body(key)
    )


@st.composite
def worded(draw: st.DrawFn) -> Sent:
    """A publish with a text and a parameter of its own, or an upload, or a delay."""
    key, text = draw(KEYS), draw(TEXTS)
    escaped, lines = quote(text, safe=""), draw(EXTRA)
    dialect, method, path, body = draw(
        st.sampled_from(
            [
                (Source.NTFY, "POST", f"/{key}", text.encode("utf-8", "replace")),
                (Source.NTFY, "PUT", f"/{key}", b"\0\1 a file"),
                (Source.NTFY, "POST", f"/{key}?delay=1h", b"later"),
                (Source.NTFY, "GET", f"/{key}/publish?title={escaped}&x=1", b""),
                (Source.BARK, "GET", f"/{key}/{escaped}?level=critical&a=b", b""),
                (Source.BARK, "POST", f"/{key}", f"body={escaped}&sound=x".encode()),
                (Source.SERVERCHAN, "GET", f"/{key}.send?text={escaped}", b""),
                (GOTIFY, "POST", f"/message?token={key}", b'{"message": "m"}'),
            ]
        )
    )
    if body.startswith(b"{"):
        lines = [JSON, *lines]
    return Sent(dialect, draw(MOUNTS), method, path, lines, body)


@st.composite
def odd(draw: st.DrawFn) -> Sent:
    """Whatever else may be asked of a dialect."""
    method, target, lines, body = draw(requests())
    dialect = draw(st.sampled_from([Source.NTFY, Source.BARK, Source.SERVERCHAN]))
    return Sent(dialect, draw(MOUNTS), method, target, lines, body)


SOME = st.lists(
    st.one_of(native(), native(), published(), published(), worded(), odd()),
    min_size=SENT_BY_AN_EXAMPLE,
    max_size=SENT_BY_AN_EXAMPLE,
)
PLAIN = st.lists(
    st.one_of(native(), published(), worded()).filter(
        lambda sent: (
            sent.dialect is None
            or (sent.dialect is Source.NTFY and sent.mount is Mount.PREFIX)
        )
    ),
    min_size=2,
    max_size=5,
)
"""For one connection."""


# -------------------------------------------------------------------------- comparison


def _shown(reply: Reply) -> tuple[object, ...]:
    headers = {
        name.lower(): _HEX.sub("<hex>", value)
        for name, value in reply.headers.items()
        if name not in _CHANGING
    }
    if "Content-Length" in reply.headers and b'"' in reply.body:
        headers.pop("content-length")  # a number of an id may have a digit less
    body = _masked(reply.body.decode("utf-8", "replace"))
    return reply.status, headers, "" if reply.goes_on else body


def _one_by_one(gateway: Gateway, some: list[Sent]) -> list[tuple[object, ...]]:
    shown: list[tuple[object, ...]] = []
    for sent in some:
        port, raw = sent.raw(gateway)
        try:
            shown.append(_shown(gateway.ask(port, raw, sent.method, whole=False)))
        except Closed:
            shown.append(("closed",))
    return shown


def _in_a_row(
    gateway: Gateway, some: list[Sent], cuts: list[int]
) -> list[tuple[object, ...]]:
    """All requests on one connection without waiting, cut at some places."""
    data = b"".join(sent.raw(gateway)[1] for sent in some)
    edges = sorted({0, len(data), *(cut % len(data) for cut in cuts)})
    shown: list[tuple[object, ...]] = []
    with Wire(gateway.ports["main"]) as wire:
        for start, end in itertools.pairwise(edges):
            wire.send(data[start:end])
        wire.end_sending()
        try:
            for sent in some:
                shown.append(_shown(wire.read(sent.method)))
        except (Closed, ConnectionError):
            shown.append(("closed",))
    return shown


def _counts(gateway: Gateway) -> list[str]:
    lines = gateway.native("GET", "/metrics").body.decode().splitlines()
    return sorted(line for line in lines if line.startswith(_COUNTS))


def _masked(text: object) -> str:
    for pattern, shown in _MASKS:
        text = pattern.sub(shown, str(text))
    return str(text)


def _record(packed: bytes | None) -> str:
    """A record without what is drawn by lot: ids of the call and of aliases."""
    if packed is None:
        return ""
    return _HEX.sub("<hex>", str(CallRecord.unpack(packed)._replace(call_id="")))


def _tables(folder: Path) -> dict[str, list[Any]]:
    """What a server has left behind."""
    with closing(sqlite3.connect(folder / "gateway.db")) as db:
        return {
            "messages": [
                (*rest, _masked(payload), _masked(view), _record(receipt))
                for payload, view, receipt, *rest in db.execute(
                    "SELECT payload, view, receipt, source, deleted, hidden,"
                    " deliver_at, push_number IS NULL, via, held FROM messages"
                    " ORDER BY message_id"
                )
            ],
            "calls": sorted(
                str((_record(record), *rest))
                for record, *rest in db.execute(
                    "SELECT record, source, refused, reason, channel, network, one_in"
                    " FROM calls"
                )
            ),
            **{
                name: db.execute(query).fetchall()
                for name, query in (
                    ("counts", "SELECT * FROM call_counts ORDER BY 1, 2"),
                    (
                        "aliases",
                        "SELECT dialect, key_digest, last_used, use_count, last_client,"
                        " last_address FROM aliases ORDER BY 1, 2",
                    ),
                    ("operations", "SELECT channel, thing_id, op_id FROM operations"),
                    ("waiting", "SELECT count(*) FROM schedule"),
                )
            },
        }


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    taken: Counter[bool] = Counter()
    take = TurnHandler._take

    def counted(connection: TurnHandler, *arguments: object) -> bool:
        took = take(connection, *arguments)  # type: ignore[arg-type]
        taken[took] += 1
        return took

    monkeypatch.setattr(TurnHandler, "_take", counted)
    with ExitStack() as stack:
        servers = []
        for name, short_way in (("short", True), ("plain", False)):
            folder = tmp_path / name
            folder.mkdir()
            server = running(folder, short_way=short_way)
            servers.append(stack.enter_context(server))
            servers[-1].administer(_bind)
        yield Pair(servers[0], servers[1], taken)
    short, plain = _tables(tmp_path / "short"), _tables(tmp_path / "plain")
    for name, rows in short.items():
        assert len(rows) == len(plain[name]), name
        for ours, theirs in zip(rows, plain[name], strict=True):
            assert ours == theirs, name


def test_no_answer_row_or_count_tells_which_way_a_request_went(pair: Pair) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(SOME, PLAIN, st.lists(st.integers(0, 5000), max_size=3))
    def compare(some: list[Sent], row: list[Sent], cuts: list[int]) -> None:
        short, plain = (_one_by_one(gateway, some) for gateway in pair)
        assert short == plain
        short, plain = (_in_a_row(gateway, row, cuts) for gateway in pair)
        assert short == plain

    compare()
    assert _counts(pair.short) == _counts(pair.plain)
    total = pair.taken.total()
    assert pair.taken[True] > EXAMPLES, f"{pair.taken[True]} of {total} were taken"
