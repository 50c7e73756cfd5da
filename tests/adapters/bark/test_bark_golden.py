"""Every golden Bark case, pure, and the table of notes against them."""

from __future__ import annotations

import pytest

from adapters.bark import BARK
from pushgo_compat.legacy import Note
from tests.golden import (
    Case,
    check_native,
    check_reply,
    load_cases,
    native_fields,
    run_pure,
)

CASES = load_cases("bark")


def verdicts(notes: tuple[Note, ...]) -> list[list[str]]:
    return [[note.field, str(BARK.notes[note.code].verdict)] for note in notes]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_golden_case_gives_the_expected_reply_message_and_notes(case: Case) -> None:
    outcome = run_pure(BARK, case)
    reply, translation = outcome.reply, outcome.translation
    check_reply(case, reply.status, reply.content_type, reply.body)
    shown = translation is not None and not translation.hidden
    message = translation.message if translation and shown else None
    check_native(case, native_fields(message) if message else None)
    told = verdicts(outcome.notes)
    for wanted in case.expect.get("notes", []):
        assert wanted in told, (case.id, told)


def test_ids_of_the_golden_cases_are_unique() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


def test_golden_cases_reach_every_note_of_the_table_and_no_other() -> None:
    emitted = {note.code for case in CASES for note in run_pure(BARK, case).notes}
    # Only the setting rejoin_iv makes this one; test_bark_encryption.py has it.
    assert emitted | {"ciphertext_rejoined"} == set(BARK.notes)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_every_reply_names_bark_as_its_server(case: Case) -> None:
    assert run_pure(BARK, case).reply.headers["Server"] == "Bark"
