"""The addresses of the pages; those for people are no part of the API's description."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages import assets, start
from pushgo_compat.web.pages.access import sign_in
from pushgo_compat.web.pages.inbox import messages
from pushgo_compat.web.pages.operator import overview

FOR_EVERYONE = (
    web.get("/", start.get_start),
    web.get("/assets/{name}", assets.get_asset),
)
INBOX = (
    web.get("/inbox", messages.get_inbox),
    web.post("/inbox/sign-in", sign_in.sign_in_to_inbox),
    web.post("/inbox/sign-out", sign_in.sign_out_of_inbox),
)
OPERATOR = (
    web.get("/admin", overview.get_overview),
    web.post("/admin/sign-in", sign_in.sign_in_as_operator),
    web.post("/admin/sign-out", sign_in.sign_out_as_operator),
)
PAGES = (*FOR_EVERYONE, *INBOX, *OPERATOR)
