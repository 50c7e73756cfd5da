"""The interface of a dialect: what the web layer asks of it, in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pushgo_compat.errors import NativeError
from pushgo_compat.legacy.calls import LegacyCall, Publish
from pushgo_compat.legacy.presentation import Presentation
from pushgo_compat.legacy.refusing import RefusalText
from pushgo_compat.legacy.request import LegacyReply, LegacyRequest
from pushgo_compat.legacy.translation import NoteText, Reading, Translation
from pushgo_compat.model import KeyClaim, NativeMessage, PushStatus, Receipt, Source
from pushgo_compat.traits import Surroundings, Traits


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StoredCall:
    """What is left of an accepted call when its reply has to be worded again."""

    route: str
    key_hint: str
    """The key, masked; stands where the reply repeated it."""
    view: Mapping[str, object] | None
    receipt: Receipt
    batch: bool = False


class Dialect(Protocol):
    """One old server's language. Implementations hold no state but their settings."""

    @property
    def source(self) -> Source:
        """Which dialect this is; its name is also the mount prefix."""
        ...

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks before any request has come."""
        ...

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> Dialect:
        """The same dialect under the operator's settings (``Traits.settings``).

        ``options`` has values by the settings' names; one that is missing has its
        default.
        """
        ...

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """Every code that a Note of this dialect can carry."""
        ...

    @property
    def refusals(self) -> Mapping[str, RefusalText]:
        """Every code that a refusal of this dialect's own carries; for the operator."""
        ...

    def reading(self, route: str, content_type: str) -> Reading:
        """How the fields of a call are read, for receipts.

        ``route`` is the call's pattern, ``content_type`` its header.
        """
        ...

    def body_limit(self, method: str, path: str) -> int:
        """Most bytes of body that the dialect looks at for this method and path."""
        ...

    def is_costly(self, request: LegacyRequest) -> bool:
        """Whether ``open`` may take more than a few milliseconds.

        Such a request is opened off the loop, ``sparing`` unless one of ``shown_keys``
        opens a channel. Asked of every request: looks at sizes and names only.
        """
        ...

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """A few keys of a costly request, as far as they are seen without reading it.

        No promise that they count: only that whoever sent it knows them.
        """
        ...

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find out what is asked, and with which key.

        Raises LegacyRefusal for what the old server refuses before it looks at keys.
        """
        ...

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """Word the success. One result for each claim, in order.

        Without ``batch`` there is one claim and its result is a Receipt, or None when
        the translation has no message.
        """
        ...

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core: unknown key, rate limit, busy, too large."""
        ...

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Metadata that follows from a message's id alone, so is not stored."""
        ...

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """Say again what the old sender wrote, for a target that speaks the dialect.

        An empty mapping leaves the words to the target's own kind.
        """
        ...

    def present(
        self, message: NativeMessage, view: Mapping[str, object] | None
    ) -> Presentation:
        """How a page shows a stored message of this dialect."""
        ...

    def recall(self, stored: StoredCall) -> LegacyReply:
        """Word the success again for a stored receipt, secrets masked."""
        ...

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Word the answer to a StatusQuery; None: unknown number or wrong token."""
        ...
