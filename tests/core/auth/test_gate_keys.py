"""Keys and what they open: the forms of docs/keys.md, aliases and their rules."""

from __future__ import annotations

import pytest

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, Credential, KeyClaim, Severity, Source
from tests.core.conftest import NOBODY_ID, Checks, House, Somebody
from tests.golden import CHANNEL_ID, PASSWORD

NTFY, BARK, SERVERCHAN = Source.NTFY, Source.BARK, Source.SERVERCHAN
SEND, READ = Access.SEND, Access.READ
BASIC = Credential(user="phil", secret="old login of phil")
TOKEN = Credential(user=None, secret="tk_oldtoken")
PASSWORD_AS_BASIC = Credential(user="anyone", secret=PASSWORD)
PASSWORD_AS_TOKEN = Credential(user=None, secret=PASSWORD)


async def ask(
    house: House,
    dialect: Source,
    key: str,
    *logins: Credential,
    access: Access = SEND,
    alternatives: tuple[str, ...] = (),
    fold_case: bool = False,
) -> Grant | None:
    """What the key opens, None when it is refused."""
    claim = KeyClaim(
        key=key, alternatives=alternatives, fold_case=fold_case, credentials=logins
    )
    try:
        return await house.gate.open(dialect, claim, access, caller=Somebody())
    except ChannelNotFound:
        return None


# ---------------------------------------------------------------------- universal keys


@pytest.mark.parametrize("dialect", [NTFY, BARK, SERVERCHAN])
@pytest.mark.parametrize("access", Access)
@pytest.mark.parametrize("between", ["", ":", "_", "-", "%3A", "%3a"])
async def test_every_form_of_a_universal_key_opens_its_channel(
    house: House, dialect: Source, access: Access, between: str
) -> None:
    for channel_id in (CHANNEL_ID, CHANNEL_ID.lower()):
        key = channel_id + between + PASSWORD
        grant = await ask(house, dialect, key, access=access)
        assert grant is not None
        assert grant.channel.channel_id == CHANNEL_ID
        assert (grant.alias, grant.login_used) == (None, False)
        assert PASSWORD not in grant.key_hint


@pytest.mark.parametrize("dialect", [NTFY, BARK, SERVERCHAN])
@pytest.mark.parametrize(
    "key",
    [
        "",
        "unknown",
        CHANNEL_ID,
        CHANNEL_ID + ":",
        CHANNEL_ID + "wrongpassword",
        CHANNEL_ID + PASSWORD.upper(),
        CHANNEL_ID + "::" + PASSWORD,
        NOBODY_ID + PASSWORD,
        CHANNEL_ID[:-1] + PASSWORD,
        PASSWORD,
        "\udcff" * 30,
    ],
)
async def test_what_opens_nothing_is_refused(
    house: House, dialect: Source, key: str
) -> None:
    assert await ask(house, dialect, key) is None


async def test_an_alternative_reading_of_the_key_counts(house: House) -> None:
    await house.bind(SERVERCHAN, "SCT1TEXACT")
    universal = CHANNEL_ID + PASSWORD
    prefixed = await ask(
        house, SERVERCHAN, "sctp1t" + universal, alternatives=(universal,)
    )
    assert prefixed is not None
    assert prefixed.alias is None
    exact = await ask(house, SERVERCHAN, "SCT1TEXACT", alternatives=("EXACT",))
    assert exact is not None
    assert exact.alias is not None


# ------------------------------------------------------------------- logins beside keys


@pytest.mark.parametrize("login", [PASSWORD_AS_BASIC, PASSWORD_AS_TOKEN])
@pytest.mark.parametrize("access", Access)
async def test_an_ntfy_login_opens_the_channel_that_is_the_topic(
    house: House, login: Credential, access: Access
) -> None:
    grant = await ask(house, NTFY, CHANNEL_ID, login, access=access)
    assert grant is not None
    assert grant.login_used
    assert await ask(house, NTFY, CHANNEL_ID, BASIC, access=access) is None
    assert await ask(house, BARK, CHANNEL_ID, login, access=access) is None


async def test_an_old_login_beside_a_key_that_suffices_is_ignored(house: House) -> None:
    grant = await ask(house, NTFY, CHANNEL_ID + PASSWORD, BASIC)
    assert grant is not None
    assert not grant.login_used


# ----------------------------------------------------------------------------- aliases


@pytest.mark.parametrize("dialect", [NTFY, BARK, SERVERCHAN])
async def test_an_alias_opens_its_channel_for_its_dialect_only(
    house: House, checks: Checks, dialect: Source
) -> None:
    await house.bind(dialect, "backups", tags=("nas",))
    for other in (NTFY, BARK, SERVERCHAN):
        grant = await ask(house, other, "backups")
        assert (grant is not None) == (other is dialect)
        if grant is not None:
            assert grant.alias is not None
            assert grant.alias.tags == ("nas",)
            assert not grant.login_used
    assert await ask(house, dialect, "Backups") is None
    assert checks.count == 0


