"""``/message``: schema, submit, envelope."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from pushgo_compat.errors import RequestTooLarge, ServerBusy
from pushgo_compat.model import MAX_NATIVE_JSON_BYTES, Source
from pushgo_compat.schemas import (
    NativeRequest,
    load_request,
    parse_json_object,
    parse_query,
)
from pushgo_compat.web.native.description.describe import (
    Login,
    Operation,
    component,
    describes,
    envelope,
)
from pushgo_compat.web.native.edge import refuse
from pushgo_compat.web.native.envelope import accepted
from pushgo_compat.web.native.guards import (
    admit_sender,
    check_json_content_type,
    read_whole_body,
)
from pushgo_compat.web.services import SERVICES, Services
from pushgo_compat.web.via import read_via

_REPLAYED: Mapping[str, str] = {"Idempotent-Replayed": "true"}
_NO_HEADERS: Mapping[str, str] = {}
_CODES = (
    "invalid_json_syntax",
    "invalid_json_data",
    "unknown_field",
    "authentication_failed",
    "channel_not_found",
    "request_too_large",
    "rate_limited",
    "internal_error",
    "server_busy",
)


@describes(
    Operation(
        id="send_message",
        summary="Send a message",
        description="A 200 means: durable on disk. One (channel, thing_id or none, "
        "op_id) is one message; a repeat is answered with the first message_id and "
        "`Idempotent-Replayed: true`. At most 32,768 bytes.",
        login=Login.GATEWAY_TOKEN,
        message_as="body",
        answer=envelope(component("Accepted")),
        codes=("missing_json_content_type", *_CODES),
    )
)
async def post_message(request: web.Request) -> web.StreamResponse:
    """Accept a message whose fields are a JSON object."""
    services = request.app[SERVICES]
    address = admit_sender(request, services)
    check_json_content_type(request)
    body = await read_whole_body(request, MAX_NATIVE_JSON_BYTES)
    call = load_request(parse_json_object(body))
    return await _submit(request, services, address, call)


@describes(
    Operation(
        id="send_message_by_get",
        summary="Send a message from what can only GET",
        description="The same fields as query parameters.",
        login=Login.GATEWAY_TOKEN,
        message_as="query",
        answer=envelope(component("Accepted")),
        codes=_CODES,
    )
)
async def get_message(request: web.Request) -> web.StreamResponse:
    """Accept a message whose fields are query parameters."""
    services = request.app[SERVICES]
    address = admit_sender(request, services)
    query = request.rel_url.raw_query_string
    if len(query) > MAX_NATIVE_JSON_BYTES:
        raise RequestTooLarge
    call = load_request(parse_query(query))
    return await _submit(request, services, address, call)


async def _submit(
    request: web.Request, services: Services, address: str, call: NativeRequest
) -> web.StreamResponse:
    # With the password: whoever only knows the id must not use up the key's limit.
    services.limiter.check_key(call.channel_id + call.password)
    message = call.message
    data: dict[str, object] = {"channel_id": call.channel_id, "op_id": message.op_id}
    if message.thing_id is not None:
        data["thing_id"] = message.thing_id
    try:
        receipt = await services.messages.submit_native(
            call.channel_id,
            call.password,
            message,
            address=address,
            via=read_via(request.headers),
        )
    except ServerBusy as busy:
        data["op_id"] = busy.op_id or message.op_id
        data |= {"message_id": busy.message_id or None, "accepted": False}
        return refuse(request, busy, data)
    services.metrics.accepted[Source.NATIVE].inc()
    services.counts.accepted(Source.NATIVE, services.now_ms())
    data["op_id"] = receipt.op_id
    data |= {"message_id": receipt.message_id, "accepted": True}
    return accepted(data, _REPLAYED if receipt.replayed else _NO_HEADERS)
