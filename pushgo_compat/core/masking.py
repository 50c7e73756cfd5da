"""Take secrets out of what is kept of an old request.

Two kinds: the keys that the request showed, wherever the dialect read them; and values
whose name says that they are secret, whichever server they were meant for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from enum import Enum, auto
from functools import lru_cache
from urllib.parse import quote, quote_plus, unquote_plus

from pushgo_compat.core.secrets import mask
from pushgo_compat.legacy import KeyClaim, LegacyReply

HIDDEN = "…"
MAX_BODY_CHARS = 4096
"""Characters of a body that a receipt keeps."""
_LONG_KEY = 8
"""From this length on a key is taken out wherever it stands; a shorter one (an alias
such as ``nas``) only where it is a whole value, or every text would lose letters."""

MAX_BODY_BYTES = 16_384
"""Bytes of a body that are looked at; what a key beyond them would leave is cut off."""

_SECRET_WORDS = ("auth", "token", "passw", "secret", "key", "cookie", "credential")
_WORD = "(?:" + "|".join(_SECRET_WORDS) + ")"
# Names are bounded, or a hostile body would cost its length squared.
_SECRET_PAIR = re.compile(
    rf"(?i)((?:^|[&?;\n])[^=&\s]{{0,64}}{_WORD}[^=&\s]{{0,64}}=)[^&\s]+"
)
_SECRET_MEMBER = re.compile(
    rf'(?i)("[^"]{{0,64}}{_WORD}[^"]{{0,64}}"\s*:\s*)'
    r'(?:"(?:[^"\\]|\\.)*"?|\[[^\]]*\]?|[^\s,}\]]+)'
)
_BORING_HEADERS = frozenset(
    {
        "accept",
        "accept-encoding",
        "accept-language",
        "connection",
        "content-length",
        "expect",
        "host",
        "transfer-encoding",
        "user-agent",
    }
)


class Masker:
    """Masks one request's keys and every secret by name."""

    def __init__(self, keys: Iterable[str]) -> None:
        self._keys = tuple(filter(None, dict.fromkeys(keys)))
        self._forms: list[tuple[str, str]] = []
        for key in self._keys:
            hint = mask(key)
            self._forms += [(form, hint) for form in _written_forms(key)]

    @classmethod
    def of(cls, claims: Iterable[KeyClaim]) -> Masker:
        """For a request that showed these keys."""
        return cls(key for claim in claims for key in (claim.key, *claim.alternatives))

    def target(self, path: str, query: str) -> str:
        """Path and query as they may be kept."""
        path = self._without_keys(path)
        if not query:
            return path
        if names_secret(query):
            query = _SECRET_PAIR.sub(rf"\1{HIDDEN}", query)
        target = f"{path}?{self._without_keys(query)}"
        return path + "?" + HIDDEN if self._shows_key(query) else target

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Headers that may say something about the call, secrets hidden."""
        kept = {}
        for name, value in headers.items():
            treatment = _treatment(name)
            if treatment is _Treatment.KEEP:
                kept[str(name)] = self.header(value)  # a plain str, not aiohttp's istr
            elif treatment is _Treatment.HIDE:
                kept[str(name)] = HIDDEN
        return kept

    def header(self, value: str) -> str:
        """One header's value; bytes that are not UTF-8 become U+FFFD."""
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return self._without_keys(value)

    def body(self, body: bytes) -> str:
        """The beginning of the body as text; hidden whole where a key may remain."""
        text = body[:MAX_BODY_BYTES].decode("utf-8", "replace")
        if len(body) > MAX_BODY_BYTES:
            text = text[: -3 * max(map(len, self._keys), default=0) - 1]
        if names_secret(text):
            text = _SECRET_PAIR.sub(rf"\1{HIDDEN}", text)
            text = _SECRET_MEMBER.sub(rf'\1"{HIDDEN}"', text)
        text = self._without_keys(text)
        if self._shows_key(text):
            return HIDDEN
        return text if len(text) <= MAX_BODY_CHARS else text[:MAX_BODY_CHARS] + HIDDEN

    def reply(self, reply: LegacyReply) -> LegacyReply:
        """A reply that may repeat the key, as others may see it."""
        text = self._without_keys(reply.body.decode("utf-8", "replace"))
        return replace(reply, body=text.encode())

    def _without_keys(self, text: str) -> str:
        for form, hint in self._forms:
            if form not in text:
                continue
            if len(form) >= _LONG_KEY:
                text = text.replace(form, hint)
            else:
                whole = rf"(?<![\w-]){re.escape(form)}(?![\w-])"
                text = re.sub(whole, hint.replace("\\", r"\\"), text)
        return text

    def _shows_key(self, text: str) -> bool:
        """Whether a long key remains in a spelling that was not foreseen."""
        if "%" not in text and "\\" not in text:
            return False
        plain = _unescape(unquote_plus(text))
        return any(len(key) >= _LONG_KEY and key in plain for key in self._keys)


class _Treatment(Enum):
    """What a receipt does with a header."""

    KEEP = auto()
    HIDE = auto()
    DROP = auto()


@lru_cache(maxsize=1024)
def _treatment(name: str) -> _Treatment:
    """By the header's name alone; the same few names come again and again."""
    if name.lower() in _BORING_HEADERS:
        return _Treatment.DROP
    return _Treatment.HIDE if names_secret(name) else _Treatment.KEEP


def names_secret(text: str) -> bool:
    """Whether a text holds a word that secrets are named by."""
    lower = text.lower()
    return any(word in lower for word in _SECRET_WORDS)


def _written_forms(key: str) -> list[str]:
    """How clients write a key: as it is, percent-encoded, escaped for JSON."""
    if key.isascii() and key.isalnum():
        return [key]
    encoded = quote(key, safe="")
    forms = [key, encoded, encoded.lower(), quote_plus(key), json.dumps(key)[1:-1]]
    return list(dict.fromkeys(forms))


def _unescape(text: str) -> str:
    """Undo JSON's escapes by number, as far as a search for ASCII keys needs it."""
    return re.sub(
        r"\\u([0-9a-fA-F]{4})", lambda found: chr(int(found.group(1), 16)), text
    )
