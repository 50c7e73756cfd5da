"""Answers that need no key: health, configuration, account, pages, preflight.

See docs/dialects/ntfy.md 10.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from adapters.ntfy.errors import CORS
from adapters.ntfy.keys import RESERVED_TOPICS
from pushgo_compat.legacy import LegacyReply

_DAILY_MESSAGES = 17_280
_DAILY_EMAILS = 16
_ATTACHMENT_TOTAL_BYTES = 100 * 1024 * 1024
_ATTACHMENT_FILE_BYTES = 15 * 1024 * 1024
_ATTACHMENT_BANDWIDTH_BYTES = 500 * 1024 * 1024
_ATTACHMENT_EXPIRY_S = 10_800
_MESSAGE_EXPIRY_S = 43_200

_CONFIG: Mapping[str, object] = {
    "base_url": "",
    "app_root": "/",
    "enable_login": False,
    "require_login": False,
    "enable_signup": False,
    "enable_payments": False,
    "enable_calls": False,
    "enable_emails": False,
    "enable_email_verify": False,
    "enable_reservations": False,
    "enable_web_push": False,
    "billing_contact": "",
    "web_push_public_key": "",
    "disallowed_topics": sorted(RESERVED_TOPICS),
    "config_hash": "",
}
_VISITOR: Mapping[str, object] = {
    "limits": {
        "basis": "ip",
        "messages": _DAILY_MESSAGES,
        "messages_expiry_duration": _MESSAGE_EXPIRY_S,
        "emails": _DAILY_EMAILS,
        "calls": 0,
        "reservations": 0,
        "attachment_total_size": _ATTACHMENT_TOTAL_BYTES,
        "attachment_file_size": _ATTACHMENT_FILE_BYTES,
        "attachment_expiry_duration": _ATTACHMENT_EXPIRY_S,
        "attachment_bandwidth": _ATTACHMENT_BANDWIDTH_BYTES,
    },
    "stats": {
        "messages": 0,
        "messages_remaining": _DAILY_MESSAGES,
        "emails": 0,
        "emails_remaining": _DAILY_EMAILS,
        "calls": 0,
        "calls_remaining": 0,
        "reservations": 0,
        "reservations_remaining": 0,
        "attachment_total_size": 0,
        "attachment_total_size_remaining": _ATTACHMENT_TOTAL_BYTES,
    },
}
"""ntfy's default limits of a visitor, none of which is used up."""

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>PushGo Compat</title></head>
<body>
<h1>This address speaks ntfy</h1>
<p>Publish with POST or PUT to <code>/&lt;topic&gt;</code>, and subscribe at
<code>/&lt;topic&gt;/json</code>, exactly as with ntfy.</p>
</body>
</html>
"""


def _json_line(value: object, headers: Mapping[str, str] = CORS) -> LegacyReply:
    text = json.dumps(value, separators=(",", ":")) + "\n"
    return LegacyReply(body=text.encode(), headers=headers)


def account_reply(login: str, role: str = "user") -> LegacyReply:
    """An account. Its tokens are left out: of them only digests are kept."""
    return _json_line({"username": login, "role": role, **_VISITOR})


_NO_CACHE = {"Cache-Control": "no-cache"}
_SCRIPT = "// Made by the server\nvar config = " + json.dumps(_CONFIG, indent=2) + ";\n"

PAGE = LegacyReply(body=_PAGE.encode(), content_type="text/html; charset=utf-8")
DISCOVERY = _json_line({"unifiedpush": {"version": 1}})
DONE = _json_line({"success": True})
PERMITTED = DONE
ANONYMOUS = account_reply("*", "anonymous")
PREFLIGHT = LegacyReply(
    content_type=None,
    headers={
        **CORS,
        "Access-Control-Allow-Methods": "GET, PUT, POST, PATCH, DELETE",
        "Access-Control-Allow-Headers": "*",
    },
)

STATIC: Mapping[tuple[str, str], LegacyReply] = {
    ("GET", "/"): PAGE,
    ("HEAD", "/"): LegacyReply(content_type=None),
    ("GET", "/v1/health"): _json_line({"healthy": True}),
    ("GET", "/v1/stats"): _json_line({"messages": 0, "messages_rate": 0}),
    ("GET", "/v1/config"): _json_line(_CONFIG, {**CORS, **_NO_CACHE}),
    ("GET", "/config.js"): LegacyReply(
        body=_SCRIPT.encode(), content_type="text/javascript", headers=_NO_CACHE
    ),
    ("GET", "/_matrix/push/v1/notify"): _json_line(
        {"unifiedpush": {"gateway": "matrix"}}
    ),
}
"""Method and path → the answer."""
