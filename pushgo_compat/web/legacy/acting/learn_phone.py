"""ntfy's iPhone app: the address under which it calls is learnt from its own calls."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import KeyCheck, LegacyCall, Subscribe, claims_of
from pushgo_compat.web.services import Services

log = structlog.get_logger()


def phone_of(call: LegacyCall, grants: Sequence[Grant]) -> tuple[Grant, str] | None:
    """What a phone's key has opened, if it is one that an upstream can wake."""
    if not isinstance(call, Subscribe | KeyCheck) or not call.can_be_woken:
        return None
    if grants[0].channel.hidden:  # has no targets
        return None
    return grants[0], claims_of(call)[0].key


async def learn(
    services: Services,
    request: web.BaseRequest,
    prefix: str,
    grant: Grant,
    topic: str,
) -> None:
    """Remember the address under which a phone calls; it is answered in any case.

    ``grant`` is what its key has opened just now.
    """
    phones = services.learnt_phones
    base_url = phones and services.callers.own_url(request, prefix)
    if phones is None or not base_url:
        return
    try:
        await phones.learn(grant.channel, base_url, topic)
    except NativeError as error:
        log.warning("a phone's address was not learnt", code=error.code)
