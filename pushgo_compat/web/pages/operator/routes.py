"""The addresses of the operator's pages."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages.access import sign_in
from pushgo_compat.web.pages.operator import news, outbox, overview, shadow
from pushgo_compat.web.pages.operator.calls import again, call, calls
from pushgo_compat.web.pages.operator.channels import (
    channel,
    channels,
    pairing,
    ticket,
)
from pushgo_compat.web.pages.operator.keys import aliases, keys, unknown
from pushgo_compat.web.pages.operator.targets import add_target, targets

_CALL = "/admin/calls/{call_id}"
_ALIAS = "/admin/keys/aliases/{alias_id}"
_CHANNEL = "/admin/channels/{channel_id}"
_SHADOW = "/admin/shadow/{alias_id}"
_TARGET = f"{_CHANNEL}/targets/{{target_id}}"

OPERATOR = (
    web.get("/admin", overview.get_overview),
    web.post("/admin/sign-in", sign_in.sign_in_as_operator),
    web.post("/admin/sign-out", sign_in.sign_out_as_operator),
    web.get("/admin/stream", news.stream_news, allow_head=False),
    web.get("/admin/calls", calls.get_calls),
    web.get(_CALL, call.get_call),
    web.get(f"{_CALL}/translation", again.show_translation),
    web.get(f"{_CALL}/again", again.ask_to_send),
    web.post(f"{_CALL}/again", again.send_again),
    web.get("/admin/keys", keys.get_keys),
    web.post("/admin/keys/check", keys.check_key),
    web.post("/admin/keys/unknown/{unknown_id}/bind", unknown.bind_key),
    web.post("/admin/keys/forget", unknown.forget_keys),
    web.get("/admin/keys/aliases/new", aliases.ask_for_alias),
    web.post("/admin/keys/aliases", aliases.add_alias),
    web.get(_ALIAS, aliases.ask_to_change),
    web.post(_ALIAS, aliases.change_alias),
    web.get(f"{_ALIAS}/uses", aliases.get_uses),
    web.post(f"{_ALIAS}/undo", unknown.undo_binding),
    web.get(f"{_ALIAS}/remove", aliases.ask_to_remove),
    web.post(f"{_ALIAS}/remove", aliases.remove_alias),
    web.get("/admin/outbox", outbox.get_outbox),
    web.post("/admin/outbox/retry", outbox.retry),
    web.get("/admin/outbox/drop", outbox.ask_to_drop),
    web.post("/admin/outbox/drop", outbox.drop),
    web.get("/admin/shadow", shadow.get_shadows),
    web.post("/admin/shadow", shadow.start_shadow),
    web.get(_SHADOW, shadow.get_shadow),
    web.get(f"{_SHADOW}/cut-over", shadow.ask_to_cut_over),
    web.post(f"{_SHADOW}/cut-over", shadow.cut_over),
    web.get(f"{_SHADOW}/stop", shadow.ask_to_stop),
    web.post(f"{_SHADOW}/stop", shadow.stop_shadow),
    web.get("/admin/channels", channels.get_channels),
    web.post("/admin/channels", channels.create_channel),
    web.get(_CHANNEL, channel.get_channel),
    web.post(f"{_CHANNEL}/name", channel.rename_channel),
    web.get(f"{_CHANNEL}/password", channel.ask_to_rotate),
    web.post(f"{_CHANNEL}/password", channel.rotate_password),
    web.post(f"{_CHANNEL}/ticket", ticket.show_ticket),
    web.post(f"{_CHANNEL}/pair", pairing.open_window),
    web.get(f"{_CHANNEL}/pair/state", pairing.get_state),
    web.post(f"{_CHANNEL}/pair/confirm", pairing.confirm),
    web.post(f"{_CHANNEL}/pair/stop", pairing.close_window),
    web.get(f"{_CHANNEL}/add-target", add_target.list_kinds),
    web.get(f"{_CHANNEL}/add-target/{{kind}}", add_target.get_form),
    web.post(f"{_CHANNEL}/add-target/{{kind}}", add_target.add_target),
    web.post(f"{_TARGET}/test", targets.try_target),
    web.post(f"{_TARGET}/pause", targets.pause_target),
    web.post(f"{_TARGET}/resume", targets.resume_target),
    web.post(f"{_TARGET}/name", targets.rename_target),
    web.get(f"{_TARGET}/remove", targets.ask_to_remove),
    web.post(f"{_TARGET}/remove", targets.remove_target),
    web.get(f"{_CHANNEL}/delete", channel.ask_to_delete),
    web.post(f"{_CHANNEL}/delete", channel.delete_channel),
)
