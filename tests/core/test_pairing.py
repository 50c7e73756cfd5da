"""Phones with Bark's app become targets, and nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pushgo_compat.core.admin.alias_rules import AliasRequest, Refused
from pushgo_compat.core.admin.pairing import PairingAdministration, WrongNumber
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.authenticator import Gate
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.auth.unknown_keys import UnknownKeys
from pushgo_compat.core.delivery import Configuration, Drop, Outcome, Sent
from pushgo_compat.core.phones.pairing import Pairing
from pushgo_compat.core.phones.phone_targets import PhoneRefused
from pushgo_compat.core.stores.access.pairing import Window
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import Fallen, Origin, Target, TargetState
from pushgo_compat.delivery.kinds.bark_app import BARK_APP
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, Channel, KeyClaim, Source
from pushgo_compat.storage import open_store
from tests.core.conftest import SECRET, Checks, Clock, hash_of
from tests.dialects import KEYS
from tests.golden import CHANNEL_ID, PASSWORD

MINUTE_MS = 60_000
UNIVERSAL = CHANNEL_ID + PASSWORD
ADDRESS = "192.0.2.31"


def token(number: int) -> str:
    return f"{number:064x}"


@dataclass
class Phones:
    """Takes the numbers that phones are sent."""

    numbers: list[tuple[str, str]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Sent)

    async def tell(self, configuration: Configuration, number: str) -> Outcome:
        self.numbers.append((str(configuration["device_token"]), number))
        return self.outcome


@dataclass
class House:
    """A store, the service that answers phones, and the operator."""

    store: Store
    clock: Clock
    phones: Phones
    secret: SecretKey = SECRET

    def __post_init__(self) -> None:
        unknown = UnknownKeys(self.store, self.secret, self.clock)
        self.gate = Gate(self.store, self.secret, unknown, self.clock)
        self.pairing = Pairing(
            self.store,
            self.secret,
            BARK_APP,
            KEYS[Source.BARK],
            self.phones.tell,
            self.clock,
        )
        self.admin = Administration(self.store, self.secret, self.clock, KEYS)
        self.operator: PairingAdministration = self.admin.pairing()

    async def channel(self) -> Channel:
        channel = await self.store.channel(CHANNEL_ID)
        assert channel is not None
        return channel

    async def open(self, minutes: int = 10) -> Window:
        return await self.operator.open(await self.channel(), minutes)

    async def register(self, key: str, device_token: str) -> bool:
        """As the app does at every start, with the key that it has."""
        grant = await self.gate.open(
            Source.BARK, KeyClaim(key=key), Access.SEND, fresh=True
        )
        return await self.pairing.register(grant, key, device_token, ADDRESS)

    async def retire(self, key: str) -> None:
        grant = await self.gate.open(
            Source.BARK, KeyClaim(key=key), Access.SEND, fresh=True
        )
        await self.pairing.retire(grant, key)

    async def settle(self) -> None:
        """Let what was begun in the background end."""
        await asyncio.gather(*self.pairing.tasks)

    async def paired(self, device_token: str) -> tuple[str, Target]:
        """A phone that was paired from start to end: its key and target."""
        window = await self.open()
        key = await self.pairing.register_new(device_token, ADDRESS)
        await self.settle()
        target = await self.operator.confirm(
            window.window_id, self.phones.numbers[-1][1]
        )
        assert isinstance(target, Target)
        return key, target

    async def states(self) -> Mapping[str, str]:
        """The targets' states by the ends of their tokens."""
        return {t.hint: t.state.value for t in await self.store.targets.targets()}

    async def kill(self, target: Target) -> None:
        """What the dispatcher writes when the provider calls a token dead."""
        await self.store.lanes.settle([], fallen=[Fallen(target.number, "gone")])


@pytest.fixture
async def house(tmp_path: Path, clock: Clock, checks: Checks) -> AsyncIterator[House]:
    store = await open_store(f"sqlite:///{tmp_path}/store.db", create=True, clock=clock)
    await store.create_channel(CHANNEL_ID, "NAS", hash_of(PASSWORD), 1)
    yield House(store, clock, Phones())
    await store.close()


# ------------------------------------------------------------------------ the window


async def test_a_phone_becomes_a_target_when_its_number_is_typed(house: House) -> None:
    window = await house.open()
    key = await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    ((told, number),) = house.phones.numbers
    assert told == token(1)
    assert len(number) == 2
    assert number.isdecimal()
    assert await house.states() == {}
    target = await house.operator.confirm(window.window_id, f" {number} ")
    assert isinstance(target, Target)
    assert (target.kind, target.origin) == ("bark-app", Origin.PAIRING)
    assert target.channel.channel_id == CHANNEL_ID
    assert await house.operator.find(window.window_id) is None
    (alias,) = await house.store.aliases()
    assert (alias.dialect, alias.send_only, alias.note) == (
        Source.BARK,
        True,
        "made by pairing",
    )
    assert len(key) == 22
    assert alias.hint.startswith(key[:4])


