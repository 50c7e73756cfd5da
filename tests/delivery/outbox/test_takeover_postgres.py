"""Two servers on one PostgreSQL: one delivers, the other goes on when it has died."""

from __future__ import annotations

import signal
from pathlib import Path

import aiohttp

from tests.delivery.outbox.test_takeover import Ntfy, add_target, ntfy, sent
from tests.delivery.rig import until
from tests.killable import Instance
from tests.postgres import TestServer

__all__ = ["ntfy"]


async def test_delivery_is_taken_over_from_a_server_that_was_killed(
    tmp_path: Path, ntfy: tuple[Ntfy, str], postgres: TestServer
) -> None:
    fake, url = ntfy
    database = await postgres.new_database()
    module = "tests.delivery.quick_server"
    async with aiohttp.ClientSession() as session:
        first, second = (Instance(tmp_path, session, database, module) for _ in "12")
        async with first:
            await add_target(database, url)
            try:
                await second.start()
                # While the first has the lease, what either accepts goes out by it.
                await second.send("one")
                await until(lambda: fake.titles == ["one"])
                await second.send("two")
                await first.end(signal.SIGKILL)
                # The answer to "one" was lost with it: it is sent again, then the rest.
                fake.go_on.set()
                await until(lambda: "two" in fake.titles)
                await second.send("three")
                await until(lambda: "three" in fake.titles)
                assert list(dict.fromkeys(fake.titles)) == ["one", "two", "three"]
                assert fake.titles.count("one") > 1
                await second.end()
                assert await sent(database) == 3
            finally:
                await second.end(signal.SIGKILL)
