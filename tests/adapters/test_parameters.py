"""The tables of parameters: one home for each name and each note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from adapters.bark import notes as bark_notes
from adapters.bark import parameters as bark
from adapters.bark.parameters import extra
from adapters.serverchan import notes as serverchan_notes
from adapters.serverchan import parameters as serverchan
from pushgo_compat.legacy import NoteText

Notes = Mapping[str, NoteText]
BARK: tuple[Notes, ...] = (
    bark_notes.NOTES,
    extra.NOTES,
    *(parameter.notes for parameter in bark.TABLE.values()),
)
SERVERCHAN: tuple[Notes, ...] = (
    serverchan_notes.NOTES,
    *(parameter.notes for parameter in serverchan.TABLE.values()),
)


@pytest.mark.parametrize(
    ("homes", "table"), [(BARK, bark.NOTES), (SERVERCHAN, serverchan.NOTES)]
)
def test_every_note_has_one_home(homes: tuple[Notes, ...], table: Notes) -> None:
    counted = Counter(code for notes in homes for code in notes)
    assert set(counted.values()) == {1}
    assert set(counted) == set(table)


def test_bark_parameters_are_known_by_their_names_in_lower_case() -> None:
    assert all(name == name.lower() for name in bark.TABLE)


def test_the_loss_of_every_native_field_is_told() -> None:
    assert {cut.code for cut in bark.CUTS.values()} <= set(bark.NOTES)
