"""Golden cases: load them, run them pure, compare replies and native messages.

``fixtures/README.md`` describes the format of a case.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.errors import ChannelNotFound, NativeError, NotFound
from pushgo_compat.legacy import (
    Answer,
    Dialect,
    Download,
    KeyCheck,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Note,
    Publish,
    Register,
    StatusQuery,
    Subscribe,
    Translation,
)
from pushgo_compat.model import (
    MAX_LEGACY_BODY_BYTES,
    MAX_NATIVE_JSON_BYTES,
    KeyClaim,
    NativeMessage,
    Receipt,
    Upload,
)

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
NOW_MS = 1_795_408_545_000
"""The clock of every golden case: 2026-11-23, 04:35:45 UTC, a Monday."""
FILE_EXPIRY_MS = 3 * 3600 * 1000
HEAD_BYTES = 4096
CHANNEL_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MR"
PASSWORD = "qv7rmz0k3xw9t2ybd8cn5hs4gpaf"
KEY = CHANNEL_ID + PASSWORD
SECOND_KEY = CHANNEL_ID + "-" + PASSWORD
UNKNOWN_KEY = "nobodyknowsthiskey0"


@dataclass(frozen=True)
class Case:
    """One line of a fixture file."""

    id: str
    dialect: str
    request: Mapping[str, Any]
    expect: Mapping[str, Any]
    source: str = ""
    why: str = ""

    def filled(self, text: str) -> str:
        """Put this run's keys into a text of the case."""
        return (
            text.replace("{key}2", SECOND_KEY)
            .replace("{key}", KEY)
            .replace("{unknown}", UNKNOWN_KEY)
            .replace("{channel}", CHANNEL_ID)
            .replace("{password}", PASSWORD)
        )

    def body(self) -> bytes:
        """The body with the keys filled in."""
        if "body_b64" in self.request:
            return base64.b64decode(self.request["body_b64"])
        return self.filled(self.request.get("body") or "").encode()

    def header_lines(self) -> list[tuple[str, bytes]]:
        """Header lines in order, without Host and Content-Length, values as bytes."""
        charset = self.request.get("headers_encoding", "utf-8")
        return [
            (name, self.filled(value).encode(charset))
            for name, value in self.request.get("headers", [])
            if name.lower() not in {"host", "content-length"}
        ]


def load_cases(dialect: str) -> list[Case]:
    """Every golden case of a dialect, all its files in order of name."""
    files = sorted((FIXTURES / dialect).glob("*.jsonl"))
    return [
        Case(dialect=dialect, **fields) for path in files for fields in _lines(path)
    ]


def load_found(dialect: str) -> list[Case]:
    """Every request that drawing at random has found a fault with; expects nothing."""
    lines = _lines(FIXTURES / "fuzz" / f"{dialect}.jsonl")
    return [Case(dialect=dialect, expect={}, **fields) for fields in lines]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for line in path.read_text("utf-8").splitlines()
        if line.strip()
    ]


def legacy_request(
    case: Case, *, base_url: str = "http://push.example"
) -> LegacyRequest:
    """The request as the web layer would freeze it."""
    raw_target = case.filled(case.request["path"]).encode()
    target = "".join(chr(b) if b < 0x80 else f"%{b:02X}" for b in raw_target)
    path, _, query = target.partition("#")[0].partition("?")
    headers: CIMultiDict[str] = CIMultiDict()
    host = dict(case.request.get("headers", [])).get("Host", "{host}")
    headers["Host"] = case.filled(host).replace("{host}", "push.example")
    for name, value in case.header_lines():
        if name.lower() == "content-type":
            headers.popall(name, None)  # of several the last counts
        headers.add(name, value.decode("utf-8", "surrogateescape"))
    return LegacyRequest(
        method=case.request["method"],
        path=path,
        query=query,
        headers=CIMultiDictProxy(headers),
        body=case.body(),
        received_at_ms=NOW_MS,
        base_url=base_url,
        client_address="192.0.2.7",
    )


def receipt(message: NativeMessage | None, deliver_at_ms: int | None) -> Receipt | None:
    """A receipt such as the core would give."""
    if message is None:
        return None
    return Receipt(
        channel_id=CHANNEL_ID,
        message_id="019d0a6bf1e85c3a9b7e42d1c0ffee42",
        op_id="op-019d0a6bf1e85c3a9b7e42d1c0ffee42",
        accepted_at_ms=NOW_MS,
        deliver_at_ms=deliver_at_ms,
        push_number=3_187_868,
        read_token="YI3lxyadJkeX",
    )


@dataclass(frozen=True)
class Outcome:
    """What a case gave: the reply and, for an accepted publish, the translation."""

    reply: LegacyReply
    translation: Translation | None = None
    notes: tuple[Note, ...] = ()


def run_pure(dialect: Dialect, case: Case) -> Outcome:
    """Run a case through the adapter alone, with a core that knows only our keys."""
    request = legacy_request(case)
    try:
        call = dialect.open(request)
        match call:
            case Answer():
                reply = call.reply
            case StatusQuery():
                reply = dialect.status(request, None)
            case Download():
                reply = dialect.refused(request, NotFound())
            case KeyCheck():
                claims = (call.claim, *call.others)
                refused = dialect.refused(request, ChannelNotFound())
                if _all_known(claims):
                    return Outcome(call.reply, notes=call.notes)
                reply = refused
            case Register():
                return _register(dialect, request, call)
            case Subscribe():
                refused = dialect.refused(request, ChannelNotFound())
                reply = _begin_stream(call) if _all_known(call.claims) else refused
            case Publish():
                return _publish(dialect, request, call)
            case _:
                raise AssertionError(f"the pure runner does not know {call!r}")
    except LegacyRefusal as refusal:
        reply = refusal.reply
    return Outcome(reply)


