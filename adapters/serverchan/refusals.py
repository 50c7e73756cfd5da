"""Refusals of ServerChan's that are about no send parameter, for the operator."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import RefusalText

NO_ID = "no_id"
NO_READKEY = "no_readkey"
UNKNOWN_PUSH = "unknown_push"

REFUSALS: Mapping[str, RefusalText] = {
    "no_route": RefusalText("ServerChan has no such address", "Server酱没有这个地址"),
    "no_method": RefusalText(
        "ServerChan takes GET and POST only", "Server酱只接受 GET 和 POST"
    ),
    "too_large": RefusalText("The message is too large", "消息过大"),
    NO_ID: RefusalText("The query names no push (id)", "查询里没有推送的 id"),
    NO_READKEY: RefusalText("The query has no readkey", "查询里没有 readkey"),
    UNKNOWN_PUSH: RefusalText(
        "There is no push with this id and readkey", "没有这个 id 和 readkey 的推送"
    ),
}
"""Each code and its sentence; see ``RefusalText``."""
