"""What a dialect refuses itself: the answer, and for the operator what was wrong."""

from __future__ import annotations

from typing import NamedTuple

from pushgo_compat.legacy.request import LegacyReply


class Fault(NamedTuple):
    """What was wrong with a request, as the journal stores it.

    No value stands here: it is found again in the masked request.
    """

    code: str = ""
    """A key of ``Dialect.refusals``; "" has no sentence but the old server's."""
    field: str = ""
    """The name of the field as the sender wrote it; "" for no field alone."""


NO_FAULT = Fault()


class RefusalText(NamedTuple):
    """What was wrong, as a sentence without a full stop.

    ``{value}`` stands for the field's value in quotes. Where no value is kept it falls
    away, with the blank before it.
    """

    en: str
    zh: str
    """The same in Simplified Chinese, without the blank."""


class LegacyRefusal(Exception):
    """Raised while reading a request that the old server would refuse itself."""

    def __init__(self, reply: LegacyReply, code: str = "", field: str = "") -> None:
        """``code`` and ``field`` are those of a ``Fault``."""
        super().__init__(reply.status)
        self.reply = reply
        self.fault = Fault(code, field)

    def name_field(self, field: str) -> None:
        """Say that it is this field that was wrong, in the sender's spelling."""
        self.fault = self.fault._replace(field=field)


def fault_of(error: Exception) -> Fault:
    """What the dialect itself refused; no fault in any other error."""
    return error.fault if isinstance(error, LegacyRefusal) else NO_FAULT
