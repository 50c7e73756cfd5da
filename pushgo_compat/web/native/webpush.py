"""``/channel/{channel_id}/webpush``: a page asks for a channel's messages."""

from __future__ import annotations

import orjson
from aiohttp import web

from pushgo_compat.errors import InvalidRequest
from pushgo_compat.web.native.description.describe import (
    TEXT,
    Json,
    Login,
    Operation,
    data,
    describes,
)
from pushgo_compat.web.native.envelope import accepted
from pushgo_compat.web.native.guards import (
    check_json_content_type,
    check_query,
    login_reader,
    read_whole_body,
)
from pushgo_compat.web.native.read import READER_CODES
from pushgo_compat.web.services import SERVICES

MAX_BODY_BYTES = 8192
_ENDPOINT: Json = {
    "type": "object",
    "properties": {"endpoint": TEXT},
    "required": ["endpoint"],
}
_BODY_CODES = (
    "missing_json_content_type",
    "subscription_invalid",
    "webpush_not_configured",
    "request_too_large",
    *READER_CODES,
)


@describes(
    Operation(
        id="get_webpush_key",
        summary="Show the key for web push",
        description="The VAPID key as base64url, for `pushManager`.",
        login=Login.CHANNEL,
        answer=data(public_key=TEXT),
        codes=("webpush_not_configured", *READER_CODES),
    )
)
async def get_key(request: web.Request) -> web.Response:
    """The key under which a page subscribes."""
    await login_reader(request)
    check_query(request)
    return accepted({"public_key": request.app[SERVICES].web_push().public_key})


@describes(
    Operation(
        id="subscribe_browser",
        summary="Subscribe a browser",
        description="A browser's PushSubscription. One that is known keeps its target; "
        "a channel has at most 20.",
        login=Login.CHANNEL,
        body=_ENDPOINT,
        answer=data(target_id=TEXT),
        codes=("too_many_targets", *_BODY_CODES),
    )
)
async def put_subscription(request: web.Request) -> web.Response:
    """Add a browser's subscription; one that is known keeps its target."""
    grant, _ = await login_reader(request)
    check_query(request)
    check_json_content_type(request)
    body = await read_whole_body(request, MAX_BODY_BYTES)
    subscription = body.decode("utf-8", "replace")
    target = (
        await request.app[SERVICES].web_push().subscribe(grant.channel, subscription)
    )
    return accepted({"target_id": target.target_id})


@describes(
    Operation(
        id="unsubscribe_browser",
        summary="Unsubscribe a browser",
        description="By the endpoint of its subscription.",
        login=Login.CHANNEL,
        body=_ENDPOINT,
        answer=data(channel_id=TEXT, deleted={"type": "boolean"}),
        codes=("invalid_json_syntax", *_BODY_CODES),
    )
)
async def delete_subscription(request: web.Request) -> web.Response:
    """Remove a browser's subscription; one that is gone is gone."""
    grant, _ = await login_reader(request)
    check_query(request)
    check_json_content_type(request)
    endpoint = _endpoint(await read_whole_body(request, MAX_BODY_BYTES))
    removed = (
        await request.app[SERVICES].web_push().unsubscribe(grant.channel, endpoint)
    )
    return accepted({"channel_id": grant.channel.channel_id, "deleted": removed})


def _endpoint(body: bytes) -> str:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise InvalidRequest("invalid_json_syntax") from None
    endpoint = document.get("endpoint") if isinstance(document, dict) else None
    if not isinstance(endpoint, str):
        raise InvalidRequest("subscription_invalid")
    return endpoint
