"""An operator's work on channels and aliases (README.md, "Commands"; docs/keys.md).

The command line calls it; pages can call the same.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace

from pushgo_compat.core.admin.alias_keys import AliasKeys
from pushgo_compat.core.admin.alias_rules import (
    AliasRequest,
    Refused,
    check_login,
    clean_note,
    clean_tags,
    warnings_for,
)
from pushgo_compat.core.admin.channel_rules import (
    channel_name,
    choose_password,
    summary_of,
    taken_along,
)
from pushgo_compat.core.admin.messages import MessageAdministration
from pushgo_compat.core.admin.pairing import PairingAdministration
from pushgo_compat.core.admin.results import (
    AliasAdded,
    AliasSummary,
    ChannelOpened,
    ChannelSummary,
    TokenRevoked,
)
from pushgo_compat.core.admin.shadows import ShadowAdministration
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.admin.unknown import UnknownAdministration
from pushgo_compat.core.auth import key_forms, passwords
from pushgo_compat.core.auth.secrets import SecretKey, make_password
from pushgo_compat.core.delivery import Kind
from pushgo_compat.core.stores.access.aliases import Alias, AliasChange, NewAlias
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import Origin
from pushgo_compat.model import Channel, Source
from pushgo_compat.traits import KeyTraits

_ALIAS_ID_BYTES = 8


class Administration:
    """Channels and aliases, changed by their operator.

    Every method raises Refused for what cannot be done. A running server sees a change
    at its next request.
    """

    def __init__(
        self,
        store: Store,
        secret: SecretKey,
        now_ms: Callable[[], int],
        keys: Mapping[Source, KeyTraits],
    ) -> None:
        """``keys``: what each dialect's keys are like."""
        self.keys = keys
        self.store = store
        self.secret = secret
        self.now_ms = now_ms
        self._alias_keys = AliasKeys(store, secret, keys)
        self.unknown = UnknownAdministration(store)

    def targets(self, kinds: Mapping[str, Kind]) -> TargetAdministration:
        """Targets and the outbox, of these kinds."""
        return TargetAdministration(self.store, self.secret, kinds, self.now_ms)

    def messages(self) -> MessageAdministration:
        """The operator's own messages."""
        return MessageAdministration(self.store, self.secret, self.now_ms)

    def pairing(self) -> PairingAdministration:
        """Phones with Bark's app."""
        return PairingAdministration(self.store, self.secret, self.now_ms)

    def shadows(self) -> ShadowAdministration:
        """Old servers that are asked beside us."""
        return ShadowAdministration(self.store, self.now_ms)

    # ---------------------------------------------------------------------- channels

    async def create_channel(
        self, name: str, channel_id: str | None = None, password: str | None = None
    ) -> ChannelOpened:
        """Make a channel; id and password are made where none are given."""
        name = channel_name(name)
        if channel_id is None:
            new_id = key_forms.make_channel_id()
        else:
            new_id = key_forms.parse_channel_id(channel_id.strip()) or ""
            if not new_id:
                raise Refused(
                    "a channel id has 26 letters and digits without I, L, O, U;"
                    " leave --channel-id out to have one made"
                )
        chosen, warnings = choose_password(password)
        hashed = await asyncio.to_thread(passwords.hash_password, chosen)
        channel = await self.store.create_channel(new_id, name, hashed, self.now_ms())
        if channel is None:
            raise Refused(
                f"channel {new_id} exists already: choose another id, or rotate its"
                " password",
                "channel_exists",
            )
        return ChannelOpened(
            channel_id=new_id, channel_name=name, password=chosen, warnings=warnings
        )

    async def list_channels(self) -> tuple[ChannelSummary, ...]:
        """All channels, oldest first."""
        aliases, tokens = await self.store.aliases(), await self.store.tokens.tokens()
        return tuple(
            summary_of(channel, aliases, tokens)
            for channel in await self.store.channels()
        )

    async def show_channel(self, channel_id: str) -> ChannelSummary:
        """One channel, by its id or by a name that is its alone; so below."""
        channel = await self.find_channel(channel_id)
        return await self._summary(channel)

    async def rotate_password(self, channel_id: str) -> ChannelOpened:
        """Give a channel a new password; the old one opens nothing from now on."""
        channel = await self.find_channel(channel_id)
        opened = await self._rotate(channel, None)
        if opened is None:
            raise _no_such_channel(channel_id)
        return opened

    async def replace_password(self, channel: Channel) -> ChannelOpened | None:
        """The same of a channel as it was read; None where another was first.

        The store compares: of forms that come at once, to several processes too, one
        makes a password.
        """
        return await self._rotate(channel, channel.password_hash)

    async def _rotate(
        self, channel: Channel, was_hash: str | None
    ) -> ChannelOpened | None:
        password = make_password()
        hashed = await asyncio.to_thread(passwords.hash_password, password)
        tokens = [
            token.token_id
            for token in await self.store.tokens.tokens()
            if token.channel is not None and token.channel.number == channel.number
        ]
        if not await self.store.set_password(channel.channel_id, hashed, was_hash):
            return None
        gone = await self.store.targets.remove_by_origin(
            channel.number, Origin.PASSWORD
        )
        return ChannelOpened(
            channel_id=channel.channel_id,
            channel_name=channel.name,
            password=password,
            warnings=(
                "aliases of this channel stay valid",
                *taken_along(gone, len(tokens)),
            ),
        )

    async def rename_channel(self, channel_id: str, name: str) -> ChannelSummary:
        """Give a channel another name."""
        channel = await self.find_channel(channel_id)
        if not await self.store.rename_channel(channel.channel_id, channel_name(name)):
            raise _no_such_channel(channel_id)
        return await self.show_channel(channel.channel_id)

    async def delete_channel(self, channel_id: str) -> ChannelSummary:
        """Remove a channel with its aliases and messages."""
        channel = await self.find_channel(channel_id)
        summary = replace(await self._summary(channel), deleted=True)
        if not await self.store.delete_channel(channel.channel_id):
            raise _no_such_channel(channel_id)
        return summary

    async def revoke_token(self, channel_id: str, token_id: str) -> TokenRevoked:
        """End an account token that opens a channel."""
        summary = await self._summary(await self.find_channel(channel_id))
        for token in summary.tokens:
            if token.token_id == token_id.strip():
                await self.store.tokens.remove_token(token.token_id)
                return TokenRevoked(token=token)
        raise Refused(
            "the channel has no such token: see pushgo-compat channel show"
            f" {summary.channel.channel_id}"
        )

    async def _summary(self, channel: Channel) -> ChannelSummary:
        aliases, tokens = await self.store.aliases(), await self.store.tokens.tokens()
        return summary_of(channel, aliases, tokens)

    async def find_channel(self, id_or_name: str) -> Channel:
        """A channel by its id, or by a name that it has alone. Raises Refused."""
        text = id_or_name.strip()
        known_id = key_forms.parse_channel_id(text)
        channel = None if known_id is None else await self.store.channel(known_id)
        if channel is not None:
            return channel
        named = [c for c in await self.store.channels() if c.name == text]
        if not named:
            raise _no_such_channel(id_or_name)
        if len(named) > 1:
            ids = ", ".join(channel.channel_id for channel in named)
            raise Refused(f"{len(named)} channels have this name, use an id: {ids}")
        return named[0]

    # ----------------------------------------------------------------------- aliases

    async def add_alias(self, request: AliasRequest) -> AliasAdded:
        """Bind an old server's key to a channel.

        A ServerChan key is bound whole, its generation prefix included.
        """
        channel = await self.find_channel(request.channel_id)
        keys = self.keys[request.dialect]
        check_login(request, keys)
        tags, note = clean_tags(request.tags), clean_note(request.note)
        made: str | None = None
        if request.unknown is not None:
            key = self._alias_keys.seen(request.dialect, request.unknown)
        elif request.key is not None:
            key = await self._alias_keys.given(request.dialect, request.key)
        else:
            made = key_forms.make_alias_key(keys)
            key = await self._alias_keys.given(request.dialect, made)
        warnings = (
            *warnings_for(request, keys, key.length),
            *await self._alias_keys.homonym(request.dialect, key),
        )
        alias = NewAlias(
            alias_id=secrets.token_hex(_ALIAS_ID_BYTES),
            dialect=request.dialect,
            key_digest=key.digest,
            folded_digest=key.folded_digest,
            hint=key.hint,
            channel=channel.number,
            note=note,
            send_only=request.send_only,
            require_auth=request.require_auth,
            tags=tags,
            severity_map=request.severity_map,
            credential_digests=tuple(
                self.secret.credential_digest(login.user, login.secret)
                for login in request.credentials
            ),
            created_at_ms=self.now_ms(),
        )
        if not await self.store.add_alias(alias):
            raise Refused(
                f"this {request.dialect} key is bound already: remove its alias first"
                f" (alias remove --dialect {request.dialect} --key -)",
                "bound",
            )
        return AliasAdded(
            alias_id=alias.alias_id,
            dialect=request.dialect,
            channel_id=channel.channel_id,
            hint=alias.hint,
            made_key=made,
            warnings=warnings,
        )

    async def list_aliases(
        self, dialect: Source | None = None, channel: str | None = None
    ) -> tuple[AliasSummary, ...]:
        """Aliases, oldest first; of one dialect, of one channel, or all."""
        number = None if channel is None else (await self.find_channel(channel)).number
        return tuple(
            AliasSummary(alias=alias)
            for alias in await self.store.aliases()
            if dialect in (None, alias.dialect)
            and number in (None, alias.channel.number)
        )

    async def change_alias(self, alias_id: str, change: AliasChange) -> AliasSummary:
        """Change what an alias does; its key stays bound."""
        cleaned = replace(
            change,
            note=None if change.note is None else clean_note(change.note),
            tags=None if change.tags is None else clean_tags(change.tags),
        )
        if not await self.store.change_alias(alias_id, cleaned):
            raise _no_such_alias()
        (changed,) = [
            alias for alias in await self.store.aliases() if alias.alias_id == alias_id
        ]
        return AliasSummary(alias=changed)

    async def remove_alias(self, alias_id: str) -> AliasSummary:
        """Unbind a key by the id of its alias."""
        for alias in await self.store.aliases():
            if alias.alias_id == alias_id:
                return await self._remove(alias)
        raise _no_such_alias()

    async def remove_key(self, dialect: Source, key: str) -> AliasSummary:
        """Unbind a key that is known in clear."""
        digest = self.secret.alias_digest(dialect, key.strip())
        alias = await self.store.alias(dialect, digest, folded=False)
        if alias is None:
            raise _no_such_alias()
        return await self._remove(alias)

    async def _remove(self, alias: Alias) -> AliasSummary:
        if not await self.store.remove_alias(alias.alias_id):
            raise _no_such_alias()
        return AliasSummary(alias=alias, removed=True)


def _no_such_channel(channel_id: str) -> Refused:
    """Name the id, but never what was typed in its place: it may be a key."""
    known_id = key_forms.parse_channel_id(channel_id.strip())
    what = f"channel {known_id}" if known_id else "such channel"
    return Refused(f"there is no {what}: see pushgo-compat channel list", "gone")


def _no_such_alias() -> Refused:
    return Refused("there is no such alias: see pushgo-compat alias list", "gone")
