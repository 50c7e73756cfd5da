"""Those who subscribe in an old server's way, and what they are shown."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Since, StreamMessage, Subscribe
from pushgo_compat.model import Source
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.engine import Streams
from pushgo_compat.web.streams.history import DialectBacklog, to_stream
from pushgo_compat.web.streams.live_stream import Subscriber

_NOTHING_KEPT = Since()
_HEADERS = {
    # ntfy's web app listens from wherever it was loaded.
    "Access-Control-Allow-Origin": "*",
    "Cache-Control": "no-store",
    # nginx would hold events back until its buffer is full.
    "X-Accel-Buffering": "no",
}


class Admitted(NamedTuple):
    """A subscriber whose keys are good."""

    call: Subscribe
    grants: Sequence[Grant]


class DialectStreams:
    """The open streams of one dialect."""

    def __init__(self, source: Source, services: Services) -> None:
        self._source = source
        self._services = services
        self._streams: Streams[StreamMessage] = Streams(
            source, services, self._show, services.settings.keepalive_s
        )
        self.end = self._streams.end

    def serve(
        self, request: web.BaseRequest, request_id: str, admitted: Admitted
    ) -> Awaitable[web.StreamResponse]:
        """Answer one subscriber, to the end of the stream."""
        call = admitted.call
        topics: dict[int, str] = {}
        for topic, grant in zip(call.topics, admitted.grants, strict=True):
            topics.setdefault(grant.channel.number, topic)
        headers = {**_HEADERS, REQUEST_ID_HEADER: request_id}
        if not call.websocket:
            headers["Content-Type"] = call.encoder.content_type
        backlog = None
        if call.since != _NOTHING_KEPT:
            services = self._services
            backlog = DialectBacklog(
                services.store, call, topics, self._show, services.now_ms()
            )
        return self._streams.serve(
            request,
            request_id,
            Subscriber(
                grants=admitted.grants,
                topics=topics,
                encoder=call.encoder,
                headers=headers,
                backlog=backlog,
                poll=call.poll,
                websocket=call.websocket,
            ),
        )

    def _show(self, stored: StoredMessage) -> StreamMessage | None:
        return to_stream(stored, self._source, self._services.now_ms())
