"""``/message``: schema, submit, envelope."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from pushgo_compat.errors import RequestTooLarge, ServerBusy
from pushgo_compat.model import MAX_NATIVE_JSON_BYTES, Receipt, Source
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
from pushgo_compat.web.whole_answer import WholeAnswer

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
    try:
        receipt = await services.messages.submit_native(
            call.channel_id,
            call.password,
            call.message,
            address=address,
            via=read_via(request.headers),
        )
    except ServerBusy as busy:
        return refuse(request, busy, busy_data(call, busy))
    return conclude(services, call, receipt)


def conclude(services: Services, call: NativeRequest, receipt: Receipt) -> WholeAnswer:
    """Count a message that is on disk, and word the answer."""
    services.metrics.accepted[Source.NATIVE].inc()
    services.counts.accepted(Source.NATIVE, services.now_ms())
    data = _data(call, receipt.op_id, receipt.message_id, accepted=True)
    return accepted(data, _REPLAYED if receipt.replayed else _NO_HEADERS)


def busy_data(call: NativeRequest, busy: ServerBusy) -> dict[str, object]:
    """What a refusal says of the message that could not be written."""
    op_id = busy.op_id or call.message.op_id
    return _data(call, op_id, busy.message_id or None, accepted=False)


def _data(
    call: NativeRequest, op_id: str | None, message_id: str | None, *, accepted: bool
) -> dict[str, object]:
    data: dict[str, object] = {"channel_id": call.channel_id, "op_id": op_id}
    if call.message.thing_id is not None:
        data["thing_id"] = call.message.thing_id
    data["message_id"] = message_id
    data["accepted"] = accepted
    return data
