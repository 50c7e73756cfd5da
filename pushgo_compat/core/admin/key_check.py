"""``key check``: tells whose a key is (docs/keys.md, "Keys").

The operator pastes a key, or a whole line of curl that holds one somewhere.
"""

from __future__ import annotations

import asyncio
import enum
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

import orjson

from pushgo_compat.core.auth import key_forms
from pushgo_compat.core.auth.passwords import verify_password
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.administration import AdministrationStore
from pushgo_compat.model import Channel, Source

MAX_TEXT_CHARS = 16_384
MAX_CANDIDATES = 64
MAX_CHANNELS = 4
"""Of so many channels passwords are checked: each check takes 25 ms."""
_BETWEEN = re.compile(r"[\s/?&=#\"'{}\[\],;<>]+")
_GENERATION = re.compile(r"(?:SCT|SCU|sctp\d+t)(?=.{34})")
"""What clients put before a universal key (ServerChan)."""


class KeyKind(enum.StrEnum):
    """What a key turned out to be."""

    ALIAS = "alias"
    UNIVERSAL = "universal"
    WRONG_PASSWORD = "wrong_password"  # noqa: S105 - a word of the answer
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFound:
    """Whose a key is."""

    kind: KeyKind
    channel: Channel | None = None
    alias_id: str | None = None
    unknown: UnknownKey | None = None
    """Set where somebody has called with the key in vain."""
    last_used_ms: int | None = None

    def document(self) -> dict[str, object]:
        """For ``key check``; the time is Unix ms."""
        return {
            "kind": self.kind,
            "channel_id": None if self.channel is None else self.channel.channel_id,
            "alias_id": self.alias_id,
            "unknown_id": None if self.unknown is None else self.unknown.unknown_id,
            "last_used": self.last_used_ms,
        }


class KeyCheck:
    """Finds out whose a key is. Nothing of it is stored."""

    def __init__(
        self, store: AdministrationStore, secret: SecretKey, dialects: Sequence[Source]
    ) -> None:
        self._store = store
        self._secret = secret
        self._dialects = tuple(dialects)

    async def find(self, text: str) -> KeyFound:
        """The best answer to any text in a line: an alias, a channel, a caller."""
        candidates = list(dict.fromkeys(_candidates(text[:MAX_TEXT_CHARS])))
        candidates = candidates[:MAX_CANDIDATES]
        for key in candidates:
            if (alias := await self._alias(key)) is not None:
                return alias
        wrong: KeyFound | None = None
        checked = 0
        for key in candidates:
            split = key_forms.split_key(_GENERATION.sub("", key))
            channel = None if split is None else await self._store.channel(split[0])
            if split is None or channel is None or checked == MAX_CHANNELS:
                continue
            checked += 1
            if await _opens(channel, [split[1], *candidates]):
                return KeyFound(kind=KeyKind.UNIVERSAL, channel=channel)
            wrong = wrong or KeyFound(kind=KeyKind.WRONG_PASSWORD, channel=channel)
        return wrong or await self._unknown(candidates)

    async def _alias(self, key: str) -> KeyFound | None:
        for dialect in self._dialects:
            digest = self._secret.alias_digest(dialect, key)
            alias = await self._store.alias(dialect, digest, folded=False)
            if alias is not None:
                return KeyFound(
                    kind=KeyKind.ALIAS,
                    channel=alias.channel,
                    alias_id=alias.alias_id,
                    last_used_ms=alias.last_used_ms,
                )
        return None

    async def _unknown(self, candidates: Sequence[str]) -> KeyFound:
        digests = {
            self._secret.alias_digest(dialect, key)
            for dialect in self._dialects
            for key in candidates
        }
        for seen in await self._store.unknown_keys():
            if seen.key_digest in digests:
                return KeyFound(
                    kind=KeyKind.UNKNOWN,
                    unknown=seen,
                    last_used_ms=seen.last_seen_ms,
                )
        return KeyFound(kind=KeyKind.UNKNOWN)


async def _opens(channel: Channel, texts: Sequence[str]) -> bool:
    """Whether one of the texts is the password: behind the id, or as a login."""
    passwords = [
        password
        for text in texts
        for password in key_forms.password_candidates(text)
        if key_forms.is_password_length(password)
    ]
    for password in dict.fromkeys(passwords[: MAX_CANDIDATES // 4]):
        if await asyncio.to_thread(verify_password, channel.password_hash, password):
            return True
    return False


def _candidates(text: str) -> Iterator[str]:
    """The texts in a line that may be keys, the whole of it first."""
    whole = text.strip()
    if whole:
        yield whole
    try:
        words = shlex.split(whole)
    except ValueError:  # a quote that nobody closed
        words = whole.split()
    for word in words:
        yield from _json_texts(word)
        for part in _BETWEEN.split(word):
            part = part.removesuffix(".send")
            if part:
                yield part
                yield unquote(part)
                yield from part.split(":")


def _json_texts(word: str) -> Iterator[str]:
    """The texts of a JSON body, and of the lists in it."""
    if not word.startswith("{"):
        return
    try:
        document = orjson.loads(word)
    except orjson.JSONDecodeError:
        return
    for value in document.values():
        for text in value if isinstance(value, list) else [value]:
            if isinstance(text, str):
                yield text
