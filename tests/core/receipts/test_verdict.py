"""The verdict of a call follows from its outcome and its notes alone."""

from __future__ import annotations

import pytest

from pushgo_compat.core.receipts.verdict import verdict_of_call
from pushgo_compat.legacy import Verdict

KEPT, CHANGED, RECORDED, LOST = Verdict


@pytest.mark.parametrize(
    ("notes", "verdict"),
    [
        ([], "works"),
        ([KEPT, CHANGED, RECORDED], "works"),
        ([KEPT, LOST, CHANGED], "works_with_loss"),
    ],
)
def test_an_accepted_call_works_unless_something_is_lost(
    notes: list[Verdict], verdict: str
) -> None:
    assert verdict_of_call(accepted=True, notes=notes) == verdict


@pytest.mark.parametrize("notes", [[], [LOST], [KEPT]])
def test_a_refused_call_must_change(notes: list[Verdict]) -> None:
    assert verdict_of_call(accepted=False, notes=notes) == "must_change"
