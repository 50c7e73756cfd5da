"""Messages of other doors as ntfy shows them (docs/dialects/ntfy.md 13)."""

from __future__ import annotations

from adapters.ntfy.event import EventView
from adapters.ntfy.parameters import SHOWN
from pushgo_compat.model import NativeMessage, Source


def to_view(message: NativeMessage, source: Source) -> EventView:
    """The message as if it had been sent through ntfy."""
    view: EventView = {}
    for show in SHOWN:
        show(message, source, view)
    return view
