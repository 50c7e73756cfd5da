"""One message an op_id, whichever of several instances its senders ask."""

from __future__ import annotations

from pathlib import Path

import aiohttp
import pytest

from tests.chaos.submits import submit_at_once
from tests.postgres import TestServer

OPERATIONS = 1_000
EACH = 10
CONNECTIONS = 250
"""To one instance."""


@pytest.mark.timeout(300)
async def test_ten_thousand_submits_of_a_thousand_operations_make_a_thousand_messages(
    tmp_path: Path, postgres: TestServer
) -> None:
    connector = aiohttp.TCPConnector(limit_per_host=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector) as session:
        result = await submit_at_once(tmp_path, session, postgres, OPERATIONS, EACH)
    print(result)  # noqa: T201 - shown by pytest -s
    assert result.answers == {200: OPERATIONS * EACH}
    assert result.new == OPERATIONS
    ids = [message_id for given in result.ids.values() for message_id in given]
    assert len(ids) == OPERATIONS
    assert sorted(result.stored) == sorted(ids)
    assert sorted(result.arrived) == sorted(ids)
