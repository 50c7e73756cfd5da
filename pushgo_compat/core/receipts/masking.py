"""Take secrets out of what is kept of an old request.

Two kinds: the keys that the request showed, wherever the dialect read them; and values
whose name says that they are secret, whichever server they were meant for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import orjson

from pushgo_compat.core.auth.key_forms import suspected_keys
from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.legacy import LegacyReply, LegacyRequest, Note
from pushgo_compat.model import CHANNEL_ID_LENGTH, KeyClaim

HIDDEN = "…"
_NO_HINTS: Mapping[str, str] = {}
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
_PAIR = re.compile(r"(?:^|(?<=[&?;\n]))([^=&?;\s]{1,128}=)[^&\r\n]+")
_SECRET_PART = re.compile(
    rf'(?is)(\bname="[^"]{{0,64}}{_WORD}[^"]{{0,64}}".{{0,256}}?\r?\n\r?\n)'
    r".*?(?=\r?\n--|\Z)"
)
_SECRET_MEMBER = re.compile(
    rf'(?is)("[^"]{{0,64}}{_WORD}[^"]{{0,64}}"\s*:\s*)'
    r'(?:"(?:[^"\\]|\\.)*"?|[\[{].*|[^\s,}\]]+)'
)
_ESCAPED_BYTE = re.compile("%[0-9a-fA-F]{2}")
_ESCAPED_ASCII = re.compile("%[2-7][0-9a-fA-F]")
"""The escapes of a name, or of a plain key; Chinese text has none of these."""
_ESCAPE = re.compile(r"(?s)\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
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


class MaskedRequest(NamedTuple):
    """A request as it may be kept."""

    client: str
    """The User-Agent."""
    method: str
    target: str
    headers: Mapping[str, str]
    body: str
    notes: Sequence[Note]
    request_id: str


class Masker:
    """Masks one request's keys and every secret by name."""

    def __init__(
        self, keys: Iterable[str], hints: Mapping[str, str] = _NO_HINTS
    ) -> None:
        """``hints``: masked keys, as far as they are known already."""
        self._hints = hints
        self._keys = tuple(filter(None, dict.fromkeys(keys)))
        self._forms: list[tuple[str, str]] = []
        self._lower: list[str] = []
        self._long_keys: list[str] = []
        self._escape = _ESCAPED_ASCII
        for key in self._keys:
            hint, lower = hints.get(key) or mask(key), key.lower()
            self._lower.append(lower)
            if len(lower) >= _LONG_KEY:
                self._long_keys.append(lower)
            if key.isascii() and key.isalnum():  # nobody needs an escape to write it
                self._forms.append((key, hint))
            else:
                self._forms += [(form, hint) for form in _written_forms(key)]
                self._escape = _ESCAPED_BYTE
        if len(self._forms) > 1:
            # Longest first: a bare channel id leaves the password of a universal key.
            self._forms.sort(key=lambda form: len(form[0]), reverse=True)

    @classmethod
    def of(
        cls, claims: Iterable[KeyClaim], hints: Mapping[str, str] = _NO_HINTS
    ) -> Masker:
        """For a request that showed these keys."""
        keys: list[str] = []
        for claim in claims:
            keys += (claim.key, *claim.alternatives)
        return cls(keys, hints)

    def hint(self, key: str) -> str:
        """What stands in the place of a key."""
        return self._hints.get(key) or mask(key)

    def request(
        self, request: LegacyRequest, request_id: str = "", notes: Sequence[Note] = ()
    ) -> MaskedRequest:
        """All that is kept of a request, with the notes on it.

        Nearly always nothing but the path has a key and nothing has a secret: one look
        at all texts together tells so.
        """
        sent, path, query = request.headers, request.path, request.query
        client = sent.get("User-Agent", "")
        headers: dict[str, str] = {}
        values = [client]
        for name, value in sent.items():
            is_kept = _is_kept(name)
            if is_kept:
                # The name as a plain str, not aiohttp's istr.
                headers[str(name)] = value
                values.append(value)
            elif is_kept is not None:
                headers[str(name)] = HIDDEN
        if len(request.body) <= MAX_BODY_CHARS and not _looks_like_key(request_id):
            body = request.body.decode("utf-8", "replace")
            head = "\n".join(values)
            rest = f"{query}\n{body}"
            noted = "\n".join(chain.from_iterable(notes))
            if (
                head.isascii()
                and not names_secret(rest)
                and self._is_harmless(f"{head}\n{request_id}\n{noted}\n{rest}")
            ):
                target = self._hide_keys(path)
                if query:
                    target = f"{target}?{query}"
                return MaskedRequest(
                    client, request.method, target, headers, body, notes, request_id
                )
        return MaskedRequest(
            self.header(client),
            request.method,
            self.target(path, query),
            {
                name: HIDDEN if value is HIDDEN else self.header(value)
                for name, value in headers.items()
            },
            self.body(request.body),
            self.notes(notes),
            self.request_id(request_id),
        )

    def target(self, path: str, query: str) -> str:
        """Path and query as they may be kept."""
        path = self.text(path)
        return f"{path}?{self.text(_hide_pairs(query))}" if query else path

    def header(self, value: str) -> str:
        """One header's value; bytes that are not UTF-8 become U+FFFD."""
        if not value.isascii():
            value = value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return self.text(value)

    def request_id(self, request_id: str) -> str:
        """A caller's own name for his request, which he may have made from any key."""
        if _looks_like_key(request_id):
            return HIDDEN
        lower = request_id.lower()  # it has no escapes
        if any(map(lower.__contains__, self._lower)):
            return self.text(request_id)
        return request_id

    def body(self, body: bytes) -> str:
        """The beginning of the body as text; hidden whole where a key may remain."""
        text = body[:MAX_BODY_BYTES].decode("utf-8", "replace")
        if names_secret(text) or "\\u" in text or "%" in text:
            text = _hide_members(text) or _hide_pairs(text)
        text = self.text(text)
        if len(body) > MAX_BODY_BYTES and text != HIDDEN:
            # Only now: a cut through the text as it came could leave a part of a key.
            text = text[: -3 * max(map(len, self._keys), default=0) - 1]
        return text if len(text) <= MAX_BODY_CHARS else text[:MAX_BODY_CHARS] + HIDDEN

    def reply(self, reply: LegacyReply) -> LegacyReply:
        """A reply that may repeat the key, as others may see it."""
        text = self.text(reply.body.decode("utf-8", "replace"))
        return replace(reply, body=text.encode())

    def text(self, text: str) -> str:
        """A text without the keys; hidden whole where one may remain."""
        if self._is_harmless(text):
            return text  # as nearly all are
        return self._hide_keys(text)

    def notes(self, notes: Sequence[Note]) -> Sequence[Note]:
        """Notes as they may be kept: a field's name is what the sender wrote."""
        if not self._shows_key("\n".join(chain.from_iterable(notes))):
            return notes
        return [Note(self.text(n.field), n.code, self.text(n.detail)) for n in notes]

    def _is_harmless(self, text: str) -> bool:
        """Whether no key stands in a text, and nothing that could hide one."""
        if "%" in text or "\\" in text:
            return False
        return not any(map(text.lower().__contains__, self._lower))

    def _hide_keys(self, text: str) -> str:
        for form, hint in self._forms:
            if form not in text:
                continue
            if len(form) >= _LONG_KEY:
                text = text.replace(form, hint)
            else:
                whole = rf'(?<![^/?&="]){re.escape(form)}(?![^/?&=".])'
                text = re.sub(whole, hint.replace("\\", r"\\"), text)
        return HIDDEN if self._shows_key(text) else text

    def _shows_key(self, text: str) -> bool:
        """Whether a long key remains in a spelling that was not foreseen."""
        if "%" not in text and "\\" not in text:
            return any(map(text.lower().__contains__, self._long_keys))
        readings = [text]
        if "%" in text and self._escape.search(text):
            readings += unquote(text), unquote_plus(text)
        if "\\" in text:
            readings += [_unescape(reading) for reading in readings]
        plain = "\n".join(readings).lower()
        return any(map(plain.__contains__, self._long_keys))


