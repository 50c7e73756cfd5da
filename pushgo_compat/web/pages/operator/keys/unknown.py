"""Keys that nobody knows: bind one, undo it, forget them."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import AliasRequest, Refused
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.desk_page import desk_of, words_of
from pushgo_compat.web.pages.operator.keys.alias_form import (
    credentials_of,
    severity_map_of,
    tags_of,
)
from pushgo_compat.web.pages.operator.keys.keys import show_keys


@signed_in(OPERATOR)
async def bind_key(request: web.Request, _: Visit) -> web.StreamResponse:
    """Make an alias of a key that callers have shown; the key itself is not needed."""
    fields = await read_own_form(request)
    desk, unknown_id = desk_of(request), request.match_info["unknown_id"]
    try:
        key = await desk.admin.unknown.find(unknown_id)
        added = await desk.admin.add_alias(
            AliasRequest(
                dialect=key.dialect,
                channel_id=fields.get("channel", ""),
                unknown=key,
                note=fields.get("note", ""),
                tags=tags_of(fields),
                severity_map=severity_map_of(fields),
                send_only="send-only" in fields,
                require_auth="require-auth" in fields,
                credentials=credentials_of(fields),
            )
        )
    except Refused as refused:
        return await show_keys(
            request, words_of(refused), bind=unknown_id, typed=fields
        )
    desk.just_bound.keep(added.alias_id, key)
    return go(request, f"admin/keys?bound={added.alias_id}#bound")


@signed_in(OPERATOR)
async def undo_binding(request: web.Request, _: Visit) -> web.StreamResponse:
    """Take a fresh alias away again; its key is unknown as before."""
    await read_own_form(request)
    try:
        await desk_of(request).undo_binding(request.match_info["alias_id"])
    except Refused as refused:
        return await show_keys(request, words_of(refused))
    return go(request, "admin/keys")


@signed_in(OPERATOR)
async def forget_keys(request: web.Request, _: Visit) -> web.StreamResponse:
    """Forget a key, or all of one address; who still calls is listed again."""
    fields = await read_own_form(request)
    unknown = desk_of(request).admin.unknown
    wanted_id, network = fields.get("unknown", ""), fields.get("network", "")
    known = [each.unknown for each in await unknown.list()]
    await unknown.forget(
        [
            key.unknown_id
            for key in known
            if key.unknown_id == wanted_id or (network and key.network == network)
        ]
    )
    return go(request, "admin/keys")
