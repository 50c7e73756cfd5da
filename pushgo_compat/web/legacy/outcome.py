"""The outcome of a dialect's call, and the HTTP answer that it becomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web
from multidict import CIMultiDict

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.receipts.rehearsal import Rehearsed
from pushgo_compat.legacy import LegacyReply
from pushgo_compat.web.native.edge import REQUEST_ID_HEADER
from pushgo_compat.web.streams.subscribers import Admitted
from pushgo_compat.web.whole_answer import WholeAnswer

CALL_ID_HEADER = "X-PushGo-Call-Id"
MESSAGE_ID_HEADER = "X-PushGo-Message-Id"
MOST_IDS_SHOWN = 64
"""Of a batch: a header of a thousand ids is more than proxies and clients take."""


class Outcome(NamedTuple):
    """What a call came to."""

    reply: LegacyReply | web.StreamResponse | Admitted
    message_ids: Sequence[str] = ()
    """The messages that were made, as far as native readers may see them."""
    rehearsed: Rehearsed | None = None
    """Of a dry run: what would have been sent."""
    call_id: str = ""
    """Of a call that leaves a record, and of a dry run."""
    phone: tuple[Grant, str] | None = None
    """Of a phone that an upstream can wake: what its key has opened, and that key."""

    @property
    def status(self) -> int:
        """The status of the answer; a stream's is 200."""
        return 200 if isinstance(self.reply, Admitted) else self.reply.status


def respond(
    reply: LegacyReply, request_id: str, message_ids: Sequence[str], call_id: str
) -> WholeAnswer:
    """The reply on the wire, our own ids in headers that old clients ignore."""
    headers: CIMultiDict[str] = CIMultiDict(reply.headers)
    if reply.content_type is not None:
        headers["Content-Type"] = reply.content_type
    headers[REQUEST_ID_HEADER] = request_id
    if call_id:
        headers[CALL_ID_HEADER] = call_id
    if message_ids:
        headers[MESSAGE_ID_HEADER] = ", ".join(message_ids[:MOST_IDS_SHOWN])
    return WholeAnswer(reply.status, reply.body, headers)