def _looks_like_key(request_id: str) -> bool:
    return len(request_id) > CHANNEL_ID_LENGTH and bool(suspected_keys(request_id))


@lru_cache(maxsize=1024)
def _is_kept(name: str) -> bool | None:
    """Whether a header's value is kept, or hidden; None: nothing of it is kept.

    By the name alone; the same few names come again and again.
    """
    return None if name.lower() in _BORING_HEADERS else not names_secret(name)


def names_secret(text: str) -> bool:
    """Whether a text holds a word that secrets are named by."""
    lower = text.lower()
    for word in _SECRET_WORDS:  # noqa: SIM110 - any() takes twice as long
        if word in lower:
            return True
    return False


def _written_forms(key: str) -> list[str]:
    """How clients write a key: as it is, percent-encoded, escaped for JSON."""
    encoded = quote(key, safe="")
    forms = [key, encoded, encoded.lower(), quote_plus(key), json.dumps(key)[1:-1]]
    return list(dict.fromkeys(forms))


def _unescape(text: str) -> str:
    """Undo JSON's escapes."""
    plain = _ESCAPE.sub(
        lambda found: (
            chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2])
        ),
        text,
    )
    # Two escapes make one character beyond the first 65,536.
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _hide_pairs(text: str) -> str:
    """A query or a form without the values of secret names."""
    if not names_secret(unquote_plus(text) if _ESCAPED_ASCII.search(text) else text):
        return text
    if 'name="' in text:
        text = _SECRET_PART.sub(rf"\1{HIDDEN}", text)
    text = _SECRET_MEMBER.sub(rf'\1"{HIDDEN}"', text)
    return _PAIR.sub(
        lambda pair: (
            pair[1] + HIDDEN if names_secret(unquote_plus(pair[1])) else pair[0]
        ),
        text,
    )


def _hide_members(text: str) -> str | None:
    """JSON without the values of secret names; None for what is no JSON."""
    if not text.lstrip().startswith(("{", "[")):
        return None
    try:
        document = orjson.loads(text)
        hidden = _without_secrets(document)
        return text if hidden == document else orjson.dumps(hidden).decode()
    except (ValueError, TypeError, RecursionError):  # nested deeper than it can be
        return None


def _without_secrets(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: HIDDEN if names_secret(name) else _without_secrets(member)
            for name, member in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(item) for item in value]
    return value
