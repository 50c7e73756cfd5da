"""A PostgreSQL that may be killed, and receivers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest

from tests.postgres import TestServer, running_postgres


@pytest.fixture(scope="module")
def mortal() -> Iterator[TestServer]:
    """A PostgreSQL of these tests alone. What it has written survives its end."""
    with running_postgres() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session
