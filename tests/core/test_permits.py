"""Permits: what let a reader in is compared, and in doubt it does not stand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.keys import Standing
from pushgo_compat.model import Access, Channel, Credential, KeyClaim, Source
from tests.core.conftest import House
from tests.golden import CHANNEL_ID, PASSWORD

CHANNEL = Channel(
    number=7, channel_id=CHANNEL_ID, name="n", password_hash="h", created_at_ms=0
)
ALIAS = Alias(alias_id="a", dialect=Source.NTFY, hint="h…t", channel=CHANNEL)
LOCKED = replace(ALIAS, require_auth=True, credential_digests=(b"one", b"two"))
BY_PASSWORD = Permit.of(Grant(channel=CHANNEL, generation=1, by_password=True))
BY_ALIAS = Permit.of(Grant(channel=CHANNEL, generation=1, alias=ALIAS))
BY_CREDENTIAL = Permit.of(
    Grant(
        channel=CHANNEL,
        generation=1,
        alias=LOCKED,
        login_used=True,
        credential=b"two",
    )
)
BY_ALIAS_AND_PASSWORD = Permit.of(
    Grant(
        channel=CHANNEL,
        generation=1,
        alias=LOCKED,
        by_password=True,
        login_used=True,
    )
)


def standing(alias: Alias | None = None, password_hash: str | None = "h") -> Standing:
    hashes = {} if password_hash is None else {CHANNEL.number: password_hash}
    return Standing(2, hashes, {} if alias is None else {alias.alias_id: alias})


@pytest.mark.parametrize(
    ("permit", "now", "stands"),
    [
        (BY_PASSWORD, standing(), True),
        (BY_PASSWORD, standing(password_hash="new"), False),
        (BY_PASSWORD, standing(password_hash=None), False),
        (BY_ALIAS, standing(ALIAS), True),
        (BY_ALIAS, standing(ALIAS, "new"), True),
        (BY_ALIAS, standing(replace(ALIAS, tags=("t",))), True),
        (BY_ALIAS, standing(), False),
        (BY_ALIAS, standing(ALIAS, None), False),
        (BY_ALIAS, standing(replace(ALIAS, alias_id="b")), False),
        (BY_ALIAS, standing(replace(ALIAS, send_only=True)), False),
        (BY_ALIAS, standing(replace(ALIAS, require_auth=True)), False),
        (BY_ALIAS, standing(replace(ALIAS, channel=replace(CHANNEL, number=8))), False),
        (BY_CREDENTIAL, standing(LOCKED), True),
        (BY_CREDENTIAL, standing(LOCKED, "new"), True),
        (BY_CREDENTIAL, standing(ALIAS), True),
        (BY_CREDENTIAL, standing(replace(LOCKED, send_only=True)), False),
        (
            BY_CREDENTIAL,
            standing(replace(LOCKED, credential_digests=(b"one",))),
            False,
        ),
        (BY_ALIAS_AND_PASSWORD, standing(LOCKED), True),
        (BY_ALIAS_AND_PASSWORD, standing(LOCKED, "new"), False),
        (BY_ALIAS_AND_PASSWORD, standing(), False),
    ],
)
def test_a_permit_stands_while_what_it_was_given_for_stands(
    permit: Permit, now: Standing, stands: bool
) -> None:
    assert permit.stands(now) is stands


LOGIN = Credential(user="phil", secret="of the old server")
CHANNEL_LOGIN = Credential(user=None, secret=PASSWORD)


@pytest.mark.parametrize(
    "claim",
    [
        KeyClaim(key=CHANNEL_ID + PASSWORD),
        KeyClaim(key=CHANNEL_ID, credentials=(CHANNEL_LOGIN,)),
        KeyClaim(key="open"),
        KeyClaim(key="locked", credentials=(LOGIN,)),
        KeyClaim(key="locked", credentials=(CHANNEL_LOGIN,)),
    ],
)
async def test_every_way_in_gives_a_permit_that_stands(
    house: House, claim: KeyClaim
) -> None:
    await house.bind(Source.NTFY, "open")
    await house.bind(Source.NTFY, "locked", LOGIN, require_auth=True)
    grant = await house.gate.open(Source.NTFY, claim, Access.READ, fresh=True)
    permit = Permit.of(grant)
    ids = [] if permit.alias_id is None else [permit.alias_id]
    now = await house.store.standing([permit.channel], ids)
    assert permit.stands(now)
    assert now.generation == grant.generation
    await house.store.delete_channel(CHANNEL_ID)
    assert not permit.stands(await house.store.standing([permit.channel], ids))
    assert "hash of" not in repr(permit)
