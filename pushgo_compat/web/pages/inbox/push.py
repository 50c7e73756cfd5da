"""Notifications of the inbox: this browser as a target of its channel."""

from __future__ import annotations

from typing import NamedTuple

import orjson
from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.messages import Recipient
from pushgo_compat.errors import (
    InvalidRequest,
    NativeError,
    RequestTooLarge,
    WebPushNotConfigured,
)
from pushgo_compat.model import NativeMessage, Source
from pushgo_compat.web.pages.access.own_form import ForeignForm, is_own, read_own_form
from pushgo_compat.web.pages.access.sessions import INBOX, Visit, find_visit, grant_of
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.texts import Texts
from pushgo_compat.web.read_body import read_body
from pushgo_compat.web.services import SERVICES

_MAX_BODY_BYTES = 8192


class Offer(NamedTuple):
    """What the page says of notifications."""

    public_key: str | None
    """None: they are not set up."""
    is_https: bool


def offer_of(request: web.Request) -> Offer:
    """Whether this server can push to browsers, and whether they let it."""
    services = request.app[SERVICES]
    try:
        key = services.web_push().public_key
    except WebPushNotConfigured:
        key = None
    return Offer(key, services.callers.scheme(request) == "https")


async def put_subscription(request: web.Request) -> web.StreamResponse:
    """Make this browser a target; one that is known stays what it is. 204."""
    visit, subscription = await _from_script(request)
    await request.app[SERVICES].web_push().subscribe(visit.inbox, subscription)
    return web.Response(status=204)


async def delete_subscription(request: web.Request) -> web.StreamResponse:
    """Remove this browser's target, by its endpoint. 204, also when it is gone."""
    visit, text = await _from_script(request)
    service = request.app[SERVICES].web_push()
    try:
        endpoint = orjson.loads(text)["endpoint"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        raise InvalidRequest("subscription_invalid") from None
    if not isinstance(endpoint, str):
        raise InvalidRequest("subscription_invalid")
    await service.unsubscribe(visit.inbox, endpoint)
    return web.Response(status=204)


@signed_in(INBOX)
async def send_test(request: web.Request, visit: Visit) -> web.StreamResponse:
    """Send a message to the channel itself, as its reader."""
    await read_own_form(request)
    services = request.app[SERVICES]
    t = Texts(language_of(request))

    async def renew() -> Grant:
        """The session again: it ends with the password."""
        again = await find_visit(request, INBOX)
        if again is None:
            raise ForeignForm
        return await grant_of(request, again)

    message = NativeMessage(
        title=str(t("inbox.test_title")), body=str(t("inbox.test_body"))
    )
    recipient = Recipient(grant=await grant_of(request, visit), renew=renew)
    (result,) = await services.messages.submit(Source.NATIVE, message, [recipient])
    if isinstance(result, NativeError):
        raise result
    services.metrics.accepted[Source.NATIVE].inc()
    return go(request, "inbox")


async def _from_script(request: web.Request) -> tuple[Visit, str]:
    """Who asks, and the body. Raises ForeignForm, RequestTooLarge."""
    visit = await find_visit(request, INBOX)
    if visit is None or not is_own(request):
        raise ForeignForm
    body, beyond = await read_body(request, _MAX_BODY_BYTES)
    if beyond:
        raise RequestTooLarge
    visit = await find_visit(request, INBOX)  # which may have ended meanwhile
    if visit is None:
        raise ForeignForm
    return visit, body.decode("utf-8", "replace")
