"""The addresses of the operator's pages."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages.access import sign_in
from pushgo_compat.web.pages.operator import channel, channels, overview, ticket

_CHANNEL = "/admin/channels/{channel_id}"

OPERATOR = (
    web.get("/admin", overview.get_overview),
    web.post("/admin/sign-in", sign_in.sign_in_as_operator),
    web.post("/admin/sign-out", sign_in.sign_out_as_operator),
    web.get("/admin/channels", channels.get_channels),
    web.post("/admin/channels", channels.create_channel),
    web.get(_CHANNEL, channel.get_channel),
    web.post(f"{_CHANNEL}/name", channel.rename_channel),
    web.get(f"{_CHANNEL}/password", channel.ask_to_rotate),
    web.post(f"{_CHANNEL}/password", channel.rotate_password),
    web.post(f"{_CHANNEL}/ticket", ticket.show_ticket),
    web.get(f"{_CHANNEL}/delete", channel.ask_to_delete),
    web.post(f"{_CHANNEL}/delete", channel.delete_channel),
)
