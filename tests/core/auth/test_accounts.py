"""Accounts: which logins are good without a key, and what their tokens open."""

from __future__ import annotations

import pytest

from pushgo_compat.core.accounts import (
    MAX_TOKENS_OF_ONE_LOGIN,
    Accounts,
    TokenRefused,
)
from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.tokens.account_tokens import looks_like_token, make_token
from pushgo_compat.core.stores.access.tokens import TokenChange
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, Credential, KeyClaim, Source, TokenFault
from tests.core.conftest import NOBODY_ID, SECRET, Checks, Clock, House
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD

PHIL = Credential(user="phil", secret="of the old server")
OWNER = Credential(user=CHANNEL_ID, secret=PASSWORD)
DAY_MS = 86_400_000


@pytest.fixture
def accounts(house: House, clock: Clock) -> Accounts:
    return Accounts(house.store.tokens, SECRET, house.gate.token_uses, clock)


async def log_in(house: House, *logins: Credential) -> Grant:
    return await house.gate.log_in(Source.NTFY, logins, "192.0.2.1")


async def token_of(
    house: House, accounts: Accounts, login: Credential, ends_at_ms: int | None = None
) -> str:
    grant = await log_in(house, login)
    return (await accounts.make(Source.NTFY, grant, "HA", ends_at_ms)).text


async def opens(
    house: House, key: str, token: str, access: Access = Access.READ
) -> Grant:
    bearer = Credential(user=None, secret=token)
    claim = KeyClaim(key=key, credentials=(bearer,))
    return await house.gate.open(Source.NTFY, claim, access, fresh=True)


def test_a_token_has_the_form_that_clients_of_ntfy_check() -> None:
    token = make_token()
    assert looks_like_token(token)
    assert len(token) == 32
    for other in (token + "x", token[:-1], token.upper(), "tk-" + token[3:]):
        assert not looks_like_token(other)


@pytest.mark.parametrize("user", [CHANNEL_ID, CHANNEL_ID.lower()])
async def test_a_channel_logs_in_by_its_id_and_password(
    house: House, user: str
) -> None:
    grant = await log_in(house, Credential(user=user, secret=PASSWORD))
    assert (grant.channel.channel_id, grant.login) == (CHANNEL_ID, user)


async def test_a_login_bound_to_an_alias_logs_in(house: House) -> None:
    await house.bind(Source.NTFY, "nas", PHIL, require_auth=True)
    grant = await log_in(house, PHIL)
    assert (grant.login, grant.channel.channel_id) == ("phil", CHANNEL_ID)


async def test_an_old_token_bound_to_an_alias_logs_in(house: House) -> None:
    old = Credential(user=None, secret="tk_" + "o" * 29)
    await house.bind(Source.NTFY, "nas", old, require_auth=True)
    assert (await log_in(house, old)).login == CHANNEL_ID


@pytest.mark.parametrize(
    "login",
    [
        Credential(user=CHANNEL_ID, secret="a wrong password"),
        Credential(user=NOBODY_ID, secret=PASSWORD),
        Credential(user="phil", secret="of the old server"),
        Credential(user="", secret=PASSWORD),
        Credential(user=None, secret=PASSWORD),
        Credential(user=None, secret="tk_" + "o" * 29),
        Credential(user="nas", secret=PASSWORD),
    ],
)
async def test_nothing_else_logs_in(house: House, login: Credential) -> None:
    await house.bind(Source.NTFY, "nas")
    with pytest.raises(ChannelNotFound):
        await log_in(house, login)


async def test_a_wrong_login_is_checked_once_a_minute(
    house: House, checks: Checks
) -> None:
    wrong = Credential(user=CHANNEL_ID, secret="a wrong password")
    for _ in range(3):
        with pytest.raises(ChannelNotFound):
            await log_in(house, wrong)
    assert checks.count == 1


async def test_a_token_of_a_password_opens_what_the_password_opens(
    house: House, accounts: Accounts, checks: Checks
) -> None:
    await house.bind(Source.NTFY, "locked", require_auth=True)
    token = await token_of(house, accounts, OWNER)
    before = checks.count
    for key in (CHANNEL_ID, CHANNEL_ID.lower(), "locked"):
        for access in Access:
            grant = await opens(house, key, token, access)
            assert grant.channel.channel_id == CHANNEL_ID
    assert checks.count == before  # no argon2 for a token
    with pytest.raises(ChannelNotFound):
        await opens(house, NOBODY_ID, token)
    with pytest.raises(ChannelNotFound):
        await opens(house, "unknown", token)


async def test_a_token_of_a_bound_login_opens_all_its_aliases_and_no_more(
    house: House, accounts: Accounts
) -> None:
    other = Credential(user="other", secret="login")
    await house.bind(Source.NTFY, "one", PHIL, require_auth=True)
    await house.bind(Source.NTFY, "two", other, PHIL, require_auth=True)
    await house.bind(Source.NTFY, "three", other, require_auth=True)
    await house.bind(Source.NTFY, "sender", PHIL, require_auth=True, send_only=True)
    token = await token_of(house, accounts, PHIL)
    for key in ("one", "two"):
        assert (await opens(house, key, token)).token is not None
    await opens(house, "sender", token, Access.SEND)
    for key in ("three", "sender", CHANNEL_ID):
        with pytest.raises(ChannelNotFound):
            await opens(house, key, token)
    await house.store.remove_alias("ntfy:one")
    await opens(house, "two", token)


