"""Subscribers, and the open stream that each of them gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from aiohttp import HttpVersion10, web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.auth.permits import Permit
from pushgo_compat.web.streams.framing import CHUNKED, PING, PLAIN, WEBSOCKET
from pushgo_compat.web.streams.history import Backlog
from pushgo_compat.web.streams.open_stream import Encoder, OpenStream, Shown
from pushgo_compat.web.streams.patience import Patience


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber(Generic[Shown]):
    """One subscriber: the keys that were good, and the messages that are wanted."""

    grants: Sequence[Grant]
    """One for each topic: all of them have to stand."""
    topics: Mapping[int, str]
    """Channel → the name under which its messages are shown."""
    encoder: Encoder[Shown]
    headers: Mapping[str, str]
    backlog: Backlog[Shown] | None
    """What is kept; None: only what comes from now on."""
    poll: bool = False
    """Only what is kept; then the answer ends."""
    websocket: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class LiveStream(OpenStream[Shown]):
    """An open stream that stays, and what lets it stay."""

    permits: Sequence[Permit]
    generation: int
    """The state of channels and aliases under which the permits last stood."""
    patience: Patience
    backlog: Backlog[Shown] | None
    """What has still to be read; None: nothing, or no more."""

    @classmethod
    def of(
        cls, request: web.BaseRequest, subscriber: Subscriber[Shown], now_s: float
    ) -> LiveStream[Shown]:
        """The stream on a request's connection. Raises ConnectionError if it is gone.

        ``now_s`` is the time of a clock that never goes back.
        """
        if subscriber.websocket:
            framing = WEBSOCKET
        else:
            framing = PLAIN if request.version <= HttpVersion10 else CHUNKED
        transport = request.transport
        if transport is None:
            raise ConnectionResetError
        return cls(
            transport=transport,
            encoder=subscriber.encoder,
            framing=framing,
            topics=subscriber.topics,
            permits=tuple(map(Permit.of, subscriber.grants)),
            generation=min(grant.generation for grant in subscriber.grants),
            patience=Patience(
                took_at_s=now_s, ponged_at_s=now_s if subscriber.websocket else None
            ),
            backlog=subscriber.backlog,
        )

    def keepalive(self, now_ms: int) -> bytes:
        """What shows the reader that the connection lives."""
        if self.framing is WEBSOCKET:
            return PING
        return self.framing.wrap([self.encoder.keepalive(now_ms)])
