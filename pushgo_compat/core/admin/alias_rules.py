"""Rules of aliases that need no store (docs/keys.md)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pushgo_compat.core.auth.secrets import mask
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import MAX_TAG_CHARS, MAX_TAGS, Credential, Severity, Source
from pushgo_compat.traits import KeyTraits

CATCH_ALL = "*"
"""The alias that takes every key which opens nothing else."""
MAX_NOTE_CHARS = 256


class Refused(Exception):
    """The operator asked for what cannot be; one line says why and what to do."""

    def __init__(self, text: str, code: str = "other", **about: object) -> None:
        """``text`` is the command line's; pages word the code in their language.

        ``about`` fills the page's sentence in. "other": the page quotes the text.
        """
        super().__init__(text)
        self.code = code
        self.about = about


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasRequest:
    """An alias as the operator asks for it."""

    dialect: Source
    channel_id: str
    key: str | None = field(default=None, repr=False)
    """None: make one in the dialect's own shape."""
    unknown: UnknownKey | None = None
    """Bind this key, seen at a door, in place of ``key``."""
    note: str = ""
    """For the operator's memory."""
    severity_map: Mapping[Severity, Severity] = field(default_factory=dict)
    tags: Sequence[str] = ()
    send_only: bool = False
    require_auth: bool = False
    credentials: Sequence[Credential] = ()
    """Old logins that open an alias made with ``--require-auth``."""


def clean_text(text: str, what: str) -> str:
    """Text that every store and every JSON can hold, trimmed. Raises Refused."""
    trimmed = text.strip()
    if not trimmed:
        raise Refused(f"{what} must not be empty", "empty")
    if any(char < " " or "\ud800" <= char <= "\udfff" for char in trimmed):
        raise Refused(f"{what} must be one line of UTF-8 text", "one_line")
    return trimmed


def clean_tags(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags by the rule of native messages: trimmed, no repeats. Raises Refused."""
    cleaned = tuple(dict.fromkeys(clean_text(tag, "a tag") for tag in tags))
    if len(cleaned) > MAX_TAGS or any(len(tag) > MAX_TAG_CHARS for tag in cleaned):
        raise Refused(
            f"at most {MAX_TAGS} tags of {MAX_TAG_CHARS} characters each fit",
            "tags",
            most=MAX_TAGS,
            longest=MAX_TAG_CHARS,
        )
    return cleaned


def clean_note(text: str) -> str:
    """A note, trimmed; it may be empty. Raises Refused."""
    note = clean_text(text, "a note") if text.strip() else ""
    if len(note) > MAX_NOTE_CHARS:
        raise Refused(
            f"a note has at most {MAX_NOTE_CHARS} characters",
            "too_long",
            longest=MAX_NOTE_CHARS,
        )
    return note


def parse_credential(text: str) -> Credential:
    """``USER:PASSWORD`` is a Basic login; without a colon it is a token."""
    user, colon, password = text.partition(":")
    if not colon:
        return Credential(user=None, secret=text)
    return Credential(user=user, secret=password)


def check_login(request: AliasRequest, keys: KeyTraits) -> None:
    """Refuse a login where no request of this dialect could bring one."""
    wants_login = request.require_auth or request.credentials
    if wants_login and not keys.logs_in:
        raise Refused(
            f"{request.dialect} clients cannot log in; leave --require-auth out",
            "no_login",
        )
    if wants_login and request.key == CATCH_ALL:
        raise Refused("the alias * never logs in; leave --require-auth out", "no_login")
    if request.credentials and not request.require_auth:
        raise Refused("a credential needs --require-auth, else nobody asks for it")


def hint_of(key: str) -> str:
    """The key as lists show it."""
    return CATCH_ALL if key == CATCH_ALL else mask(key)


def warnings_for(
    request: AliasRequest, keys: KeyTraits, key_length: int
) -> Iterator[str]:
    """Warnings for the operator about a key that is accepted."""
    if request.key == CATCH_ALL:
        yield (
            f"every {request.dialect} key that nothing else knows now sends here:"
            " whoever reaches the port can send"
        )
    elif key_length < keys.guessable_below and not request.require_auth:
        allowed = "send" if request.send_only else "send and read"
        yield (
            f"whoever knows or guesses this {request.dialect} key can {allowed};"
            " --require-auth asks for a login as well"
        )
