"""Section 6 of the dialect page: what became of a push, by pushid and readkey.

The pushid travels as ``id``; it is a text in the send reply and a number here. Both
fields may stand in the query or, by POST, in the body.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

from adapters.serverchan.reply import Fault, json_reply, refusal, turbo_refusal
from adapters.serverchan.request import read_fields
from adapters.serverchan.routes import Generation
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    PushStatus,
    StatusQuery,
)

_MAX_PUSH_NUMBER = 2**53 - 1
"""Numbers that an earlier release gave out were made of the clock."""
_PUSH_ID = re.compile("[1-9][0-9]{0,15}")
_READ_KEY = re.compile("SCT([A-Za-z0-9]{12})")
_VENDOR_ZONE = timezone(timedelta(hours=8))
_UNKNOWN = turbo_refusal("AUTH", "错误的readkey")
_DELIVERED = '{"errcode":0,"errmsg":"ok"}'
"""A text that holds JSON. Pollers decode it a second time, and test its length."""


def read_status_query(request: LegacyRequest) -> StatusQuery:
    """Read the two numbers; one that no reply ever gave out is unknown at once."""
    if request.body_truncated and request.method == "POST":
        raise LegacyRefusal(refusal(Generation.TURBO, Fault.TOO_LARGE))
    values = read_fields(request).values
    push_id, read_key = (values.get(name, "").strip() for name in ("id", "readkey"))
    if not push_id:
        raise LegacyRefusal(turbo_refusal("INPUT", "id 不能为空"))
    if not read_key:
        raise LegacyRefusal(turbo_refusal("INPUT", "readkey 不能为空"))
    token = _READ_KEY.fullmatch(read_key)
    if not token or not _PUSH_ID.fullmatch(push_id) or int(push_id) > _MAX_PUSH_NUMBER:
        raise LegacyRefusal(_UNKNOWN)
    return StatusQuery(
        route=f"{request.method} /push",
        push_number=int(push_id),
        read_token=token[1],
    )


def status_reply(request: LegacyRequest, found: PushStatus | None) -> LegacyReply:
    """Word what was found: what is stored was accepted, and that means delivered."""
    if found is None:
        return _UNKNOWN
    query = read_status_query(request)
    message = found.message
    accepted_at = datetime.fromtimestamp(
        found.receipt.accepted_at_ms / 1000, _VENDOR_ZONE
    ).isoformat(timespec="seconds")
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
                "wxstatus": _DELIVERED,
                "created_at": accepted_at,
                "updated_at": accepted_at,
            },
        }
    )
