"""The ServerChan dialect against its golden cases, alone."""

from __future__ import annotations

import json

import pytest

from adapters.serverchan import SERVERCHAN
from tests.golden import (
    Case,
    check_native,
    check_reply,
    load_cases,
    native_fields,
    run_pure,
)

CASES = load_cases("serverchan")


def note_verdicts(case: Case) -> list[list[str]]:
    translation = run_pure(SERVERCHAN, case).translation
    if translation is None:
        return []
    return [
        [note.field, SERVERCHAN.notes[note.code].verdict] for note in translation.notes
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case_gives_the_reply_and_the_message_of_the_specification(
    case: Case,
) -> None:
    outcome = run_pure(SERVERCHAN, case)
    reply, translation = outcome.reply, outcome.translation
    check_reply(case, reply.status, reply.content_type, reply.body)
    message = translation.message if translation else None
    check_native(case, native_fields(message) if message else None)
    verdicts = note_verdicts(case)
    for wanted in case.expect.get("notes", ()):
        assert wanted in verdicts, (case.id, wanted, verdicts)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_reply_lets_browsers_read_it_and_has_no_space_in_its_json(
    case: Case,
) -> None:
    reply = run_pure(SERVERCHAN, case).reply
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    if reply.content_type == "application/json":
        compact = json.dumps(json.loads(reply.body), separators=(",", ":"))
        assert reply.body == compact.encode()


def test_golden_ids_are_unique() -> None:
    ids = [case.id for case in CASES]
    assert len(ids) == len(set(ids))


def test_every_note_code_is_reached_by_a_golden_case() -> None:
    reached = set()
    for case in CASES:
        translation = run_pure(SERVERCHAN, case).translation
        reached |= {note.code for note in translation.notes} if translation else set()
    assert reached == set(SERVERCHAN.notes)
