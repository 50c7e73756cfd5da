"""The status of a push, by pushid and readkey (docs/dialects/serverchan.md 6).

The pushid is named ``id`` here; it is a text in the reply to a send and a number in a
status. Both fields may stand in the query or, by POST, in the body.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone

from adapters.serverchan.refusals import NO_ID, NO_READKEY, UNKNOWN_PUSH
from adapters.serverchan.reply import Fault, json_reply, refuse, turbo_refusal
from adapters.serverchan.request import read_fields
from adapters.serverchan.routes import Generation
from pushgo_compat.legacy import LegacyRefusal, LegacyReply, LegacyRequest, StatusQuery
from pushgo_compat.model import Progress, PushStatus

_MAX_PUSH_NUMBER = 2**53 - 1
"""Numbers of an earlier release were made from the clock and go beyond 32 bits."""
_PUSH_ID = re.compile("[1-9][0-9]{0,15}")
_READ_KEY = re.compile("SCT([A-Za-z0-9]{12})")
_VENDOR_ZONE = timezone(timedelta(hours=8))
_UNKNOWN = turbo_refusal("AUTH", "错误的readkey")
_DELIVERED = '{"errcode":0,"errmsg":"ok"}'
"""A text that holds JSON: pollers decode it a second time, and test its length."""
_WX_STATUS: Mapping[Progress | None, str] = {
    None: _DELIVERED,
    Progress.WAITING: "",
    Progress.SENT: _DELIVERED,
    Progress.FAILED: '{"errcode":-1,"errmsg":"failed"}',
}
"""Where a channel has no targets, a push that was accepted reads as delivered. The
reason of a failure is the channel's, not the sender's."""


def read_status_query(request: LegacyRequest) -> StatusQuery:
    """Read pushid and readkey.

    Raises LegacyRefusal when one is missing, and for one that no reply can have had.
    """
    if request.body_truncated and request.method == "POST":
        raise refuse(Generation.TURBO, Fault.TOO_LARGE)
    values = read_fields(request).values
    push_id, read_key = (values.get(name, "").strip() for name in ("id", "readkey"))
    if not push_id:
        raise LegacyRefusal(turbo_refusal("INPUT", "id 不能为空"), NO_ID)
    if not read_key:
        reply = turbo_refusal("INPUT", "readkey 不能为空")
        raise LegacyRefusal(reply, NO_READKEY)
    token = _READ_KEY.fullmatch(read_key)
    if not token or not _PUSH_ID.fullmatch(push_id) or int(push_id) > _MAX_PUSH_NUMBER:
        raise LegacyRefusal(_UNKNOWN, UNKNOWN_PUSH)
    return StatusQuery(
        route=f"{request.method} /push",
        push_number=int(push_id),
        read_token=token[1],
    )


def status_reply(request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
    """Word what was found."""
    if found is None:
        return _UNKNOWN
    query = read_status_query(request)
    message = found.message
    accepted_at_ms = found.receipt.accepted_at_ms
    return json_reply(
        {
            "code": 0,
            "message": "",
            "data": {
                "id": query.push_number,
                "uid": "0",
                "title": message.title or "",
                "desp": message.ciphertext or message.body or "",
                "encoded": 1 if message.ciphertext else "",
                "readkey": f"SCT{query.read_token}",
                "wxstatus": _WX_STATUS[found.progress],
                "created_at": _vendor_time(accepted_at_ms),
                "updated_at": _vendor_time(found.updated_at_ms or accepted_at_ms),
            },
        }
    )


def _vendor_time(at_ms: int) -> str:
    at = datetime.fromtimestamp(at_ms / 1000, _VENDOR_ZONE)
    return at.isoformat(timespec="seconds")
