"""Processes killed under load: nothing that was acknowledged is lost.

No stream misses or repeats a message, every target gets each one at least once, and
for the first time in the order of reading. ``make torture`` kills more often.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.chaos.scenes import SCENES
from tests.postgres import TestServer

KILLS = 5
FEWER: Mapping[str, int] = {
    "PostgreSQL: the deliverer held up": 2,
    "SQLite: the supervisor of two fronts": 2,
}
"""Each takes longer than a lease, or than the end and the start of a server."""


@pytest.mark.timeout(300)
@pytest.mark.parametrize("scene", SCENES)
async def test_nothing_is_lost(
    tmp_path: Path, session: aiohttp.ClientSession, mortal: TestServer, scene: str
) -> None:
    kills = FEWER.get(scene, KILLS)
    counts = await SCENES[scene](tmp_path, session, mortal, kills)
    print(f"{scene}: {counts}")  # noqa: T201 - shown by pytest -s
    assert counts.faults == {}
    assert counts.kills == kills
    assert counts.stored >= counts.acknowledged > 0
    assert counts.delivered == counts.stored
    assert counts.streamed == 2 * counts.stored
