"""The addresses of the pages; those for people are no part of the API's description."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages import assets, start
from pushgo_compat.web.pages.access import sign_in
from pushgo_compat.web.pages.inbox import (
    app_files,
    live,
    messages,
    one_message,
    push,
)
from pushgo_compat.web.pages.operator.routes import OPERATOR

_MESSAGE = "/inbox/m/{message_id}"

SHARED = (web.get("/assets/{name}", assets.get_asset),)
"""What the pages need wherever they are."""
FOR_EVERYONE = (
    web.get("/", start.get_start),
    *SHARED,
    web.get("/manifest.webmanifest", app_files.get_manifest),
    web.get("/sw.js", app_files.get_worker),
)
INBOX = (
    web.get("/inbox", messages.get_inbox),
    web.get("/inbox/stream", live.stream_inbox, allow_head=False),
    web.get(_MESSAGE, one_message.get_message),
    web.get(f"{_MESSAGE}/card", one_message.get_card),
    web.get(f"{_MESSAGE}/pictures", one_message.get_pictures),
    web.get(f"{_MESSAGE}/delete", one_message.ask_to_delete),
    web.post(f"{_MESSAGE}/delete", one_message.delete_message),
    web.put("/inbox/webpush", push.put_subscription),
    web.delete("/inbox/webpush", push.delete_subscription),
    web.post("/inbox/test", push.send_test),
    web.post("/inbox/sign-in", sign_in.sign_in_to_inbox),
    web.post("/inbox/sign-out", sign_in.sign_out_of_inbox),
)
PAGES = (*FOR_EVERYONE, *INBOX, *OPERATOR)