async def test_the_key_made_by_pairing_sends_and_reads_nothing(house: House) -> None:
    key, _ = await house.paired(token(1))
    claim = KeyClaim(key=key)
    grant = await house.gate.open(Source.BARK, claim, Access.SEND)
    assert grant.channel.channel_id == CHANNEL_ID
    for source in (Source.BARK, Source.NTFY):
        with pytest.raises(ChannelNotFound):
            await house.gate.open(source, claim, Access.READ)


async def test_without_a_window_no_phone_gets_a_key(house: House) -> None:
    with pytest.raises(PhoneRefused, match="no pairing window"):
        await house.pairing.register_new(token(1), ADDRESS)
    await house.open(minutes=1)
    house.clock.now_ms += MINUTE_MS
    with pytest.raises(PhoneRefused, match="no pairing window"):
        await house.pairing.register_new(token(1), ADDRESS)
    assert await house.store.aliases() == []


async def test_a_second_pairing_is_refused_and_told_who_holds_the_window(
    house: House,
) -> None:
    other = await house.admin.create_channel("Garage")
    await house.open()
    channel = await house.store.channel(other.channel_id)
    assert channel is not None
    with pytest.raises(Refused, match=f"{CHANNEL_ID} \\(NAS\\) .* 10 more minutes"):
        await house.operator.open(channel, 10)
    house.clock.now_ms += 10 * MINUTE_MS
    assert (await house.operator.open(channel, 10)).channel == channel


async def test_of_two_phones_the_first_has_the_window(house: House) -> None:
    window = await house.open()
    first = await house.pairing.register_new(token(1), ADDRESS)
    with pytest.raises(PhoneRefused, match="another phone"):
        await house.pairing.register_new(token(2), ADDRESS)
    await house.settle()
    ((_, number),) = house.phones.numbers
    await house.operator.confirm(window.window_id, number)
    assert await house.states() == {"…0001": "active"}
    assert await house.register(first, token(1))


async def test_two_phones_at_once_get_one_key(house: House) -> None:
    await house.open()
    came = await asyncio.gather(
        *(house.pairing.register_new(token(n), ADDRESS) for n in range(5)),
        return_exceptions=True,
    )
    assert sum(isinstance(key, str) for key in came) == 1
    await house.settle()
    assert len(house.phones.numbers) == 1


async def test_a_phone_that_asks_twice_gets_the_same_key_and_one_number(
    house: House,
) -> None:
    window = await house.open()
    key = await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    assert await house.pairing.register_new(token(1), ADDRESS) == key
    assert await house.register(key, token(1))
    await house.settle()
    ((_, number),) = house.phones.numbers
    assert isinstance(await house.operator.confirm(window.window_id, number), Target)


async def test_a_phone_that_nobody_confirms_is_forgotten_with_its_key(
    house: House,
) -> None:
    window = await house.open(minutes=1)
    key = await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    ((_, number),) = house.phones.numbers
    house.clock.now_ms += 10 * MINUTE_MS - 1
    await house.pairing.look()
    assert await house.operator.find(window.window_id) is not None
    house.clock.now_ms += 1
    with pytest.raises(Refused, match="over"):
        await house.operator.confirm(window.window_id, number)
    await house.pairing.look()
    assert await house.store.aliases() == []
    with pytest.raises(ChannelNotFound):
        await house.register(key, token(1))


async def test_the_third_wrong_number_ends_it(house: House) -> None:
    window = await house.open()
    await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    ((_, number),) = house.phones.numbers
    wrong = f"{(int(number) + 1) % 100:02d}"
    for left in (2, 1):
        answer = await house.operator.confirm(window.window_id, wrong)
        assert answer == WrongNumber(left)
    with pytest.raises(Refused, match="three wrong numbers"):
        await house.operator.confirm(window.window_id, wrong)
    with pytest.raises(Refused, match="over"):
        await house.operator.confirm(window.window_id, number)
    assert await house.states() == {}
    assert await house.store.aliases() == []


async def test_numbers_typed_at_once_are_three_all_the_same(house: House) -> None:
    window = await house.open()
    await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    ((_, number),) = house.phones.numbers
    guesses = [f"{n:02d}" for n in range(100) if f"{n:02d}" != number][:8]
    answers = await asyncio.gather(
        *(house.operator.confirm(window.window_id, guess) for guess in guesses),
        house.operator.confirm(window.window_id, number),
        return_exceptions=True,
    )
    assert sum(isinstance(answer, WrongNumber) for answer in answers) <= 2
    assert not any(isinstance(answer, Target) for answer in answers)


