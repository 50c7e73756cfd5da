"""PostgreSQL keeps to what every store must do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.postgres.engine.lease import Owner
from pushgo_compat.storage.postgres.store import PostgresStore
from tests.postgres import TestServer
from tests.storage import conformance
from tests.storage.conformance import (
    calls as conformance_calls,
)
from tests.storage.conformance import (
    feed as conformance_feed,
)
from tests.storage.conformance import (
    numbers as conformance_numbers,
)
from tests.storage.conformance import (
    pairing as conformance_pairing,
)
from tests.storage.conformance import (
    schedule as conformance_schedule,
)
from tests.storage.conformance import (
    shadows as conformance_shadows,
)
from tests.storage.conformance import (
    targets as conformance_targets,
)
from tests.storage.conformance import (
    tickets as conformance_tickets,
)
from tests.storage.conformance import (
    tokens as conformance_tokens,
)
from tests.storage.conformance import (
    vouched as conformance_vouched,
)
from tests.storage.conftest import Clock, OpenStore


@pytest.fixture
async def open_store(postgres: TestServer, clock: Clock) -> AsyncIterator[OpenStore]:
    url = await postgres.new_database()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(postgres.give_back, url)

        async def open_store(
            *, feed: Feed | None = None, clock: Clock = clock
        ) -> Store:
            store = await PostgresStore.open(
                url, owner=Owner(), feed=feed, clock=clock, listen_dsn=url
            )
            stack.push_async_callback(store.close)
            return store

        yield open_store


class TestMessages(conformance.MessageConformance):
    pass


class TestOrder(conformance.OrderConformance):
    pass


class TestOperations(conformance.OperationConformance):
    pass


class TestRetention(conformance.RetentionConformance):
    pass


class TestNumbers(conformance_numbers.NumberConformance):
    pass


class TestLive(conformance.LiveConformance):
    pass


class TestFeed(conformance_feed.FeedConformance):
    pass


class TestChannels(conformance.ChannelConformance):
    pass


class TestAdminToken(conformance.AdminTokenConformance):
    """The operator's token."""


class TestSecret(conformance.SecretConformance):
    pass


class TestSchedule(conformance_schedule.ScheduleConformance):
    pass


class TestHidden(conformance_schedule.HiddenConformance):
    pass


class TestFile(conformance_schedule.FileConformance):
    pass


class TestPairing(conformance_pairing.PairingConformance):
    pass


class TestTargets(conformance_targets.TargetConformance):
    pass


class TestCalls(conformance_calls.CallConformance):
    pass


class TestTokens(conformance_tokens.TokenConformance):
    pass


class TestTickets(conformance_tickets.TicketConformance):
    """Tickets to an inbox, in PostgreSQL."""


class TestVouched(conformance_vouched.VouchedConformance):
    pass


class TestShadows(conformance_shadows.ShadowConformance):
    pass
