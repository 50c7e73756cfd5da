"""UnifiedPush in the core: what becomes of a topic that nobody subscribed."""

from __future__ import annotations

import pytest

from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.key_forms import is_unified_push
from pushgo_compat.core.auth.opening.grants import NO_TOPIC, UNKNOWN_KEY
from pushgo_compat.core.unified_push import KEPT_MS, UnifiedPush
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, KeyClaim, Source
from tests.core.conftest import SECRET, Clock, House, Somebody
from tests.golden import CHANNEL_ID

TOPIC = "upAbCdEf012345"


@pytest.fixture
def gate(house: House, clock: Clock) -> Gate:
    return Gate(
        house.store,
        SECRET,
        house.unknown,
        clock,
        [Source.NTFY],
        unified_push=Source.NTFY,
    )


async def why_refused(gate: Gate, source: Source, key: str) -> str:
    with pytest.raises(ChannelNotFound) as refusal:
        await gate.open(source, KeyClaim(key=key), Access.SEND, caller=Somebody())
    return refusal.value.why


@pytest.mark.parametrize(
    ("topic", "is_one"),
    [
        (TOPIC, True),
        ("up000000000000", True),
        (TOPIC[:-1], False),
        (TOPIC + "6", False),
        ("UP000000000000", False),
        ("up00000000000-", False),
        ("up00000000000é", False),
        ("up000000000000\n", False),
    ],
)
def test_topics_of_apps_have_one_form(topic: str, is_one: bool) -> None:
    assert is_unified_push(topic) is is_one


async def test_an_unknown_topic_is_not_among_the_unknown_keys(
    house: House, gate: Gate
) -> None:
    assert await why_refused(gate, Source.NTFY, TOPIC) == NO_TOPIC
    assert await why_refused(gate, Source.BARK, TOPIC) == UNKNOWN_KEY
    assert await why_refused(gate, Source.NTFY, "backups") == UNKNOWN_KEY
    await house.unknown.flush()
    known = [(key.dialect, key.hint) for key in await house.store.unknown_keys()]
    assert sorted(source for source, _ in known) == ["bark", "ntfy"]


async def test_an_alias_that_looks_like_one_opens(house: House, gate: Gate) -> None:
    await house.bind(Source.NTFY, TOPIC)
    claim = KeyClaim(key=TOPIC)
    grant = await gate.open(Source.NTFY, claim, Access.SEND, caller=Somebody())
    assert grant.channel.channel_id == CHANNEL_ID


async def test_topics_live_for_thirty_days_from_their_last_subscriber(
    house: House, gate: Gate, clock: Clock
) -> None:
    listened: set[int] = set()
    push = UnifiedPush(
        house.store.vouched, SECRET, Source.NTFY, lambda: listened, clock
    )
    voucher = await house.store.channel(CHANNEL_ID)
    assert voucher is not None
    topics = [f"up00000000000{number}" for number in range(3)]
    claims = [KeyClaim(key=topic) for topic in topics]
    for topic in topics:
        assert await push.make([voucher], topic)
    begun = clock.now_ms
    clock.now_ms = begun + KEPT_MS
    await push.sweep()  # nobody came since: still there to the millisecond
    streaming, polled, left = [
        await gate.open(Source.NTFY, claim, Access.READ) for claim in claims
    ]
    listened.add(streaming.channel.number)
    push.note([polled])
    await push.flush()
    clock.now_ms += 1
    await push.sweep()
    for claim in claims[:2]:
        await gate.open(Source.NTFY, claim, Access.READ, fresh=True)
    assert await why_refused(gate, Source.NTFY, topics[2]) == NO_TOPIC
    clock.now_ms = begun + 2 * KEPT_MS + 1
    await push.sweep()  # the stream is open all the time
    await gate.open(Source.NTFY, claims[0], Access.READ, fresh=True)
    assert await why_refused(gate, Source.NTFY, topics[1]) == NO_TOPIC
    assert left.channel.hidden
