"""What goes to an old server, and what comes back."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.stores.old_calls.shadows import Shadow

SHADOW_HEADER = "X-PushGo-Shadow"
"""Names the stores that a copy comes from: a copy that names our own is an echo."""
MAX_ANSWER_BYTES = 1024 * 1024
"""Of a longer answer nothing is handed on."""

_NO_HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict())


class Copy(NamedTuple):
    """A request for an old server, our own secrets taken out."""

    method: str
    path: str
    """Below the root, undecoded, with a leading slash."""
    query: str
    headers: CIMultiDict[str]
    """Without those that belong to a connection."""
    body: bytes | Path
    host_label: str = ""
    """Goes before the old server's host: ServerChan's keys may stand there."""


class Answer(NamedTuple):
    """An answer of either server."""

    status: int
    body: bytes
    headers: CIMultiDictProxy[str] = _NO_HEADERS
    ms: int = 0
    """How long it took."""


class NoAnswer(NamedTuple):
    """The old server has not answered, or with more than can be handed on."""

    reason: str


class AsksOldServers(Protocol):
    """The way to the old servers."""

    async def ask(self, shadow: Shadow, copy: Copy) -> Answer | NoAnswer:
        """Send a copy. It ends after ``GIVES_UP_AFTER_S`` at the latest."""
        ...
