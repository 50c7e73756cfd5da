"""Every suite, for a store whose module has the fixture ``open_store``.

A module of tests takes them all: ``from …suites import *``.
"""

from __future__ import annotations

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
    """Tickets to an inbox."""


class TestTokens(conformance_tokens.TokenConformance):
    pass


class TestVouched(conformance_vouched.VouchedConformance):
    pass