async def test_a_closed_window_forgets_its_phone(house: House) -> None:
    window = await house.open()
    await house.pairing.register_new(token(1), ADDRESS)
    await house.operator.close(window.window_id)
    assert await house.store.aliases() == []
    with pytest.raises(PhoneRefused):
        await house.pairing.register_new(token(1), ADDRESS)


async def test_a_restart_in_the_middle_loses_nothing(house: House) -> None:
    window = await house.open()
    key = await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    again = House(house.store, house.clock, Phones())
    assert await again.pairing.register_new(token(1), ADDRESS) == key
    ((_, number),) = house.phones.numbers
    assert isinstance(await again.operator.confirm(window.window_id, number), Target)
    assert await again.register(key, token(1))


async def test_a_number_that_died_with_its_server_is_sent_by_the_next(
    house: House,
) -> None:
    window = await house.open()
    await house.pairing.register_new(token(1), ADDRESS)
    for task in house.pairing.tasks:
        task.cancel()
    again = House(house.store, house.clock, Phones())
    await again.pairing.look()
    assert again.phones.numbers == []  # the other one may be at it
    house.clock.now_ms += MINUTE_MS
    for _ in range(2):
        await again.pairing.look()
    ((_, number),) = again.phones.numbers
    assert isinstance(await again.operator.confirm(window.window_id, number), Target)


async def test_a_number_that_does_not_arrive_is_told_and_sent_again(
    house: House,
) -> None:
    window = await house.open()
    house.phones.outcome = Drop("BadDeviceToken")
    await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    found = await house.operator.find(window.window_id)
    assert found is not None
    assert found.phone is not None
    assert found.phone.fault == "BadDeviceToken"
    house.phones.outcome = Sent()
    await house.pairing.register_new(token(1), ADDRESS)
    await house.settle()
    assert len(house.phones.numbers) == 2
    found = await house.operator.find(window.window_id)
    assert found is not None
    assert found.phone is not None
    assert found.phone.fault is None


@pytest.mark.parametrize("device_token", ["a/b", "", "ü", "0" * 161])
async def test_what_is_no_token_takes_no_window(
    house: House, device_token: str
) -> None:
    await house.open()
    with pytest.raises(PhoneRefused, match="device-token"):
        await house.pairing.register_new(device_token, ADDRESS)
    await house.pairing.register_new(token(1), ADDRESS)


# ---------------------------------------------------------------- a key that is known


async def test_a_known_phone_is_silent(house: House) -> None:
    key, target = await house.paired(token(1))
    changes = await house.store.targets.changes()
    assert await house.register(key, token(1))
    await house.settle()
    assert len(house.phones.numbers) == 1
    assert await house.store.targets.changes() == changes
    assert await house.store.targets.target(target.target_id) == target


async def test_a_stranger_with_the_pairing_key_gets_nothing(house: House) -> None:
    key, target = await house.paired(token(1))
    assert not await house.register(key, token(66))
    await house.settle()
    assert len(house.phones.numbers) == 1
    assert await house.store.targets.targets() == [target]


async def test_another_token_takes_over_when_the_old_one_is_dead(house: House) -> None:
    key, target = await house.paired(token(1))
    assert not await house.register(key, token(2))
    await house.pairing.look()
    assert await house.states() == {"…0001": "active"}
    await house.kill(target)
    await house.pairing.look()
    assert await house.states() == {"…0002": "active"}
    assert await house.register(key, token(2))


async def test_another_token_takes_over_at_once_from_a_dead_one(house: House) -> None:
    key, target = await house.paired(token(1))
    await house.kill(target)
    await house.register(key, token(2))
    assert await house.states() == {"…0002": "active"}


async def test_another_token_takes_over_when_the_operator_confirms(
    house: House,
) -> None:
    key, _ = await house.paired(token(1))
    window = await house.open()
    assert not await house.register(key, token(2))
    await house.settle()
    told, number = house.phones.numbers[-1]
    assert told == token(2)
    await house.operator.confirm(window.window_id, number)
    assert await house.states() == {"…0002": "active"}
    assert await house.register(key, token(2))
    assert len(await house.store.aliases()) == 1


async def test_a_window_of_another_channel_is_not_for_a_known_key(
    house: House,
) -> None:
    key, _ = await house.paired(token(1))
    other = await house.admin.create_channel("Garage")
    channel = await house.store.channel(other.channel_id)
    assert channel is not None
    window = await house.operator.open(channel, 10)
    await house.register(key, token(2))
    found = await house.operator.find(window.window_id)
    assert found is not None
    assert found.phone is None


async def test_a_removed_phone_comes_back_by_a_window_alone(house: House) -> None:
    key, target = await house.paired(token(1))
    await house.store.targets.remove_target(target.target_id)
    assert not await house.register(key, token(1))
    await house.pairing.look()
    assert await house.states() == {}
    window = await house.open()
    await house.register(key, token(1))
    await house.settle()
    await house.operator.confirm(window.window_id, house.phones.numbers[-1][1])
    assert await house.states() == {"…0001": "active"}


