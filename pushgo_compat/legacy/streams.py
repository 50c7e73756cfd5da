"""Subscriptions: where they begin, and the wire form of what they show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pushgo_compat.model import NativeMessage, Source


class Since(NamedTuple):
    """Where a subscriber wants to begin; the first that is set counts."""

    first_message_id: str | None = None
    last_message_id: str | None = None
    """After the message whose id lies between these (a short id stands for a range);
    from the beginning when there is none."""
    unix_s: int | None = None
    """From this second on."""
    latest: bool = False
    """Only the newest message of each channel."""
    beginning: bool = False
    """Everything that is kept. Nothing set at all: only what comes from now on."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class StreamMessage:
    """A message of any door, as a dialect's subscribers may be shown it."""

    message_id: str
    source: Source
    time_ms: int
    """When it became or becomes visible: acceptance, or delivery of a delayed one."""
    message: NativeMessage
    view: Mapping[str, object] | None
    """Only of the dialect's own messages."""


class StreamEncoder(Protocol):
    """The wire form of one stream.

    Two encoders that are equal encode alike: what one has encoded serves the others.
    """

    @property
    def content_type(self) -> str:
        """The whole header value."""
        ...

    def __hash__(self) -> int:
        """Equal encoders have equal hashes."""
        ...

    def opened(self, now_ms: int) -> bytes:
        """The first frame of a stream; b"" for none."""
        ...

    def keepalive(self, now_ms: int) -> bytes:
        """The frame that shows that the connection lives."""
        ...

    def is_kept(self, message: StreamMessage) -> bool:
        """Whether those who come later may see the message as well."""
        ...

    def message(self, message: StreamMessage, topic: str) -> bytes | None:
        """The frame of a message; None when this stream does not want it."""
        ...
