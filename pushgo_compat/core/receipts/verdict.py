"""The verdict of a call: may its sender go on as it is, once the address is another?"""

from __future__ import annotations

import enum
from collections.abc import Iterable

from pushgo_compat.legacy import Verdict


class CallVerdict(enum.StrEnum):
    """Whether a call works after its address is changed to this gateway's."""

    WORKS = "works"
    """Nothing is lost."""
    WORKS_WITH_LOSS = "works_with_loss"
    """The call is accepted, and something that it asks for does not happen."""
    MUST_CHANGE = "must_change"
    """The call is refused."""


def verdict_of_call(*, accepted: bool, notes: Iterable[Verdict]) -> CallVerdict:
    """The verdict of a call with these verdicts of its fields."""
    if not accepted:
        return CallVerdict.MUST_CHANGE
    if Verdict.LOST in notes:
        return CallVerdict.WORKS_WITH_LOSS
    return CallVerdict.WORKS
