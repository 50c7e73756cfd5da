"""Account tokens: what every store must do with them."""

from __future__ import annotations

from dataclasses import replace

from pushgo_compat.core.stores.access.tokens import NewToken, TokenChange
from pushgo_compat.core.stores.store import Store
from pushgo_compat.model import Source
from tests.golden import CHANNEL_ID, NOW_MS
from tests.storage.conftest import Desk, alias


def token(desk: Desk, name: str = "t", **changes: object) -> NewToken:
    """A token of the desk's password; every column counts."""
    values = {
        "token_id": name,
        "dialect": Source.NTFY,
        "digest": name.encode(),
        "channel": desk.channel.number,
        "password_hash": desk.channel.password_hash,
        "login": CHANNEL_ID,
        "label": "Home Assistant",
        "created_at_ms": NOW_MS,
        **changes,
    }
    return NewToken(**values)  # type: ignore[arg-type]


def bound(desk: Desk, name: str, credential: bytes, **changes: object) -> NewToken:
    """A token of a login that is bound to aliases."""
    return token(
        desk, name, channel=None, password_hash=None, credential=credential, **changes
    )


async def ids(store: Store) -> list[str]:
    return [token.token_id for token in await store.tokens.tokens()]


class TokenConformance:
    """What a login got in place of its password, and how it ends."""

    async def test_a_token_comes_back_as_it_was_made(self, desk: Desk) -> None:
        new = token(desk, ends_at_ms=NOW_MS + 1)
        assert await desk.store.tokens.add_token(new, 20)
        found = await desk.store.token(Source.NTFY, b"t")
        assert found is not None
        assert found.channel == desk.channel
        assert found.last_used_ms == NOW_MS
        for name in ("token_id", "login", "label", "created_at_ms", "ends_at_ms"):
            assert getattr(found, name) == getattr(new, name)
        assert await desk.store.tokens.tokens() == [found]
        assert await desk.store.token(Source.BARK, b"t") is None
        assert await desk.store.token(Source.NTFY, b"T") is None

    async def test_a_token_of_a_password_that_was_replaced_is_not_stored(
        self, desk: Desk
    ) -> None:
        await desk.store.set_password(CHANNEL_ID, "new")
        assert not await desk.store.tokens.add_token(token(desk), 20)
        assert await ids(desk.store) == []

    async def test_a_token_of_a_login_that_is_bound_no_more_is_not_stored(
        self, desk: Desk
    ) -> None:
        of_bark = alias(desk, credential_digests=(b"login",))
        await desk.store.add_alias(of_bark)
        assert not await desk.store.tokens.add_token(bound(desk, "t", b"login"), 20)
        of_ntfy = replace(of_bark, alias_id="2", dialect=Source.NTFY)
        await desk.store.add_alias(of_ntfy)
        assert await desk.store.tokens.add_token(bound(desk, "t", b"login"), 20)

    async def test_a_new_password_takes_its_tokens_and_no_others(
        self, desk: Desk
    ) -> None:
        await desk.store.add_alias(
            alias(desk, dialect=Source.NTFY, credential_digests=(b"login",))
        )
        await desk.store.tokens.add_token(token(desk), 20)
        await desk.store.tokens.add_token(bound(desk, "bound", b"login"), 20)
        await desk.store.set_password(CHANNEL_ID, "new")
        assert await ids(desk.store) == ["bound"]

    async def test_the_last_alias_of_a_login_takes_its_tokens(self, desk: Desk) -> None:
        for key in (b"one", b"two"):
            await desk.store.add_alias(
                alias(desk, key, dialect=Source.NTFY, credential_digests=(b"\x00l",))
            )
        await desk.store.tokens.add_token(bound(desk, "t", b"\x00l"), 20)
        await desk.store.remove_alias("one")
        assert await ids(desk.store) == ["t"]
        await desk.store.remove_alias("two")
        assert await ids(desk.store) == []

    async def test_a_deleted_channel_takes_tokens_of_both_kinds(
        self, desk: Desk
    ) -> None:
        await desk.store.add_alias(
            alias(desk, dialect=Source.NTFY, credential_digests=(b"login",))
        )
        await desk.store.tokens.add_token(token(desk), 20)
        await desk.store.tokens.add_token(bound(desk, "bound", b"login"), 20)
        await desk.store.delete_channel(CHANNEL_ID)
        assert await ids(desk.store) == []

    async def test_beyond_the_limit_the_least_recently_used_of_the_login_goes(
        self, desk: Desk
    ) -> None:
        store = desk.store
        await store.add_alias(
            alias(desk, dialect=Source.NTFY, credential_digests=(b"login",))
        )
        await store.tokens.add_token(bound(desk, "bound", b"login"), 3)
        for name in ("a", "b", "c"):
            await store.tokens.add_token(token(desk, name), 3)
        before = await store.generation()
        assert await ids(store) == ["bound", "a", "b", "c"]
        await store.tokens.record_token_uses({"a": NOW_MS + 1, "gone": NOW_MS})
        assert await store.generation() == before
        await store.tokens.add_token(token(desk, "d"), 3)
        assert await ids(store) == ["bound", "a", "c", "d"]
        assert await store.generation() > before

    async def test_label_and_end_are_changed_each_by_itself(self, desk: Desk) -> None:
        store = desk.store
        await store.tokens.add_token(token(desk, ends_at_ms=NOW_MS), 20)
        before = await store.generation()
        assert await store.tokens.change_token("t", TokenChange(label="new"))
        assert await store.generation() == before
        change = TokenChange(moves_end=True, ends_at_ms=None)
        assert await store.tokens.change_token("t", change)
        assert await store.generation() > before
        found = await store.token(Source.NTFY, b"t")
        assert found is not None
        assert (found.label, found.ends_at_ms) == ("new", None)
        assert not await store.tokens.change_token("gone", change)

    async def test_standing_tells_the_ends_of_the_tokens_that_are_there(
        self, desk: Desk
    ) -> None:
        store, number = desk.store, desk.channel.number
        await store.tokens.add_token(token(desk, "a", ends_at_ms=NOW_MS), 20)
        await store.tokens.add_token(token(desk, "b"), 20)
        await store.tokens.add_token(token(desk, "c"), 20)
        assert await store.tokens.remove_token("c")
        assert not await store.tokens.remove_token("c")
        found = await store.standing([number], [], ["a", "b", "c"])
        assert found.token_ends == {"a": NOW_MS, "b": None}

    async def test_what_has_ended_is_removed(self, desk: Desk) -> None:
        for name, end in (("a", NOW_MS), ("b", NOW_MS + 1), ("c", None)):
            await desk.store.tokens.add_token(token(desk, name, ends_at_ms=end), 20)
        assert await desk.store.tokens.remove_ended(NOW_MS) == 1
        assert await ids(desk.store) == ["b", "c"]

    async def test_the_oldest_alias_of_a_login_is_found(self, desk: Desk) -> None:
        store = desk.store
        for key, at in ((b"one", 2), (b"two", 1), (b"three", 0)):
            logins = (b"other",) if key == b"three" else (b"x", b"\xfflogin")
            await store.add_alias(
                alias(
                    desk,
                    key,
                    dialect=Source.NTFY,
                    credential_digests=logins,
                    created_at_ms=at,
                )
            )
        found = await store.alias_of_login(Source.NTFY, b"\xfflogin")
        assert found is not None
        assert found.alias_id == "two"
        assert await store.alias_of_login(Source.BARK, b"\xfflogin") is None
        assert await store.alias_of_login(Source.NTFY, b"nobody") is None