async def test_a_removed_alias_opens_nothing(house: House) -> None:
    await house.bind(BARK, "backups")
    assert await ask(house, BARK, "backups")
    await house.store.remove_alias("bark:backups")
    with pytest.raises(ChannelNotFound):
        await house.gate.open(BARK, KeyClaim(key="backups"), SEND, fresh=True)


async def test_an_alias_outlives_a_new_password(house: House) -> None:
    await house.bind(BARK, "backups")
    await house.rotate("another password")
    assert await ask(house, BARK, "backups")


async def test_a_key_from_a_host_name_has_lost_its_case(house: House) -> None:
    await house.bind(SERVERCHAN, "SCT1TMixedCase")
    assert await ask(house, SERVERCHAN, "sct1tmixedcase") is None
    assert await ask(house, SERVERCHAN, "sct1tmixedcase", fold_case=True)
    assert await ask(house, SERVERCHAN, "sct1TMIXEDCASE", fold_case=True)


async def test_an_alias_that_only_sends_does_not_read(house: House) -> None:
    await house.bind(NTFY, "alerts", send_only=True)
    await house.bind(NTFY, "backups")
    assert await ask(house, NTFY, "alerts")
    assert await ask(house, NTFY, "alerts", access=READ) is None
    assert await ask(house, NTFY, "backups", access=READ)


@pytest.mark.parametrize("access", Access)
async def test_an_alias_that_wants_a_login_takes_bound_ones_and_the_password(
    house: House, access: Access
) -> None:
    await house.bind(NTFY, "backups", BASIC, TOKEN, require_auth=True)
    other_user = Credential(user="ben", secret=BASIC.secret)
    as_token = Credential(user=None, secret=BASIC.secret)
    good = [BASIC, TOKEN, PASSWORD_AS_BASIC, PASSWORD_AS_TOKEN]
    for login in good:
        grant = await ask(house, NTFY, "backups", login, access=access)
        assert grant is not None
        assert grant.login_used
    for logins in ([], [other_user], [as_token], [Credential(user="", secret="")]):
        assert await ask(house, NTFY, "backups", *logins, access=access) is None
    assert await ask(house, NTFY, "backups", other_user, TOKEN, access=access)


async def test_a_login_of_the_password_is_gone_after_a_rotation(house: House) -> None:
    await house.bind(NTFY, "backups", TOKEN, require_auth=True)
    assert await ask(house, NTFY, "backups", PASSWORD_AS_BASIC)
    await house.rotate("another password")
    claim = KeyClaim(key="backups", credentials=(PASSWORD_AS_BASIC,))
    with pytest.raises(ChannelNotFound):
        await house.gate.open(NTFY, claim, SEND, fresh=True)
    assert await ask(house, NTFY, "backups", TOKEN)


# --------------------------------------------------------------------------- catch-all


async def test_the_catch_all_takes_what_nothing_else_knows(house: House) -> None:
    severity_map = {Severity.NORMAL: Severity.LOW}
    await house.bind(BARK, "*", tags=("house",), severity_map=severity_map)
    await house.bind(BARK, "backups")
    known = await ask(house, BARK, "backups")
    unknown = await ask(house, BARK, "jaEUcYvBQ4Qtn2LWYWSQqY")
    assert known is not None
    assert unknown is not None
    assert known.alias is not None
    assert unknown.alias is not None
    assert known.alias.tags == ()
    assert unknown.alias.tags == ("house", unknown.key_hint)
    assert unknown.alias.severity_map == severity_map
    assert await ask(house, NTFY, "jaEUcYvBQ4Qtn2LWYWSQqY") is None


async def test_the_catch_all_takes_no_failed_password_and_never_reads(
    house: House,
) -> None:
    await house.bind(NTFY, "*")
    assert await ask(house, NTFY, CHANNEL_ID + "wrongpassword") is None
    assert await ask(house, NTFY, CHANNEL_ID) is None
    assert await ask(house, NTFY, "topic", access=READ) is None
    assert await ask(house, NTFY, "*", access=READ) is None
    assert await ask(house, NTFY, "") is None


# ------------------------------------------------------------------------ unknown keys


async def test_every_try_of_an_unknown_key_is_counted(house: House) -> None:
    for _ in range(3):
        assert await ask(house, BARK, "an-old-device-key") is None
    await house.unknown.flush()
    (key,) = await house.store.unknown_keys()
    assert (key.dialect, key.count, key.sample) == (BARK, 3, {"title": 5})
    assert "old-device" not in key.hint


@pytest.mark.parametrize("key", [CHANNEL_ID, CHANNEL_ID + "wrongpassword", ""])
async def test_a_failed_password_is_not_an_unknown_key(house: House, key: str) -> None:
    assert await ask(house, NTFY, key) is None
    await house.unknown.flush()
    assert await house.store.unknown_keys() == []
