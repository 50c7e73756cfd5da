"""The golden cases on PostgreSQL: answered and stored as on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.postgres.engine.lease import Owner
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.gateway import Gateway, running
from tests.golden import Case
from tests.postgres import TestServer
from tests.web import test_wire_golden
from tests.web.conftest import Client, Clock
from tests.web.native import test_native_golden


@pytest.fixture(scope="module")
def gateway(
    postgres: TestServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    url = asyncio.run(postgres.new_database())
    with running(tmp_path_factory.mktemp("postgres"), url) as gateway:
        yield gateway
    asyncio.run(postgres.give_back(url))


@pytest.fixture
async def stored_in(
    postgres: TestServer, clock: Clock, hub: Hub
) -> AsyncIterator[Store]:
    url = await postgres.new_database()
    store = await PostgresStore.open(url, owner=Owner(), feed=hub, clock=clock)
    yield store
    await store.close()
    await postgres.give_back(url)


@pytest.mark.parametrize("case", test_wire_golden.CASES, ids=lambda case: case.id)
def test_a_golden_case_of_a_dialect_is_answered_and_stored_alike(
    gateway: Gateway, case: Case
) -> None:
    test_wire_golden.check_case(gateway, case)


@pytest.mark.parametrize("case", test_native_golden.CASES, ids=lambda case: case.id)
async def test_a_golden_case_of_the_native_api_is_answered_and_stored_alike(
    client: Client, case: Case
) -> None:
    await test_native_golden.check_case(client, case)
