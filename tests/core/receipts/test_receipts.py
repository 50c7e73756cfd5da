"""Receipts: little is stored, the rest is rendered when somebody reads it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import cast

import orjson
import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.reading import ReceiptReader
from pushgo_compat.core.receipts.receipts import (
    Arrival,
    CallRecord,
    Reader,
    curl_line,
    gate_notes,
    record_call,
)
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import (
    LegacyReply,
    LegacyRequest,
    Note,
    NoteText,
    Place,
    Reading,
    RefusalText,
    StoredCall,
    Verdict,
)
from pushgo_compat.model import (
    Channel,
    Credential,
    KeyClaim,
    KeyForm,
    NativeMessage,
    Severity,
    Source,
)
from pushgo_compat.schemas import encode_message
from tests.golden import CHANNEL_ID, NOW_MS

KEY = "jaEUcYvBQ4Qtn2LWYWSQqY"
CHANNEL = Channel(
    number=1, channel_id=CHANNEL_ID, name="NAS", password_hash="h", created_at_ms=0
)
GRANT = Grant(channel=CHANNEL, generation=1, key_hint=mask(KEY), form=KeyForm.UNIVERSAL)
CALL_ID = f"{NOW_MS - 4:012x}abcdef000001"
MESSAGE = NativeMessage(title="it's 50% 'full'", body="满\n", op_id="op")


class FakeDialect:
    """Repeats the key in its reply, and has one note."""

    source = Source.BARK

    def reading(self, route: str, content_type: str) -> Reading:
        return Reading((Place.HEADER, Place.QUERY))

    notes: Mapping[str, NoteText] = {
        "icon": NoteText(
            Verdict.RECORDED, "metadata.{}", "Stored as it is.", "原样保存。"
        )
    }

    refusals: Mapping[str, RefusalText] = {}

    def recall(self, stored: StoredCall) -> LegacyReply:
        reply = {"key": stored.key_hint, "view": stored.view, "batch": stored.batch}
        ids = {"id": stored.receipt.message_id, "op": stored.receipt.op_id}
        return LegacyReply(status=201, body=json.dumps(reply | ids).encode())


def stored(receipt: bytes | None) -> StoredMessage:
    return StoredMessage(
        channel=1,
        position=b"\1" * 16,
        message_id="01" * 16,
        accepted_at_ms=NOW_MS,
        source=Source.BARK,
        payload=encode_message(MESSAGE),
        view=b'{"v":1}',
        receipt=receipt,
    )


def record(notes: Sequence[Note] = ()) -> CallRecord:
    request = LegacyRequest(
        method="POST",
        path=f"/{KEY}",
        query="icon=1",
        headers=CIMultiDictProxy(
            CIMultiDict({"User-Agent": "curl/8", "X-Icon": "1", "Host": "x"})
        ),
        body=b"body",
    )
    masker = Masker.of([KeyClaim(key=KEY)])
    arrival = Arrival(CALL_ID, "req-1", "prefix", "192.0.2.14")
    return record_call(
        request, arrival, masker, route="POST /{key}", notes=notes, batch=True
    )


def test_a_record_comes_back_as_it_was_packed() -> None:
    before = record([Note("X-Icon", "icon", "a.b")])
    extra = [Note("(alias)", "gate.alias-tags")]
    after = CallRecord.unpack(before.pack(GRANT, extra))
    assert after.key_hint == "jaEU…QqY"
    assert list(after.notes) == [*before.notes, *extra]
    assert after[:6] == before[:6]
    assert after.batch
    assert after[9:14] == before[9:14]
    assert (after.call_id, after.address) == (CALL_ID, "192.0.2.14")
    key = after.key_form, after.alias_id, after.channel
    assert key == ("universal", None, CHANNEL.number)


def test_what_a_key_opened_leaves_later_fields_of_the_record_alone() -> None:
    """A new field goes to the end, behind the three that the grant fills in."""
    longer: CallRecord = tuple.__new__(CallRecord, (*record(), "of a later release"))
    assert orjson.loads(longer.pack(GRANT))[-1] == "of a later release"


def test_a_receipt_is_rendered_as_the_contract_shows_it() -> None:
    packed = record([Note("X-Icon", "icon", "a.b")]).pack(
        GRANT, [Note("Authorization", "gate.login-ignored")]
    )
    dialect = FakeDialect()
    reader = ReceiptReader([dialect])  # type: ignore[list-item]  # only what is asked
    document = reader.read(stored(packed), CHANNEL, Reader("https://push.test"))
    assert document is not None
    (curl,) = cast("list[str]", document.pop("curl"))
    native = {
        "channel_id": "CHANNEL_ID",
        "password": "CHANNEL_PASSWORD",
        "title": MESSAGE.title,
        "severity": "normal",
        "body": MESSAGE.body,
        "op_id": "op",
    }
    assert document == {
        "call_id": CALL_ID,
        "request_id": "req-1",
        "at": NOW_MS - 4,
        "duration_ms": 4,
        "dialect": "bark",
        "mount": "prefix",
        "address": None,
        "key": {"form": "universal", "hint": "jaEU…QqY", "alias_id": None},
        "channel_id": CHANNEL_ID,
        "message_ids": ["01" * 16],
        "route": "POST /{key}",
        "client": "curl/8",
        "dry_run": False,
        "outcome": "accepted",
        "reply": {
            "status": 201,
            "body": {
                "key": "jaEU…QqY",
                "view": {"v": 1},
                "batch": True,
                "id": "01" * 16,
                "op": "op",
            },
        },
        "request": {
            "method": "POST",
            "path": "/jaEU…QqY?icon=1",
            "headers": {"X-Icon": "1"},
            "body": "body",
        },
        "messages": [native],
        "notes": [
            {
                "field": "X-Icon",
                "place": "header",
                "value": "1",
                "verdict": "recorded",
                "to": "metadata.a.b",
                "code": "bark.icon",
                "why": "Stored as it is.",
                "message": 0,
            },
            {
                "field": "Authorization",
                "place": None,
                "value": None,
                "verdict": "changed",
                "to": None,
                "code": "gate.login-ignored",
                "why": "The key suffices by itself; the old login is not needed.",
                "message": 0,
            },
        ],
    }
    words = shlex.split(curl)
    assert words[:4] == ["curl", "-X", "POST", "https://push.test/message"]
    assert json.loads(words[-1]) == native


def test_a_note_of_an_earlier_release_can_be_shown() -> None:
    packed = record([Note("icon", "retired")]).pack(None)
    reader = ReceiptReader([FakeDialect()])  # type: ignore[list-item]  # as above
    document = reader.read(stored(packed), CHANNEL, Reader(""))
    assert document is not None
    (note,) = cast("list[dict[str, object]]", document["notes"])
    assert (note["code"], note["verdict"]) == ("bark.retired", "changed")


def test_a_native_message_has_no_receipt() -> None:
    assert ReceiptReader([]).read(stored(None), CHANNEL, Reader("")) is None


def test_a_curl_line_survives_the_shell() -> None:
    fields = {"title": 'it\'s "a" $HOME `id` \\ !', "body": "满\n"}
    words = shlex.split(curl_line(fields, "https://push.test/a b"))
    assert words[3] == "https://push.test/a b/message"
    assert json.loads(words[-1]) == fields


ALIAS = Alias(
    alias_id="1",
    dialect=Source.NTFY,
    hint="h…t",
    channel=CHANNEL,
    tags=("nas",),
    severity_map={Severity.LOW: Severity.HIGH},
)
LOGIN = Credential(user=None, secret="tk_old")


@pytest.mark.parametrize(
    ("grant", "logins", "codes"),
    [
        (Grant(channel=CHANNEL, generation=1), (), []),
        (Grant(channel=CHANNEL, generation=1), (LOGIN,), ["gate.login-ignored"]),
        (
            Grant(channel=CHANNEL, generation=1, login_used=True),
            (LOGIN,),
            ["gate.login-used"],
        ),
        (
            Grant(channel=CHANNEL, generation=1, alias=ALIAS),
            (),
            ["gate.alias-tags", "gate.alias-severity"],
        ),
    ],
)
def test_the_gate_notes_what_became_of_login_and_alias(
    grant: Grant, logins: tuple[Credential, ...], codes: list[str]
) -> None:
    notes = gate_notes(KeyClaim(key=KEY, credentials=logins), grant)
    assert [note.code for note in notes] == codes
