"""What an operator does to channels and aliases (contract.md, "Commands" and "Keys").

The command line calls this today; pages can call the same tomorrow.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence

from pushgo_compat.core.admin.alias_rules import (
    AliasRequest,
    Refused,
    check_login,
    clean_tags,
    clean_text,
    hint_of,
    warnings_for,
)
from pushgo_compat.core.admin.results import (
    AliasAdded,
    AliasSummary,
    ChannelOpened,
    ChannelSummary,
)
from pushgo_compat.core.auth import key_forms, passwords
from pushgo_compat.core.auth.secrets import SecretKey, make_password
from pushgo_compat.core.interfaces import Alias, ChannelStore, NewAlias
from pushgo_compat.model import Channel, Source

MAX_NAME_CHARS = 128
_ALIAS_ID_BYTES = 8
_HARD_IN_A_URL = frozenset("/?#%\\ ")
"""Characters of a password that old clients cannot carry in a path."""


class Administration:
    """Channels and aliases, changed by their operator.

    Every method raises Refused for what cannot be done. A running server sees a change
    at its next request.
    """

    def __init__(
        self, store: ChannelStore, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms

    # ---------------------------------------------------------------------- channels

    async def create_channel(
        self, name: str, channel_id: str | None = None, password: str | None = None
    ) -> ChannelOpened:
        """Make a channel; id and password are made where none are given."""
        name = clean_text(name, "a channel's name")
        if len(name) > MAX_NAME_CHARS:
            raise Refused(f"a channel's name has at most {MAX_NAME_CHARS} characters")
        if channel_id is None:
            new_id = key_forms.make_channel_id()
        else:
            new_id = key_forms.parse_channel_id(channel_id.strip()) or ""
            if not new_id:
                raise Refused(
                    "a channel id has 26 letters and digits without I, L, O, U;"
                    " leave --channel-id out to have one made"
                )
        chosen, warnings = _choose_password(password)
        hashed = await asyncio.to_thread(passwords.hash_password, chosen)
        channel = await self._store.create_channel(new_id, name, hashed, self._now_ms())
        if channel is None:
            raise Refused(
                f"channel {new_id} exists already: choose another id, or rotate its"
                " password"
            )
        return ChannelOpened(
            channel_id=new_id, channel_name=name, password=chosen, warnings=warnings
        )

    async def list_channels(self) -> tuple[ChannelSummary, ...]:
        """All channels, oldest first."""
        aliases = await self._store.aliases()
        return tuple(
            _summary(channel, aliases) for channel in await self._store.channels()
        )

    async def show_channel(self, channel_id: str) -> ChannelSummary:
        """One channel."""
        channel = await self._channel(channel_id)
        return _summary(channel, await self._store.aliases())

    async def rotate_password(self, channel_id: str) -> ChannelOpened:
        """Give a channel a new password; the old one opens nothing from now on."""
        channel = await self._channel(channel_id)
        password = make_password()
        hashed = await asyncio.to_thread(passwords.hash_password, password)
        if not await self._store.set_password(channel.channel_id, hashed):
            raise _no_such_channel(channel_id)
        return ChannelOpened(
            channel_id=channel.channel_id,
            channel_name=channel.name,
            password=password,
            warnings=("aliases of this channel stay valid",),
        )

    async def delete_channel(self, channel_id: str) -> ChannelSummary:
        """Remove a channel with its aliases and messages."""
        channel = await self._channel(channel_id)
        summary = _summary(channel, await self._store.aliases(), deleted=True)
        if not await self._store.delete_channel(channel.channel_id):
            raise _no_such_channel(channel_id)
        return summary

    async def _channel(self, channel_id: str) -> Channel:
        known_id = key_forms.parse_channel_id(channel_id.strip())
        channel = None if known_id is None else await self._store.channel(known_id)
        if channel is None:
            raise _no_such_channel(channel_id)
        return channel

    # ----------------------------------------------------------------------- aliases

    async def add_alias(self, request: AliasRequest) -> AliasAdded:
        """Bind an old server's key to a channel.

        A ServerChan key is bound whole, its generation prefix included.
        """
        channel = await self._channel(request.channel_id)
        check_login(request)
        tags = clean_tags(request.tags)
        if request.key is None:
            key = key_forms.make_alias_key(request.dialect)
        else:
            key = clean_text(request.key, "a key")
        await self._refuse_key_of_channel(key)
        warnings = tuple(warnings_for(request, key)) + await self._homonym(
            request.dialect, key
        )
        alias = NewAlias(
            alias_id=secrets.token_hex(_ALIAS_ID_BYTES),
            dialect=request.dialect,
            key_digest=self._secret.alias_digest(request.dialect, key),
            folded_digest=self._secret.alias_digest(request.dialect, key.lower()),
            hint=hint_of(key),
            channel=channel.number,
            send_only=request.send_only,
            require_auth=request.require_auth,
            tags=tags,
            severity_map=request.severity_map,
            credential_digests=tuple(
                self._secret.credential_digest(login.user, login.secret)
                for login in request.credentials
            ),
            created_at_ms=self._now_ms(),
        )
        if not await self._store.add_alias(alias):
            raise Refused(
                f"this {request.dialect} key is bound already: remove its alias first"
                f" (alias remove --dialect {request.dialect} --key -)"
            )
        return AliasAdded(
            alias_id=alias.alias_id,
            dialect=request.dialect,
            channel_id=channel.channel_id,
            hint=alias.hint,
            made_key=key if request.key is None else None,
            warnings=warnings,
        )

    async def list_aliases(self) -> tuple[AliasSummary, ...]:
        """All aliases, oldest first."""
        return tuple(AliasSummary(alias=alias) for alias in await self._store.aliases())

    async def remove_alias(self, alias_id: str) -> AliasSummary:
        """Unbind a key by the id of its alias."""
        for alias in await self._store.aliases():
            if alias.alias_id == alias_id:
                return await self._remove(alias)
        raise _no_such_alias()

    async def remove_key(self, dialect: Source, key: str) -> AliasSummary:
        """Unbind a key that is known in clear."""
        digest = self._secret.alias_digest(dialect, key.strip())
        alias = await self._store.alias(dialect, digest, folded=False)
        if alias is None:
            raise _no_such_alias()
        return await self._remove(alias)

    async def _remove(self, alias: Alias) -> AliasSummary:
        if not await self._store.remove_alias(alias.alias_id):
            raise _no_such_alias()
        return AliasSummary(alias=alias, removed=True)

    async def _refuse_key_of_channel(self, key: str) -> None:
        """An alias must never shadow the universal key of a channel."""
        split = key_forms.split_key(key)
        if split is not None and await self._store.channel(split[0]) is not None:
            raise Refused(
                "this key begins with the id of a channel and is tried as its password;"
                " choose another key"
            )

    async def _homonym(self, dialect: Source, key: str) -> tuple[str, ...]:
        """Warn where only case tells two keys apart: host names have none."""
        if dialect is not Source.SERVERCHAN:
            return ()
        folded = self._secret.alias_digest(dialect, key.lower())
        other = await self._store.alias(dialect, folded, folded=True)
        if other is None:
            return ()
        return (
            f"alias {other.alias_id} differs only in case: a key read from a host name"
            " opens that one",
        )


def _choose_password(given: str | None) -> tuple[str, tuple[str, ...]]:
    """The password to use, and what to warn of."""
    if given is None:
        return make_password(), ()
    try:
        password = passwords.clean_password(given)
    except ValueError as fault:
        raise Refused(f"{fault}; leave --password out to have one made") from None
    if _HARD_IN_A_URL.isdisjoint(password):
        return password, ()
    return password, (
        "the password holds / ? # % \\ or a space: no old client can put it in a URL",
    )


def _summary(
    channel: Channel, aliases: Sequence[Alias], *, deleted: bool = False
) -> ChannelSummary:
    count = sum(alias.channel.number == channel.number for alias in aliases)
    return ChannelSummary(channel=channel, alias_count=count, deleted=deleted)


def _no_such_channel(channel_id: str) -> Refused:
    """Name the id, but never what was typed in its place: it may be a key."""
    known_id = key_forms.parse_channel_id(channel_id.strip())
    what = f"channel {known_id}" if known_id else "such channel"
    return Refused(f"there is no {what}: see pushgo-compat channel list")


def _no_such_alias() -> Refused:
    return Refused("there is no such alias: see pushgo-compat alias list")
