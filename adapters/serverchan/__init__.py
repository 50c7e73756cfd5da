"""The ServerChan dialect: classic, Turbo and SC3, the three generations of Server酱."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from adapters.serverchan.parameters import NOTES, REFUSALS
from adapters.serverchan.reply import (
    PREFLIGHT,
    Fault,
    error_refusal,
    refuse,
    success,
)
from adapters.serverchan.request import is_json
from adapters.serverchan.routes import METHODS, Generation, find_route
from adapters.serverchan.status import read_status_query, status_reply
from adapters.serverchan.traits import TRAITS
from adapters.serverchan.translate import translate
from pushgo_compat.errors import MethodNotAllowed, NativeError
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

__all__ = ["SERVERCHAN", "ServerChanDialect"]

_BODY_LIMIT_BYTES = 4 * 1024 * 1024
"""Text of 32 KB is documented by the vendor; docs/dialects/serverchan.md 3 asks for
1 MiB at the least."""
_MASKED_TOKEN = "*" * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerChanDialect:
    """ServerChan's three generations as their clients see them."""

    source = Source.SERVERCHAN

    @property
    def traits(self) -> Traits:
        """What the rest of the program asks."""
        return TRAITS

    def configured(
        self, options: Mapping[str, Any], surroundings: Surroundings
    ) -> ServerChanDialect:
        """The same under the operator's settings."""
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
        """The body beats the query, the last the first."""
        if route.startswith("GET "):
            places = (Place.QUERY, Place.HEADER, Place.BODY)
        else:
            in_body = Place.JSON if is_json(content_type) else Place.FORM
            places = (in_body, Place.QUERY, Place.HEADER)
        return Reading(places, last_counts=True)

    def body_limit(self, method: str, path: str) -> int:
        """4 MiB on every route."""
        return _BODY_LIMIT_BYTES

    def is_costly(self, request: LegacyRequest) -> bool:
        """Never: the key stands in the path."""
        return False

    def shown_keys(self, request: LegacyRequest) -> tuple[KeyClaim, ...]:
        """Nothing is costly before the key is known."""
        return ()

    def open(self, request: LegacyRequest) -> LegacyCall:
        """Find the route and the key in it; the fields are read once the key is good.

        Only GET and POST publish: link previews send HEAD.
        """
        route = find_route(request)
        method = request.method
        if method not in METHODS:
            reply = self.refused(request, MethodNotAllowed(", ".join(METHODS)))
            raise LegacyRefusal(reply, Fault.NO_METHOD.name.lower())
        if route is None:
            raise refuse(Generation.TURBO, Fault.NO_ROUTE)
        if method == "OPTIONS":
            return Answer(route=f"OPTIONS {route.pattern}", reply=PREFLIGHT)
        if route.claim is None:
            return read_status_query(request)
        return Publish(
            route=f"{method} {route.pattern}",
            claims=(route.claim,),
            translate=partial(translate, request, route.generation),
            refused=partial(error_refusal, route.generation),
            costly=len(request.body) > SPARING_BYTES,
        )

    def accepted(
        self,
        request: LegacyRequest,
        call: Publish,
        translation: Translation,
        results: Sequence[Receipt | NativeError | None],
    ) -> LegacyReply:
        """Word the success. It means queued, not delivered, as ServerChan documents."""
        (receipt,) = (result for result in results if isinstance(result, Receipt))
        generation = _generation(translation.view)
        return success(generation, receipt.push_number, receipt.read_token)

    def refused(self, request: LegacyRequest, error: NativeError) -> LegacyReply:
        """Word a refusal of the core in the words of the path's generation."""
        route = find_route(request)
        return error_refusal(route.generation if route else Generation.TURBO, error)

    def derived_metadata(self, message_id: str) -> Mapping[str, str]:
        """Nothing: the number of a push does not follow from the message's id."""
        return {}

    def forward(
        self,
        message: NativeMessage,
        view: Mapping[str, object] | None,
        message_id: str,
    ) -> Mapping[str, object]:
        """Nothing: no kind of target speaks ServerChan's words."""
        return {}

    def present(
        self, message: NativeMessage, view: Mapping[str, object] | None
    ) -> Presentation:
        """ServerChan's texts are Markdown."""
        return Presentation()

    def recall(self, stored: StoredCall) -> LegacyReply:
        """Word the success of a stored call again, its readkey masked."""
        generation = _generation(stored.view)
        return success(generation, stored.receipt.push_number, _MASKED_TOKEN)

    def status(self, request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
        """Word what became of a push."""
        return status_reply(request, found)


def _generation(view: Mapping[str, object] | None) -> Generation:
    return Generation(str(view["generation"])) if view else Generation.TURBO


SERVERCHAN = ServerChanDialect()
