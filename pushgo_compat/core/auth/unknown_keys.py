"""Unknown keys, remembered so that the operator can bind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from pushgo_compat.core.auth.fairness import SharedTable, network_of
from pushgo_compat.core.auth.secrets import SecretKey, mask, printable
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey, UnknownKeyStore
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source

MAX_REMEMBERED = 1000
MAX_OF_ONE_NETWORK = 100
"""Unknown keys of one address, or of one IPv6 /64 (docs/keys.md, "Unknown keys")."""
MAX_CLIENT_CHARS = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """One call with an unknown key."""

    dialect: Source
    key: str = field(repr=False)
    client: str = ""
    """The User-Agent."""
    address: str = ""
    fields: Mapping[str, int] = field(default_factory=dict)
    """Names and lengths of the fields that came along; no values."""
    caught: bool = False
    """The alias ``*`` took the call."""


class UnknownKeys:
    """In memory first; a refusal costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds.
    """

    def __init__(
        self, store: UnknownKeyStore, secret: SecretKey, now_ms: Callable[[], int]
    ) -> None:
        self._store = store
        self._secret = secret
        self._now_ms = now_ms
        self._fresh = _empty_table()

    def remember(self, seen: Sighting) -> None:
        """Count a key; the least recently seen of too many is dropped."""
        now_ms = self._now_ms()
        dialect, key = seen.dialect, seen.key
        self._count(
            UnknownKey(
                dialect=dialect,
                key_digest=self._secret.alias_digest(dialect, key),
                folded_digest=self._secret.alias_digest(dialect, key.lower()),
                key_length=len(key),
                hint=mask(key),
                first_seen_ms=now_ms,
                last_seen_ms=now_ms,
                count=1,
                client=printable(seen.client[:MAX_CLIENT_CHARS]),
                address=printable(seen.address),
                network=printable(network_of(seen.address)),
                sample=seen.fields,
                caught=seen.caught,
            )
        )

    def _count(self, seen: UnknownKey) -> None:
        place = seen.dialect, seen.key_digest
        known = self._fresh.pop(place)
        if known is not None:
            count = known.count + seen.count
            seen = replace(seen, first_seen_ms=known.first_seen_ms, count=count)
        self._fresh.put(place, seen.network, seen)

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh = self._fresh, _empty_table()
        try:
            await self._store.record_unknown(taken.values())
        except ServerBusy:
            newer, self._fresh = self._fresh, taken
            for key in newer.values():
                self._count(key)
            raise


def _empty_table() -> SharedTable[tuple[Source, bytes], UnknownKey]:
    return SharedTable(MAX_REMEMBERED, MAX_OF_ONE_NETWORK)
