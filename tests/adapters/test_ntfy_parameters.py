"""The table of ntfy's parameters is whole: no entry hides another."""

from __future__ import annotations

from collections import Counter

from adapters.ntfy.parameters import NOTES, PLACES, TABLE
from adapters.ntfy.parameters.general_notes import NOTES as GENERAL_NOTES
from adapters.ntfy.parameters.parameter import NO_TURN


def test_every_name_belongs_to_one_parameter() -> None:
    names = [name for parameter in TABLE.values() for name in parameter.names]
    assert [name for name, count in Counter(names).items() if count > 1] == []
    assert set(names) == set(PLACES)
    assert all(name == name.lower() for name in names)


def test_every_note_belongs_to_one_parameter() -> None:
    codes = [code for parameter in TABLE.values() for code in parameter.notes]
    codes += GENERAL_NOTES
    assert [code for code, count in Counter(codes).items() if count > 1] == []
    assert set(codes) == set(NOTES)


def test_no_two_parameters_have_the_same_turn_in_the_checks() -> None:
    turns = [parameter.turn for parameter in TABLE.values()]
    assert all(count == 1 for turn, count in Counter(turns).items() if turn != NO_TURN)


def test_a_parameter_with_a_turn_can_be_refused() -> None:
    assert all(
        parameter.check for parameter in TABLE.values() if parameter.turn != NO_TURN
    )
