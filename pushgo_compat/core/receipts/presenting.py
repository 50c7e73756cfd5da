"""How stored messages are looked at: their dialect says what native fields do not."""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import Dialect, Presentation
from pushgo_compat.model import NativeMessage
from pushgo_compat.schemas import decode_message

_NATIVE = Presentation()


class Presenter:
    """Reads stored messages for pages."""

    def __init__(self, dialects: Sequence[Dialect]) -> None:
        self._dialects = {dialect.source: dialect for dialect in dialects}

    def read(self, stored: StoredMessage) -> tuple[NativeMessage, Presentation]:
        """The native message, and how its sender meant it to look."""
        message = decode_message(stored.payload)
        dialect = self._dialects.get(stored.source)
        if dialect is None:
            return message, _NATIVE
        view = None if stored.view is None else orjson.loads(stored.view)
        return message, dialect.present(message, view)