async def test_removing_the_server_pauses_and_coming_back_resumes(
    house: House,
) -> None:
    key, target = await house.paired(token(1))
    house.clock.now_ms += 10_000
    await house.retire(key)
    found = await house.store.targets.target(target.target_id)
    assert found is not None
    assert (found.state, found.reason) == (TargetState.PAUSED, "removed in the app")
    assert await house.register(key, token(1))
    assert await house.states() == {"…0001": "active"}


async def test_deleted_right_after_a_registration_is_ignored(house: House) -> None:
    key, _ = await house.paired(token(1))
    house.clock.now_ms += MINUTE_MS
    await house.register(key, token(1))
    house.clock.now_ms += 9_999
    await house.retire(key)
    assert await house.states() == {"…0001": "active"}
    house.clock.now_ms += 1
    await house.retire(key)
    assert await house.states() == {"…0001": "paused"}


async def test_a_target_that_the_operator_paused_stays_paused(house: House) -> None:
    key, target = await house.paired(token(1))
    await house.store.targets.set_state(target.target_id, TargetState.PAUSED, None)
    assert await house.register(key, token(1))
    assert await house.states() == {"…0001": "paused"}


# ---------------------------------------------------------------------- a typed key


async def test_a_universal_key_binds_without_a_window_and_an_alias_does_not(
    house: House,
) -> None:
    request = AliasRequest(dialect=Source.BARK, channel_id=CHANNEL_ID, key="OldKey")
    await house.admin.add_alias(request)
    await house.admin.add_alias(
        AliasRequest(
            dialect=Source.BARK, channel_id=CHANNEL_ID, key="*", send_only=True
        )
    )
    assert not await house.register("OldKey", token(1))
    assert not await house.register("anything", token(1))
    assert await house.states() == {}
    assert await house.register(UNIVERSAL, token(1))
    assert await house.register(UNIVERSAL, token(2))
    assert await house.register(UNIVERSAL, token(1))
    assert await house.states() == {"…0001": "active", "…0002": "active"}
    assert house.phones.numbers == []
    origins = {t.origin for t in await house.store.targets.targets()}
    assert origins == {Origin.PASSWORD}


async def test_a_rotated_password_takes_typed_keys_along_and_no_paired_phone(
    house: House,
) -> None:
    key, _ = await house.paired(token(1))
    for number in (2, 3):
        await house.register(UNIVERSAL, token(number))
    opened = await house.admin.rotate_password(CHANNEL_ID)
    assert any("2 browsers or phones" in warning for warning in opened.warnings)
    assert await house.states() == {"…0001": "active"}
    with pytest.raises(ChannelNotFound):
        await house.register(UNIVERSAL, token(2))
    assert await house.register(key, token(1))


async def test_a_channel_has_twenty_phones(house: House) -> None:
    for number in range(20):
        await house.register(UNIVERSAL, token(number))
    with pytest.raises(PhoneRefused, match="20 phones"):
        await house.register(UNIVERSAL, token(20))
    await house.register(UNIVERSAL, token(19))
    window = await house.open()
    await house.pairing.register_new(token(21), ADDRESS)
    await house.settle()
    with pytest.raises(Refused, match="20 phones"):
        await house.operator.confirm(window.window_id, house.phones.numbers[-1][1])
    assert await house.store.aliases() == []


async def test_a_phone_with_the_universal_key_is_paused_when_it_is_the_only_one(
    house: House,
) -> None:
    await house.register(UNIVERSAL, token(1))
    house.clock.now_ms += MINUTE_MS
    await house.retire(UNIVERSAL)
    assert await house.states() == {"…0001": "paused"}
    await house.register(UNIVERSAL, token(1))
    await house.register(UNIVERSAL, token(2))
    house.clock.now_ms += MINUTE_MS
    await house.retire(UNIVERSAL)
    assert await house.states() == {"…0001": "active", "…0002": "active"}


async def test_an_alias_retires_no_phone(house: House) -> None:
    request = AliasRequest(dialect=Source.BARK, channel_id=CHANNEL_ID, key="OldKey")
    await house.admin.add_alias(request)
    await house.register(UNIVERSAL, token(1))
    house.clock.now_ms += MINUTE_MS
    await house.retire("OldKey")
    assert await house.states() == {"…0001": "active"}


async def test_a_dead_phone_that_registers_again_is_alive(house: House) -> None:
    await house.register(UNIVERSAL, token(1))
    (target,) = await house.store.targets.targets()
    await house.kill(target)
    assert await house.states() == {"…0001": "dropped"}
    await house.register(UNIVERSAL, token(1))
    assert await house.states() == {"…0001": "active"}
