"""Log lines of one thread: servers of other tests may write at any moment."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from structlog.testing import capture_logs
from structlog.typing import EventDict


@contextmanager
def log_of(thread: threading.Thread | None = None) -> Iterator[list[EventDict]]:
    """What this thread logs, or the one of a server under test (``Gateway.thread``)."""
    wanted = thread or threading.current_thread()

    def drop_others(logger: object, method: str, event: EventDict) -> EventDict:
        if threading.current_thread() is not wanted:
            raise structlog.DropEvent
        return event

    with capture_logs(processors=[drop_others]) as lines:
        yield lines
