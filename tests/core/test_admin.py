"""Administration, against the real store: rules, warnings, documents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pushgo_compat.core.admin.alias_rules import AliasRequest, Refused
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.passwords import verify_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Credential, Severity, Source
from pushgo_compat.storage import open_store
from tests.dialects import KEYS

NOW_MS = 1_795_408_545_000
CHANNEL_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MR"
SECRET = SecretKey(b"a secret for tests only")
NTFY, BARK, SERVERCHAN = Source.NTFY, Source.BARK, Source.SERVERCHAN


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    store = await open_store(f"sqlite:///{tmp_path}/test.db", create=True)
    yield store
    await store.close()


@pytest.fixture
def admin(store: Store) -> Administration:
    return Administration(store, SECRET, lambda: NOW_MS, KEYS)


@pytest.fixture
async def channel_id(admin: Administration) -> str:
    return (await admin.create_channel("NAS", CHANNEL_ID)).channel_id


def request(dialect: Source = NTFY, **fields: object) -> AliasRequest:
    values = {"dialect": dialect, "channel_id": CHANNEL_ID, **fields}
    return AliasRequest(**values)  # type: ignore[arg-type]


# ------------------------------------------------------------------------- channels


async def test_a_made_channel_has_a_key_that_fits_a_host_label(
    admin: Administration, store: Store
) -> None:
    opened = await admin.create_channel("NAS")
    assert len(opened.password) == 28
    assert opened.key == opened.channel_id + opened.password
    assert opened.key.isalnum()
    assert opened.document() == {
        "channel_id": opened.channel_id,
        "channel_name": "NAS",
        "password": opened.password,
        "key": opened.key,
    }
    stored = await store.channel(opened.channel_id)
    assert stored is not None
    assert verify_password(stored.password_hash, opened.password)
    assert opened.password not in repr(opened)


async def test_a_given_id_is_kept_in_upper_case(admin: Administration) -> None:
    opened = await admin.create_channel("NAS", CHANNEL_ID.lower(), "  eightchr  ")
    assert opened.channel_id == CHANNEL_ID
    assert opened.password == "eightchr"
    assert opened.warnings == ()


async def test_an_id_that_exists_is_refused(
    admin: Administration, channel_id: str
) -> None:
    with pytest.raises(Refused, match="exists already"):
        await admin.create_channel("other", channel_id.lower())


@pytest.mark.parametrize(
    ("name", "channel_id", "password"),
    [
        ("  ", None, None),
        ("a\nb", None, None),
        ("n" * 129, None, None),
        ("NAS", "short", None),
        ("NAS", "U" * 26, None),
        ("NAS", None, "seven77"),
        ("NAS", None, "x" * 129),
        ("NAS", None, "broken\udcff\udcff"),
    ],
)
async def test_what_no_channel_can_have_is_refused(
    admin: Administration, name: str, channel_id: str | None, password: str | None
) -> None:
    with pytest.raises(Refused):
        await admin.create_channel(name, channel_id, password)
    assert await admin.list_channels() == ()


@pytest.mark.parametrize("char", list("/?#%\\ "))
async def test_a_password_that_no_url_carries_is_accepted_with_a_warning(
    admin: Administration, char: str
) -> None:
    opened = await admin.create_channel("NAS", None, f"pass{char}word")
    assert opened.password == f"pass{char}word"
    assert "URL" in opened.warnings[0]


async def test_channels_are_listed_with_their_aliases_counted(
    admin: Administration, channel_id: str
) -> None:
    await admin.create_channel("second")
    await admin.add_alias(request(key="backups"))
    first, second = await admin.list_channels()
    assert first.document() == {
        "channel_id": channel_id,
        "channel_name": "NAS",
        "aliases": 1,
        "tokens": [],
        "created_at": NOW_MS,
    }
    assert second.document()["channel_name"] == "second"
    assert (await admin.show_channel(channel_id.lower())).document() == first.document()


async def test_a_rotated_password_replaces_the_old_and_spares_the_aliases(
    admin: Administration, store: Store
) -> None:
    old = await admin.create_channel("NAS", CHANNEL_ID)
    await admin.add_alias(request(key="backups"))
    new = await admin.rotate_password(CHANNEL_ID)
    assert new.document().keys() == old.document().keys()
    stored = await store.channel(CHANNEL_ID)
    assert stored is not None
    assert verify_password(stored.password_hash, new.password)
    assert not verify_password(stored.password_hash, old.password)
    assert "stay valid" in new.warnings[0]
    assert len(await admin.list_aliases()) == 1


async def test_a_deleted_channel_takes_its_aliases_along(
    admin: Administration, channel_id: str
) -> None:
    await admin.add_alias(request(key="backups"))
    gone = (await admin.delete_channel(channel_id)).document()
    assert gone["deleted"] is True
    assert await admin.list_channels() == ()
    assert await admin.list_aliases() == ()


async def test_every_command_refuses_a_channel_that_is_not_there(
    admin: Administration,
) -> None:
    for act in (admin.show_channel, admin.rotate_password, admin.delete_channel):
        with pytest.raises(Refused, match=f"no channel {CHANNEL_ID}"):
            await act(CHANNEL_ID)
        with pytest.raises(Refused, match="no such channel") as caught:
            await act("something-secret")
        assert "secret" not in str(caught.value)
    with pytest.raises(Refused, match="no channel"):
        await admin.add_alias(request(key="backups"))


# -------------------------------------------------------------------------- aliases


@pytest.mark.parametrize(
    ("dialect", "length", "start"),
    [(NTFY, 24, ""), (BARK, 22, ""), (SERVERCHAN, 38, "SCT")],
)
async def test_a_made_key_has_the_shape_of_its_dialect_and_is_told_once(
    admin: Administration, channel_id: str, dialect: Source, length: int, start: str
) -> None:
    added = await admin.add_alias(request(dialect))
    assert added.made_key is not None
    assert len(added.made_key) == length
    assert added.made_key.startswith(start)
    assert added.document() == {
        "alias_id": added.alias_id,
        "dialect": dialect,
        "channel_id": channel_id,
        "hint": added.hint,
        "key": added.made_key,
    }
    assert added.made_key not in repr(added)
    assert added.warnings == ()


async def test_a_given_key_is_stored_as_digests_and_a_hint(
    admin: Administration, store: Store, channel_id: str
) -> None:
    key = "SCT12345TaBcDeFgHiJkLmNoPqRsTuVw"
    added = await admin.add_alias(request(SERVERCHAN, key=f" {key} "))
    assert added.document()["hint"] == "SCT1…uVw"
    assert "key" not in added.document()
    digest = SECRET.alias_digest(SERVERCHAN, key)
    folded = SECRET.alias_digest(SERVERCHAN, key.lower())
    for alias in (
        await store.alias(SERVERCHAN, digest, folded=False),
        await store.alias(SERVERCHAN, folded, folded=True),
    ):
        assert alias is not None
        assert alias.alias_id == added.alias_id


async def test_everything_about_an_alias_but_its_key_is_listed(
    admin: Administration, channel_id: str
) -> None:
    added = await admin.add_alias(
        request(
            key="backups",
            severity_map={Severity.HIGH: Severity.CRITICAL},
            tags=(" nas ", "disk", "nas"),
            send_only=True,
            require_auth=True,
            credentials=(Credential(user="joe", secret="opensesame"),),
        )
    )
    (listed,) = await admin.list_aliases()
    assert listed.document() == {
        "alias_id": added.alias_id,
        "dialect": "ntfy",
        "channel_id": channel_id,
        "hint": "b…s",
        "send_only": True,
        "require_auth": True,
        "credentials": 1,
        "tags": ["nas", "disk"],
        "severity_map": {"high": "critical"},
        "created_at": NOW_MS,
        "note": "",
        "last_used": None,
        "count": 0,
    }
    login = SECRET.credential_digest("joe", "opensesame")
    assert listed.alias.credential_digests == (login,)


async def test_one_key_binds_once_a_dialect(
    admin: Administration, channel_id: str
) -> None:
    await admin.add_alias(request(NTFY, key="backups"))
    await admin.add_alias(request(BARK, key="backups"))
    with pytest.raises(Refused, match="bound already") as caught:
        await admin.add_alias(request(NTFY, key="backups"))
    assert "backups" not in str(caught.value)


async def test_a_key_that_begins_with_the_id_of_a_channel_is_refused(
    admin: Administration, channel_id: str
) -> None:
    for key in (channel_id, channel_id.lower() + "whatever1", channel_id + ":x"):
        with pytest.raises(Refused, match="begins with the id") as caught:
            await admin.add_alias(request(BARK, key=key))
        assert key not in str(caught.value)
    await admin.add_alias(request(BARK, key="X" * 26 + "abc"))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"key": "x" * 19}, "send and read"),
        ({"key": "x" * 19, "send_only": True}, "can send;"),
        ({"key": "*"}, "every ntfy key"),
    ],
)
async def test_an_open_door_is_warned_of(
    admin: Administration, channel_id: str, fields: dict[str, object], words: str
) -> None:
    (warning,) = (await admin.add_alias(request(**fields))).warnings  # type: ignore[arg-type]
    assert words in warning


@pytest.mark.parametrize(
    "fields",
    [
        {"key": "x" * 20},
        {"key": "short", "require_auth": True},
        {"key": "short", "dialect": BARK},
    ],
)
async def test_a_key_that_is_hard_to_guess_or_guarded_is_not_warned_of(
    admin: Administration, channel_id: str, fields: dict[str, object]
) -> None:
    assert (await admin.add_alias(request(**fields))).warnings == ()  # type: ignore[arg-type]


async def test_the_catch_all_shows_itself(
    admin: Administration, channel_id: str
) -> None:
    assert (await admin.add_alias(request(BARK, key="*"))).hint == "*"


async def test_two_serverchan_keys_that_differ_in_case_only_are_warned_of(
    admin: Administration, channel_id: str
) -> None:
    first = await admin.add_alias(request(SERVERCHAN, key="sctp1tAbc"))
    assert first.warnings == ()
    (warning,) = (await admin.add_alias(request(SERVERCHAN, key="sctp1tabc"))).warnings
    assert first.alias_id in warning


@pytest.mark.parametrize(
    "fields",
    [
        {"key": ""},
        {"key": "two\nlines"},
        {"key": "broken\udcff"},
        {"tags": ("",)},
        {"tags": ("t" * 65,)},
        {"tags": tuple(map(str, range(33)))},
        {"dialect": BARK, "require_auth": True},
        {"key": "*", "require_auth": True},
        {"credentials": (Credential(user=None, secret="tk_x"),)},
    ],
)
async def test_what_no_alias_can_be_is_refused(
    admin: Administration, channel_id: str, fields: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        await admin.add_alias(request(**fields))  # type: ignore[arg-type]
    assert await admin.list_aliases() == ()


async def test_an_alias_is_removed_by_its_id_or_its_key(
    admin: Administration, channel_id: str
) -> None:
    first = await admin.add_alias(request(NTFY, key="backups"))
    second = await admin.add_alias(request(BARK, key="backups"))
    removed = (await admin.remove_alias(first.alias_id)).document()
    assert (removed["alias_id"], removed["removed"]) == (first.alias_id, True)
    with pytest.raises(Refused, match="no such alias"):
        await admin.remove_alias(first.alias_id)
    with pytest.raises(Refused, match="no such alias"):
        await admin.remove_key(NTFY, "backups")
    assert (await admin.remove_key(BARK, "backups")).alias.alias_id == second.alias_id
    assert await admin.list_aliases() == ()
