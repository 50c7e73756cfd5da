"""Processes killed under load: nothing that was acknowledged is lost.

No stream misses or repeats a message, every target gets each one at least once, and
for the first time in the order of reading. ``make torture`` kills more often.
"""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.chaos.ledger import Counts
from tests.chaos.scenes import (
    instances_die,
    on_postgres,
    on_sqlite,
    the_database_dies,
)
from tests.postgres import TestServer

KILLS = 5


def check(counts: Counts) -> None:
    print(counts)  # noqa: T201 - shown by pytest -s
    assert counts.faults == {}
    assert counts.acknowledged > 0
    assert counts.stored >= counts.acknowledged
    assert counts.resumed > 0


@pytest.mark.timeout(300)
async def test_instances_that_are_killed_lose_nothing(
    tmp_path: Path, session: aiohttp.ClientSession, mortal: TestServer
) -> None:
    check(await on_postgres(tmp_path, session, mortal, instances_die, KILLS))


@pytest.mark.timeout(300)
async def test_a_database_that_is_killed_loses_nothing(
    tmp_path: Path, session: aiohttp.ClientSession, mortal: TestServer
) -> None:
    check(await on_postgres(tmp_path, session, mortal, the_database_dies, KILLS))


@pytest.mark.timeout(300)
async def test_a_server_on_a_file_that_is_killed_loses_nothing(
    tmp_path: Path, session: aiohttp.ClientSession
) -> None:
    check(await on_sqlite(tmp_path, session, KILLS))
