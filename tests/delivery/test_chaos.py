"""Nothing acknowledged is lost or out of order, whatever dies in the middle."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.delivery.chaos import run

MESSAGES, TARGETS, KILLS = 500, 10, 5


@pytest.mark.timeout(400)
async def test_kills_and_failing_providers_lose_nothing_and_keep_the_order(
    tmp_path: Path,
) -> None:
    tally = await run(tmp_path, MESSAGES, TARGETS, KILLS)
    assert tally.lost == 0
    assert tally.delivered == tally.expected == MESSAGES * (TARGETS - 1)
    assert tally.out_of_order == 0
    assert tally.dead_state == "dropped"
    # A kill repeats at most what each lane had under way.
    assert tally.repeated["after a kill"] <= KILLS * TARGETS
    assert tally.outcomes["failed"] == tally.outcomes["expired"] == 0
