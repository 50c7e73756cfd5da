"""Two servers on one PostgreSQL: one delivers, the other goes on when it has died."""

from __future__ import annotations

from pathlib import Path

import aiohttp

from tests.delivery.outbox.test_takeover import Ntfy, ntfy, takes_over
from tests.killable import Instance
from tests.postgres import TestServer

__all__ = ["ntfy"]


async def test_delivery_is_taken_over_from_a_server_that_was_killed(
    tmp_path: Path, ntfy: tuple[Ntfy, str], postgres: TestServer
) -> None:
    database = await postgres.new_database()
    module = "tests.delivery.quick_server"
    async with aiohttp.ClientSession() as session:
        first, second = (Instance(tmp_path, session, database, module) for _ in "12")
        await takes_over(first, second, ntfy)
