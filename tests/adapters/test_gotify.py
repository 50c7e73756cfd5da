"""The Gotify dialect against its golden cases, alone, and what they cannot show."""

from __future__ import annotations

import json

import pytest

from adapters.gotify import GOTIFY
from adapters.gotify.reply import date_text, message_number
from pushgo_compat.errors import (
    ChannelNotFound,
    InternalError,
    NativeError,
    RateLimited,
    RequestTooLarge,
    RouteNotFound,
    ServerBusy,
)
from pushgo_compat.legacy import StoredCall
from tests.golden import (
    Case,
    check_native,
    check_reply,
    legacy_request,
    load_cases,
    native_fields,
    receipt,
    run_pure,
)

CASES = load_cases("gotify")
SENT = next(case for case in CASES if case.id == "gotify-extras-all")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case_gives_the_reply_the_message_and_the_notes(case: Case) -> None:
    outcome = run_pure(GOTIFY, case)
    reply, translation = outcome.reply, outcome.translation
    check_reply(case, reply.status, reply.content_type, reply.body)
    message = translation.message if translation else None
    check_native(case, native_fields(message) if message else None)
    told = [[note.field, GOTIFY.notes[note.code].verdict] for note in outcome.notes]
    for wanted in case.expect.get("notes", ()):
        assert wanted in told, (case.id, told)


def test_golden_ids_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_golden_cases_reach_every_note_of_the_table_and_no_other() -> None:
    emitted = {note.code for case in CASES for note in run_pure(GOTIFY, case).notes}
    assert emitted == set(GOTIFY.notes)


def test_a_stored_message_is_answered_again_to_the_byte() -> None:
    outcome = run_pure(GOTIFY, SENT)
    translation = outcome.translation
    assert translation is not None
    promised = receipt(translation.message, None)
    assert promised is not None
    stored = StoredCall(
        route="POST /message", key_hint="…", view=translation.view, receipt=promised
    )
    assert GOTIFY.recall(stored).body == outcome.reply.body


def test_numbers_have_31_bits_and_follow_the_unique_ones() -> None:
    first = (1 << 57) * 5
    ids = [f"{first + (place << 57):032x}" for place in range(3)]
    assert [message_number(message_id) for message_id in ids] == [5, 6, 7]
    assert message_number("f" * 32) == 2**31 - 1


@pytest.mark.parametrize(
    ("unix_ms", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1_795_408_545_120, "2026-11-23T04:35:45.12Z"),
        (1_795_408_545_001, "2026-11-23T04:35:45.001Z"),
    ],
)
def test_a_date_has_no_zeros_at_its_end(unix_ms: int, text: str) -> None:
    assert date_text(unix_ms) == text


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ChannelNotFound(), 401),
        (RateLimited(7), 429),
        (RequestTooLarge(), 413),
        (ServerBusy(retry_after_s=7), 503),
        (InternalError(), 500),
        (RouteNotFound(), 404),
    ],
)
def test_every_refusal_of_the_core_has_gotifys_document(
    error: NativeError, status: int
) -> None:
    reply = GOTIFY.refused(legacy_request(SENT), error)
    document = json.loads(reply.body)
    assert list(document) == ["error", "errorCode", "errorDescription"]
    assert reply.status == document["errorCode"] == status
    assert reply.headers.get("Retry-After") == ("7" if status in (429, 503) else None)
