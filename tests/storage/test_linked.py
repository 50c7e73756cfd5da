"""A store whose writer is another process keeps to what every store must do."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from pushgo_compat.core.live import Hub
from pushgo_compat.core.stores.feed import Feed
from pushgo_compat.core.stores.sharing import Fronts
from pushgo_compat.core.stores.store import Store
from pushgo_compat.storage.sqlite.link.sharing import SharedFile
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
async def open_store(path: Path, clock: Clock) -> AsyncIterator[OpenStore]:
    """Fronts of one writer; a clock of its own stands for another writer beside."""
    shared = SharedFile(path)
    writers: dict[int, Fronts] = {}
    async with AsyncExitStack() as stack:

        async def open_store(
            *, feed: Feed | None = None, clock: Clock = clock
        ) -> Store:
            if id(clock) not in writers:
                hub = Hub()
                own, fronts = await shared.open({}, feed=hub, clock=clock)
                hub.read_from(own)
                stack.push_async_callback(own.close)
                stack.push_async_callback(hub.close)
                writers[id(clock)] = fronts
            here, there = socket.socketpair()
            await writers[id(clock)].serve(there)
            store, _ = await shared.join(here, feed=feed, clock=clock)
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


class TestShadows(conformance_shadows.ShadowConformance):
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


class TestTickets(conformance_tickets.TicketConformance):
    """Tickets to an inbox, in SQLite."""


class TestTokens(conformance_tokens.TokenConformance):
    pass


class TestVouched(conformance_vouched.VouchedConformance):
    pass
