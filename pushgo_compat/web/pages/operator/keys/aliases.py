"""Aliases: add one, change it, remove it."""

from __future__ import annotations

import secrets

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import AliasRequest, Refused
from pushgo_compat.core.auth.key_forms import drawn_from
from pushgo_compat.core.stores.access.aliases import Alias, AliasChange
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Severity, Source
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.content.dialect_names import dialect_names
from pushgo_compat.web.pages.operator.desk_page import (
    Words,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.pages.operator.keys.alias_form import (
    credentials_of,
    severity_map_of,
    tags_of,
)
from pushgo_compat.web.pages.operator.keys.alias_rows import alias_row
from pushgo_compat.web.pages.operator.keys.keys import dialect_of
from pushgo_compat.web.services import SERVICES

_NUMBER_BYTES = 16


# --------------------------------------------------------------------------------- new


@signed_in(OPERATOR)
async def ask_for_alias(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the form of a new alias."""
    return await _new_form(request, {})


@signed_in(OPERATOR)
async def add_alias(request: web.Request, _: Visit) -> web.StreamResponse:
    """Bind an old key, or make one of the same shape and show it once.

    A made key follows from the form's number: sent again, it is bound already.
    """
    fields = await read_own_form(request)
    admin = desk_of(request).admin
    dialect = dialect_of(request, fields.get("dialect", ""))
    if dialect is None:
        return await _new_form(request, fields, Words("aliases.no_dialect", {}))
    given = fields.get("key", "").strip()
    key = given or _made_key(request, dialect, fields.get("number", ""))
    try:
        added = await admin.add_alias(
            AliasRequest(
                dialect=dialect,
                channel_id=fields.get("channel", ""),
                key=key,
                note=fields.get("note", ""),
                tags=tags_of(fields),
                severity_map=severity_map_of(fields),
                send_only="send-only" in fields,
                require_auth="require-auth" in fields,
                credentials=credentials_of(fields),
            )
        )
    except Refused as refused:
        if refused.code == "bound" and not given:
            return await show(
                request, "keys/alias_made.html", tab="keys", key=None, hint=""
            )
        return await _new_form(request, fields, words_of(refused))
    if given:
        return go(request, f"admin/keys?bound={added.alias_id}#bound")
    return await show(
        request, "keys/alias_made.html", tab="keys", key=key, hint=added.hint
    )


def _made_key(request: web.Request, dialect: Source, number: str) -> str:
    services = request.app[SERVICES]
    digest = services.secret.derive_key(f"alias-of-a-form\0{dialect}\0{number}")
    return desk_of(request).admin.keys[dialect].make(drawn_from(digest))


async def _new_form(
    request: web.Request, typed: dict[str, str], fault: Words | None = None
) -> web.Response:
    return await show(
        request,
        "keys/alias_new.html",
        tab="keys",
        fault=fault,
        typed=typed,
        number=secrets.token_hex(_NUMBER_BYTES),
        dialects=dialect_names(request),
        channels=await request.app[SERVICES].store.channels(),
        severities=list(Severity),
    )


# ------------------------------------------------------------------------------ change


@signed_in(OPERATOR)
async def ask_to_change(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show an alias with what can be changed of it."""
    return await _change_form(request, await _named(request), None)


@signed_in(OPERATOR)
async def change_alias(request: web.Request, _: Visit) -> web.StreamResponse:
    """Change note, tags, severities and whether it only sends."""
    fields = await read_own_form(request)
    alias = await _named(request)
    change = AliasChange(
        note=fields.get("note", ""),
        tags=tuple(tags_of(fields)),
        severity_map=severity_map_of(fields),
        send_only="send-only" in fields,
    )
    try:
        await desk_of(request).admin.change_alias(alias.alias_id, change)
    except Refused as refused:
        return await _change_form(request, alias, fields, words_of(refused))
    return go(request, "admin/keys#aliases")


async def _change_form(
    request: web.Request,
    alias: Alias,
    typed: dict[str, str] | None,
    fault: Words | None = None,
) -> web.Response:
    if typed is None:
        typed = {
            "note": alias.note,
            "tags": ", ".join(alias.tags),
            **{f"severity-{old}": str(new) for old, new in alias.severity_map.items()},
            **({"send-only": "1"} if alias.send_only else {}),
        }
    return await show(
        request,
        "keys/alias_change.html",
        tab="keys",
        fault=fault,
        row=alias_row(alias, request.app[SERVICES].now_ms()),
        typed=typed,
        severities=list(Severity),
    )


# ------------------------------------------------------------------------------ remove


@signed_in(OPERATOR)
async def ask_to_remove(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say what ends with an alias."""
    alias = await _named(request)
    row = alias_row(alias, request.app[SERVICES].now_ms())
    return await show(request, "keys/alias_remove.html", tab="keys", row=row)


@signed_in(OPERATOR)
async def remove_alias(request: web.Request, _: Visit) -> web.StreamResponse:
    """Unbind a key."""
    await read_own_form(request)
    alias = await _named(request)
    await desk_of(request).admin.remove_alias(alias.alias_id)
    return go(request, "admin/keys#aliases")


@signed_in(OPERATOR)
async def get_uses(request: web.Request, _: Visit) -> web.StreamResponse:
    """How often an alias was used: changes when its next call has come."""
    alias = await _named(request)
    return web.Response(text=str(alias.use_count))


async def _named(request: web.Request) -> Alias:
    wanted = request.match_info["alias_id"]
    for alias in await request.app[SERVICES].store.aliases():
        if alias.alias_id == wanted:
            return alias
    raise RouteNotFound
