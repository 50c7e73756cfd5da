"""E-mail to a dialect: what an address names, what a mail turns out to be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from pushgo_compat.errors import NativeError
from pushgo_compat.legacy.calls import Publish
from pushgo_compat.legacy.request import LegacyReply, LegacyRequest
from pushgo_compat.model import KeyClaim, Source


class MailRecipient(NamedTuple):
    """What the address of a mail's recipient names."""

    topic: str
    authorization: str | None = None
    """A login that the address carries, as the value of ``Authorization``."""


class Letter(NamedTuple):
    """A mail, taken apart."""

    request: LegacyRequest
    """The call as it is recorded: its few telling fields, its text for a body."""
    publish: Publish


class MailDialect(Protocol):
    """A dialect's language in e-mail.

    A mail is a call with method ``MAIL``, the topic in its path, its fields for headers
    and the login of the session in ``Authorization``. Replies have SMTP's codes.
    """

    @property
    def source(self) -> Source:
        """The dialect."""
        ...

    @property
    def route(self) -> str:
        """The route's pattern, for receipts and the log."""
        ...

    @property
    def domain(self) -> str:
        """The part of its addresses behind the ``@``."""
        ...

    def recipient(self, address: str) -> MailRecipient:
        """Read an address. Raises LegacyRefusal for one that can open nothing."""
        ...

    def claim(self, request: LegacyRequest) -> KeyClaim:
        """The key that the call shows. Reads path and headers."""
        ...

    def read(self, request: LegacyRequest, claims: Sequence[KeyClaim]) -> Letter:
        """Read a whole mail, which is the body of the call, for these receivers.

        Raises LegacyRefusal.
        """
        ...

    def accepted(self) -> LegacyReply:
        """Word the success."""
        ...

    def refused(self, error: NativeError) -> LegacyReply:
        """Word a refusal of the core."""
        ...