async def test_a_token_logs_in_as_its_login_and_makes_no_tokens(
    house: House, accounts: Accounts
) -> None:
    token = await token_of(house, accounts, OWNER)
    grant = await log_in(house, Credential(user=None, secret=token))
    assert grant.login == CHANNEL_ID
    with pytest.raises(TokenRefused) as refusal:
        await accounts.make(Source.NTFY, grant, "", None)
    assert refusal.value.fault is TokenFault.IS_TOKEN


async def test_a_token_ends_with_its_password(house: House, accounts: Accounts) -> None:
    token = await token_of(house, accounts, OWNER)
    await house.rotate("another password")
    with pytest.raises(ChannelNotFound):
        await opens(house, CHANNEL_ID, token)
    await house.rotate(PASSWORD)
    with pytest.raises(ChannelNotFound):
        await opens(house, CHANNEL_ID, token)


async def test_a_token_ends_with_the_last_alias_of_its_login(
    house: House, accounts: Accounts
) -> None:
    await house.bind(Source.NTFY, "nas", PHIL, require_auth=True)
    token = await token_of(house, accounts, PHIL)
    await house.store.remove_alias("ntfy:nas")
    await house.bind(Source.NTFY, "nas", PHIL, require_auth=True)
    with pytest.raises(ChannelNotFound):
        await opens(house, "nas", token)


async def test_a_token_opens_up_to_its_end(
    house: House, accounts: Accounts, clock: Clock
) -> None:
    token = await token_of(house, accounts, OWNER, NOW_MS + DAY_MS)
    clock.now_ms = NOW_MS + DAY_MS - 1
    claim = KeyClaim(key=CHANNEL_ID, credentials=(Credential(user=None, secret=token),))
    await house.gate.open(Source.NTFY, claim, Access.SEND)
    clock.now_ms += 1
    with pytest.raises(ChannelNotFound):
        await house.gate.open(Source.NTFY, claim, Access.SEND)
    with pytest.raises(ChannelNotFound):
        await log_in(house, Credential(user=None, secret=token))


async def test_an_end_is_moved_by_the_login_and_by_the_token(
    house: House, accounts: Accounts, clock: Clock
) -> None:
    token = await token_of(house, accounts, OWNER, NOW_MS + 1000)
    await opens(house, CHANNEL_ID, token)
    owner = await log_in(house, OWNER)
    later = TokenChange(moves_end=True, ends_at_ms=NOW_MS + DAY_MS)
    await accounts.change(Source.NTFY, owner, token, "", later)
    clock.now_ms += 2000
    await opens(house, CHANNEL_ID, token)
    itself = await log_in(house, Credential(user=None, secret=token))
    for_ever = TokenChange(moves_end=True, label="kept")
    issued = await accounts.change(Source.NTFY, itself, "", token, for_ever)
    assert (issued.token.label, issued.token.ends_at_ms) == ("kept", None)
    clock.now_ms += 100 * DAY_MS
    await opens(house, CHANNEL_ID, token)


async def test_only_tokens_of_the_same_login_are_changed_or_ended(
    house: House, accounts: Accounts
) -> None:
    await house.bind(Source.NTFY, "nas", PHIL, require_auth=True)
    token = await token_of(house, accounts, OWNER)
    stranger = await log_in(house, PHIL)
    with pytest.raises(TokenRefused) as refusal:
        await accounts.change(Source.NTFY, stranger, token, "", TokenChange(label="x"))
    assert refusal.value.fault is TokenFault.UNKNOWN
    await accounts.drop(Source.NTFY, stranger, token, "")
    await opens(house, CHANNEL_ID, token)
    owner = await log_in(house, OWNER)
    await accounts.drop(Source.NTFY, owner, token, "")
    with pytest.raises(ChannelNotFound):
        await opens(house, CHANNEL_ID, token)


async def test_a_login_that_shows_no_token_is_told_so(
    house: House, accounts: Accounts
) -> None:
    owner = await log_in(house, OWNER)
    with pytest.raises(TokenRefused) as refusal:
        await accounts.drop(Source.NTFY, owner, "", PASSWORD)
    assert refusal.value.fault is TokenFault.NONE_SHOWN


async def test_twenty_tokens_stay_and_the_least_used_goes(
    house: House, accounts: Accounts, clock: Clock
) -> None:
    tokens = []
    for _ in range(MAX_TOKENS_OF_ONE_LOGIN):
        clock.now_ms += 1
        tokens.append(await token_of(house, accounts, OWNER))
    for token in tokens:
        await opens(house, CHANNEL_ID, token)
    clock.now_ms += 1
    await log_in(house, Credential(user=None, secret=tokens[0]))
    await accounts.flush()
    await token_of(house, accounts, OWNER)
    assert len(await house.store.tokens.tokens()) == MAX_TOKENS_OF_ONE_LOGIN
    await opens(house, CHANNEL_ID, tokens[0])
    with pytest.raises(ChannelNotFound):
        await opens(house, CHANNEL_ID, tokens[1])


async def test_a_token_is_not_stored_and_what_has_ended_is_swept(
    house: House, accounts: Accounts, clock: Clock
) -> None:
    token = await token_of(house, accounts, OWNER, NOW_MS + 1)
    (stored,) = await house.store.tokens.tokens()
    assert token not in repr(stored)
    clock.now_ms += 1
    await accounts.sweep()
    assert await house.store.tokens.tokens() == []
