"""The ntfy dialect against its golden cases."""

from __future__ import annotations

import json

import pytest

from adapters.ntfy import NTFY
from adapters.ntfy.mail.notes import NOTES as MAIL_NOTES
from pushgo_compat.legacy import Verdict
from tests.golden import (
    Case,
    check_native,
    check_reply,
    load_cases,
    native_fields,
    run_pure,
)

CASES = load_cases("ntfy")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case_is_answered_and_translated_as_expected(case: Case) -> None:
    outcome = run_pure(NTFY, case)
    reply, translation = outcome.reply, outcome.translation
    check_reply(case, reply.status, reply.content_type, reply.body)
    if translation is not None:
        message = translation.message
        shown = None if translation.hidden else message
        check_native(case, None if shown is None else native_fields(shown))
        verdicts = {
            (note.field, NTFY.notes[note.code].verdict) for note in translation.notes
        }
        for field, verdict in case.expect.get("notes", []):
            assert (field, Verdict(verdict)) in verdicts, case.id


def test_every_note_has_its_text_and_every_text_is_used() -> None:
    emitted = {
        note.code
        for case in CASES
        if (translation := run_pure(NTFY, case).translation)
        for note in translation.notes
    }
    assert emitted | set(MAIL_NOTES) == set(NTFY.notes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_json_replies_end_with_a_newline_and_carry_cors(case: Case) -> None:
    reply = run_pure(NTFY, case).reply
    if reply.content_type == "application/json":
        assert reply.body.endswith(b"}\n")
        assert reply.headers["Access-Control-Allow-Origin"] == "*"
        json.loads(reply.body)
