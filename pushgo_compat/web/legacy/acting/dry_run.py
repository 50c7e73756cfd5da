"""The dry run's answer: the receipt of a call that was not sent."""

from __future__ import annotations

from dataclasses import replace

import orjson

from pushgo_compat.core.receipts.receipts import Arrival, Reader
from pushgo_compat.core.receipts.rehearsal import Rehearsed, describe, masker_of
from pushgo_compat.legacy import (
    Dialect,
    LegacyCall,
    LegacyReply,
    LegacyRequest,
    claims_of,
)
from pushgo_compat.web.preferred_language import prefers_chinese


def tell(
    dialect: Dialect,
    request: LegacyRequest,
    arrival: Arrival,
    call: LegacyCall | None,
    rehearsed: Rehearsed,
    *,
    accepted: bool,
    base_url: str,
    now_ms: int,
) -> LegacyReply:
    """A dry run's answer: the receipt as one bare JSON object, secrets masked."""
    chinese = prefers_chinese(request.headers.get("Accept-Language", ""))
    receipt = describe(
        dialect,
        request,
        arrival,
        call,
        replace(rehearsed, accepted=accepted),
        masker=masker_of(request, claims_of(call)),
        reader=Reader(base_url, chinese),
        now_ms=now_ms,
    )
    return LegacyReply(body=orjson.dumps(receipt))
