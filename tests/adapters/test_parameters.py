"""The tables of parameters: one home for each name and each note."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import pytest

from adapters.bark import notes as bark_notes
from adapters.bark import parameters as bark
from adapters.bark.parameters import extra
from adapters.ntfy import parameters as ntfy
from adapters.ntfy.parameters import general_notes as ntfy_notes
from adapters.ntfy.parameters.parameter import NO_TURN
from adapters.serverchan import notes as serverchan_notes
from adapters.serverchan import parameters as serverchan
from pushgo_compat.legacy import NoteText

Notes = Mapping[str, NoteText]
BARK: tuple[Notes, ...] = (
    bark_notes.NOTES,
    extra.NOTES,
    *(parameter.notes for parameter in bark.TABLE.values()),
)
NTFY: tuple[Notes, ...] = (
    ntfy_notes.NOTES,
    *(parameter.notes for parameter in ntfy.TABLE.values()),
)
SERVERCHAN: tuple[Notes, ...] = (
    serverchan_notes.NOTES,
    *(parameter.notes for parameter in serverchan.TABLE.values()),
)


@pytest.mark.parametrize(
    ("homes", "table"),
    [(BARK, bark.NOTES), (NTFY, ntfy.NOTES), (SERVERCHAN, serverchan.NOTES)],
)
def test_every_note_has_one_home(homes: tuple[Notes, ...], table: Notes) -> None:
    counted = Counter(code for notes in homes for code in notes)
    assert set(counted.values()) == {1}
    assert set(counted) == set(table)


def test_every_name_in_ntfy_belongs_to_one_parameter() -> None:
    names = [name for parameter in ntfy.TABLE.values() for name in parameter.names]
    assert len(names) == len(set(names)) == len(ntfy.PLACES)
    assert all(name == name.lower() for name in names)


def test_each_check_in_ntfy_has_a_turn_of_its_own() -> None:
    """The order in which ntfy refuses must not hang on the order of the table."""
    turns = [p.turn for p in ntfy.TABLE.values() if p.turn != NO_TURN]
    assert len(turns) == len(set(turns))
    assert all(p.check for p in ntfy.TABLE.values() if p.turn != NO_TURN)


def test_bark_parameters_are_known_by_their_names_in_lower_case() -> None:
    assert all(name == name.lower() for name in bark.TABLE)


def test_the_loss_of_every_native_field_is_told() -> None:
    assert {cut.code for cut in bark.CUTS.values()} <= set(bark.NOTES)
