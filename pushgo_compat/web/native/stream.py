"""``/channel/{channel_id}/stream``: messages as server-sent events, as they come.

A stream ends without a last chunk, as the streams of old clients do. An EventSource
comes back after either end; programs that read the response themselves can tell from
this one that they have to.
"""

from __future__ import annotations

from dataclasses import dataclass

import orjson
from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Source
from pushgo_compat.web.event_stream import COMMENT, EVENT_STREAM_HEADERS
from pushgo_compat.web.message_json import wire_fields
from pushgo_compat.web.native.description.describe import (
    TEXT,
    Login,
    Operation,
    content,
    describes,
    header,
)
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER
from pushgo_compat.web.native.guards import check_query, login_reader
from pushgo_compat.web.native.read import READER_CODES, SINCE, find_start
from pushgo_compat.web.services import OPEN_STREAM, REQUEST_ID, SERVICES, Services
from pushgo_compat.web.streams.engine import Streams
from pushgo_compat.web.streams.history import Backlog
from pushgo_compat.web.streams.live_stream import Subscriber


@dataclass(frozen=True, slots=True, eq=False)
class NativeEncoder:
    """Server-sent events for all native streams; see ``open_stream.Encoder``."""

    services: Services

    def opened(self, now_ms: int) -> bytes:
        """A comment: proxies pass the head on with it."""
        return COMMENT

    def keepalive(self, now_ms: int) -> bytes:
        """A comment."""
        return COMMENT

    def message(self, message: StoredMessage, topic: str) -> bytes | None:
        """One ``message`` event; its id is what a client resumes after.

        None for a message past its ttl. ``topic`` is the channel's id.
        """
        fields = wire_fields(message, topic, self.services.derived_metadata)
        ttl_ms = fields.get("ttl")
        if isinstance(ttl_ms, int) and ttl_ms <= self.services.now_ms():
            return None
        message_id, data = message.message_id.encode(), orjson.dumps(fields)
        return b"event: message\nid: %b\ndata: %b\n\n" % (message_id, data)


def _show(stored: StoredMessage) -> StoredMessage | None:
    return None if stored.hidden else stored


STREAMS = web.AppKey("streams", Streams[StoredMessage])
ENCODER = web.AppKey("encoder", NativeEncoder)


def install(app: web.Application) -> None:
    """Give the application what its streams share."""
    services = app[SERVICES]
    app[ENCODER] = NativeEncoder(services)
    app[STREAMS] = Streams(
        Source.NATIVE, services, _show, services.settings.heartbeat_s
    )
    app[OPEN_STREAM] = stream_channel
    app.on_shutdown.append(_end_streams)


async def _end_streams(app: web.Application) -> None:
    """End every stream, so that a server that stops need not wait for them."""
    app[STREAMS].end()


@describes(
    Operation(
        id="stream_messages",
        summary="Listen as messages come",
        description="Server-sent events, one `message` event each, `id:` the "
        "message_id and `data:` a StoredMessage. Starts now, or resumes after "
        "`Last-Event-ID` or `since` without a gap or a repeat. A comment line every "
        "30 s.",
        login=Login.CHANNEL,
        parameters=(
            header(
                "Last-Event-ID",
                TEXT,
                "The last id that the client has seen; wins over `since`.",
            ),
            SINCE,
        ),
        answer=content(TEXT, "text/event-stream"),
        codes=("since_invalid", *READER_CODES),
    )
)
async def stream_messages(request: web.Request) -> web.StreamResponse:
    """Stream a channel from now on, or from where the client left off."""
    grant, _ = await login_reader(request)
    check_query(request, "since")
    return await stream_channel(request, grant)


async def stream_channel(request: web.Request, grant: Grant) -> web.StreamResponse:
    """Stream the channel that the caller was let into.

    Raises InvalidRequest with since_invalid.
    """
    services, encoder = request.app[SERVICES], request.app[ENCODER]
    store = services.store
    number = grant.channel.number
    topics = {number: grant.channel.channel_id}
    backlog = None
    since = request.headers.get("Last-Event-ID") or request.query.get("since")
    if since:
        start = await find_start(store, number, since)
        backlog = Backlog(store, encoder, topics, _show)
        # A time to come hides nothing that comes before it.
        from_ms = min(start.since_ms, services.now_ms())
        backlog.positions[number] = max(start.after, store.position_at(from_ms))
        backlog.accepted_from_ms = start.since_ms
    return await request.app[STREAMS].serve(
        request,
        request[REQUEST_ID],
        Subscriber(
            grants=(grant,),
            topics=topics,
            encoder=encoder,
            headers={**EVENT_STREAM_HEADERS, REQUEST_ID_HEADER: request[REQUEST_ID]},
            backlog=backlog,
        ),
    )