def _begin_stream(call: Subscribe) -> LegacyReply:
    """What a subscriber of an empty channel gets at first."""
    opened = b"" if call.poll else call.encoder.opened(NOW_MS)
    return LegacyReply(body=opened, content_type=call.encoder.content_type)


def _register(dialect: Dialect, request: LegacyRequest, call: Register) -> Outcome:
    """No phone is bound here; a known key is answered all the same."""
    if call.claim is None:
        return Outcome(call.refusal)
    if _all_known([call.claim]):
        return Outcome(call.reply(call.claim.key), notes=call.unbound)
    return Outcome(dialect.refused(request, ChannelNotFound()))


def _all_known(claims: Sequence[KeyClaim]) -> bool:
    return all(_known(claim.key, claim.alternatives) for claim in claims)


def _known(key: str, alternatives: Sequence[str]) -> bool:
    return any(
        text.lower().startswith(CHANNEL_ID.lower()) and text.endswith(PASSWORD)
        for text in (key, *alternatives)
    )


def _publish(dialect: Dialect, request: LegacyRequest, call: Publish) -> Outcome:
    known = [_known(claim.key, claim.alternatives) for claim in call.claims]
    if not call.batch and not all(known):
        refused = call.refused or partial(dialect.refused, request)
        return Outcome(refused(ChannelNotFound()))
    translation = translation_of(request, call)
    results: list[Receipt | NativeError | None] = [
        receipt(translation.message, translation.deliver_at_ms)
        if good
        else ChannelNotFound()
        for good in known
    ]
    reply = dialect.accepted(request, call, translation, results)
    return Outcome(reply, translation, translation.notes)


def translation_of(request: LegacyRequest, call: Publish) -> Translation:
    """The translation; a body that is a file is stored nowhere."""
    if call.begin_upload is None:
        return call.translate()
    content = request.body if call.file_content is None else call.file_content
    upload = Upload(
        file_id="q8mWz3KdTn5VxR2b",
        size_bytes=len(content),
        head=content[:HEAD_BYTES],
        expires_at_ms=NOW_MS + FILE_EXPIRY_MS,
    )
    return call.begin_upload()(upload)


# ------------------------------------------------------------------- comparing


def native_fields(message: NativeMessage) -> dict[str, Any]:
    """The message as native JSON fields; what was not sent is absent."""
    fields = {
        "title": message.title,
        "body": message.body,
        "op_id": message.op_id,
        "thing_id": message.thing_id,
        "occurred_at": message.occurred_at_ms,
        "severity": str(message.severity),
        "ttl": message.ttl_ms,
        "url": message.url,
        "images": list(message.images) or None,
        "tags": list(message.tags) or None,
        "ciphertext": message.ciphertext,
        "metadata": dict(message.metadata) or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def check_size(native: Mapping[str, Any]) -> None:
    """The limits of a message made from an old call; its body has one of its own."""
    rest = {name: value for name, value in native.items() if name != "body"}
    text = json.dumps(rest, ensure_ascii=False)
    assert len(text.encode()) <= MAX_NATIVE_JSON_BYTES
    assert len(native.get("body", "").encode()) <= MAX_LEGACY_BODY_BYTES


def check_reply(case: Case, status: int, content_type: str | None, body: bytes) -> None:
    """Compare a reply with ``expect``: status, content_type, json, text."""
    expect = case.expect
    assert status == expect["status"], (case.id, case.why, status, body[:300])
    if "content_type" in expect:
        assert content_type == expect["content_type"], case.id
    if "json" in expect:
        assert matches(json.loads(body), _fill(case, expect["json"])), (case.id, body)
    if "text" in expect:
        assert body.decode() == case.filled(expect["text"]), case.id


def check_native(case: Case, native: Mapping[str, Any] | None) -> None:
    """Compare the native message with ``expect.native``.

    Every expected field must match; null means absent. With ``native_exact`` nothing
    else may be there but ``occurred_at`` and ``severity``.
    """
    if "native" not in case.expect:
        return
    wanted = case.expect["native"]
    if wanted is None:
        assert native is None, (case.id, native)
        return
    assert native is not None, case.id
    for name, value in _fill(case, wanted).items():
        assert matches(native.get(name), value), (case.id, name, native.get(name))
    if case.expect.get("native_exact"):
        assert set(native) <= set(wanted) | {"occurred_at", "severity"}, case.id


def _fill(case: Case, value: Any) -> Any:
    if isinstance(value, str):
        return case.filled(value)
    if isinstance(value, Mapping):
        return {name: _fill(case, inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_fill(case, inner) for inner in value]
    return value


def matches(got: Any, wanted: Any) -> bool:
    """Equal, of the same JSON type; ``<int>`` ``<any>`` ``<re:…>`` are patterns."""
    if isinstance(wanted, str):
        if wanted == "<any>":
            return True
        if wanted == "<int>":
            return isinstance(got, int) and not isinstance(got, bool)
        if wanted.startswith("<re:"):
            return isinstance(got, str) and bool(re.fullmatch(wanted[4:-1], got))
    if isinstance(wanted, Mapping):
        return (
            isinstance(got, Mapping)
            and set(got) == set(wanted)
            and all(matches(got[name], inner) for name, inner in wanted.items())
        )
    if isinstance(wanted, list):
        return (
            isinstance(got, list)
            and len(got) == len(wanted)
            and all(matches(g, w) for g, w in zip(got, wanted, strict=True))
        )
    return type(got) is type(wanted) and bool(got == wanted)
