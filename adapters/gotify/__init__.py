"""The Gotify dialect, its publish side (gotify/server d543a8a, release 3.0)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.gotify.extras import is_markdown
from adapters.gotify.fields import body_places
from adapters.gotify.go_json import go_text
from adapters.gotify.key import find_claim
from adapters.gotify.notes import NOTES
from adapters.gotify.refusals import NO_ROUTE, NO_TOKEN, REFUSALS
from adapters.gotify.reply import (
    APP_ID,
    HEALTH,
    INFO,
    NOT_ALLOWED_IN,
    VERSION,
    date_text,
    message_number,
    native_error_reply,
    not_found,
    object_reply,
    refusal,
)
from adapters.gotify.traits import TRAITS
from adapters.gotify.translate import translate
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    SPARING_BYTES,
    Answer,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    NoteText,
    Place,
    Presentation,
    Publish,
    Reading,
    RefusalText,
    StoredCall,
    Translation,
)
from pushgo_compat.model import (
    KeyClaim,
    NativeMessage,
    PushStatus,
    Receipt,
    Source,
)
from pushgo_compat.traits import Surroundings, Traits

GOTIFY_SOURCE = Source.declare("gotify", 4)
_BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""Gotify itself has none; as much as ServerChan's clients may send."""
_SLASHES = re.compile("/{2,}")
_PREFLIGHT = LegacyReply()
"""Gotify answers every OPTIONS so where no origin is configured."""
_OPEN = {
    ("GET", "/health"): HEALTH,
    ("HEAD", "/health"): HEALTH,
    ("GET", "/version"): VERSION,
    ("GET", "/gotifyinfo"): INFO,
}
_CLIENT_SIDE = re.compile(
    r"/(?:message(?:/[^/]+)?|application(?:/.*)?|client(?:/.*)?|plugin(?:/.*)?"
    r"|user(?:/[^/]+)?|current/user(?:/password)?|stream|auth/logout)"
)
"""Reading and administration, which take a client's token: nobody has one here."""
_PUBLISH = "/message"


@dataclass(frozen=True, slots=True, kw_only=True)
class GotifyDialect:
    """Gotify as applications know it (``pushgo_compat.legacy.Dialect``)."""

    source = GOTIFY_SOURCE

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks."""
        return TRAITS

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> GotifyDialect:
        """Gotify has no settings of its own."""
        return self

    @property
    def notes(self) -> Mapping[str, NoteText]:
        """The text of every note's code."""
        return NOTES

    @property
    def refusals(self) -> Mapping[str, RefusalText]:
        """What the operator reads of this dialect's own refusals."""
        return REFUSALS

    def reading(self, route: str, content_type: str) -> Reading:
        """As gin's binding reads them."""
        return Reading((*body_places(content_type), Place.HEADER))

    def body_limit(self, method: str, path: str) -> int:
        """One limit for all routes, in bytes."""
        return _BODY_LIMIT_BYTES

    def is_costly(self, request: LegacyRequest) -> bool:
        """Never: the key stands in the query or a header."""
        return False

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """Nothing is costly before the key is known."""
        return ()

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find the route and the token; the body waits until the token is known."""
        method = request.method
        path = _SLASHES.sub("/", request.path)
        if method == "OPTIONS":
            return Answer(route="OPTIONS *", reply=_PREFLIGHT)
        if reply := _OPEN.get((method, path)):
            return Answer(route=f"{method} {path}", reply=reply)
        # Gotify redirects with 307 where a slash ends the path; this saves the round.
        if method == "POST" and path.removesuffix("/") == _PUBLISH:
            return _open_publish(request)
        if method in ("GET", "POST", "PUT", "DELETE") and _is_client_side(method, path):
            raise refusal(401, NOT_ALLOWED_IN, NO_TOKEN)
        raise LegacyRefusal(not_found(), NO_ROUTE)

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """The message as Gotify has stored it."""
        (receipt,) = (result for result in results if isinstance(result, Receipt))
        return _message(translation.view or {}, receipt)

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core."""
        return native_error_reply(error)

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Nothing: only a sender knows a message by its number."""
        return {}

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """Nothing: no kind of target speaks Gotify's words."""
        return {}

    def present(
        self, message: NativeMessage, view: Mapping[str, object] | None
    ) -> Presentation:
        """A body is Markdown only where ``client::display`` said so."""
        return Presentation(markdown=is_markdown(message))

    def recall(self, stored: StoredCall) -> LegacyReply:
        """The message again: the reply never repeated the token."""
        return _message(stored.view or {}, stored.receipt)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Nothing asks: the dialect has no status queries."""
        return not_found()


GOTIFY = GotifyDialect()


def _is_client_side(method: str, path: str) -> bool:
    if path == _PUBLISH:
        return method in ("GET", "DELETE")
    return _CLIENT_SIDE.fullmatch(path) is not None


def _open_publish(request: LegacyRequest) -> Publish:
    claim = find_claim(request)
    if claim is None:
        raise refusal(401, NOT_ALLOWED_IN, NO_TOKEN)
    return Publish(
        route="POST /message",
        claims=(claim,),
        translate=partial(translate, request),
        costly=len(request.body) > SPARING_BYTES,
    )


def _message(view: Mapping[str, object], receipt: Receipt) -> LegacyReply:
    """A stored message as Gotify shows it; without extras that member is left out."""
    extras = str(view.get("extras") or "")
    members = [
        ("id", str(message_number(receipt.message_id))),
        ("appid", str(APP_ID)),
        ("message", go_text(str(view.get("message", "")))),
        ("title", go_text(str(view.get("title") or receipt.channel_name))),
        ("priority", json.dumps(view.get("priority", 0))),
        *([("extras", extras)] if extras else ()),
        ("date", go_text(date_text(receipt.accepted_at_ms))),
    ]
    return object_reply(members)
