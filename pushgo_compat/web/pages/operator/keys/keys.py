"""``/admin/keys``: whose is a key, keys that nobody knows, and aliases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.key_check import KeyFound
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Severity, Source
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.content.dialect_names import dialect_names
from pushgo_compat.web.pages.operator.desk_page import PAGE, Words, desk_of, show
from pushgo_compat.web.pages.operator.keys.alias_rows import AliasRow, alias_row
from pushgo_compat.web.services import SERVICES

MOST_OF_ONE = 20
"""Unknown keys of one address that are shown one by one; more are a flood."""
_FILTER_FROM = 100
"""With so many unknown keys they can be filtered by dialect."""


class Flood(NamedTuple):
    """Many keys of one address, shown as one."""

    network: str
    size: int


class Card(NamedTuple):
    """One key that nobody knows."""

    key: UnknownKey
    is_open: bool
    """Whether its form is shown."""
    note: str
    """The first word of its client, as a note for the alias."""
    logs_in: bool
    is_guessable: bool


@signed_in(OPERATOR)
async def get_keys(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the keys; with ``?bind=ID`` the form of one of them."""
    return await show_keys(request, bind=request.query.get("bind", ""))


@signed_in(OPERATOR)
async def check_key(request: web.Request, _: Visit) -> web.StreamResponse:
    """Say whose a key is. It is in no address, and is not shown again."""
    fields = await read_own_form(request)
    found = await request.app[SERVICES].key_check.find(fields.get("key", ""))
    return await show_keys(request, found=found)


async def show_keys(
    request: web.Request,
    fault: Words | None = None,
    *,
    bind: str = "",
    typed: dict[str, str] | None = None,
    found: KeyFound | None = None,
) -> web.Response:
    """The page; ``typed`` is the form of ``bind`` as it was sent in vain."""
    services, admin = request.app[SERVICES], desk_of(request).admin
    unknown = [each.unknown for each in await admin.unknown.list()]
    asked = request.query.get("dialect", "")
    chosen = [key for key in unknown if asked in ("", key.dialect)]
    single, floods = _parted(chosen, bind)
    cards = _page(single, request.query.get("after", ""))
    aliases = await services.store.aliases()
    rows = _page_of_aliases(aliases, request.query.get("alias_after", ""))
    now_ms = services.now_ms()
    return await show(
        request,
        "keys/keys.html",
        tab="keys",
        fault=fault,
        found=found,
        found_alias=_found_alias(found, aliases, now_ms),
        dialects=dialect_names(request),
        asked_dialect=asked,
        has_filter=len(unknown) > _FILTER_FROM or bool(asked),
        cards=[_card(request, key, bind) for key in cards],
        more=cards[-1].unknown_id if cards and cards[-1] is not single[-1] else None,
        floods=floods,
        channels=await services.store.channels(),
        typed=typed or {},
        severities=list(Severity),
        bound=_bound(request, aliases, now_ms),
        aliases=[alias_row(alias, now_ms) for alias in rows],
        more_aliases=rows[-1].alias_id
        if rows and rows[-1] is not aliases[-1]
        else None,
    )


def _parted(
    keys: Sequence[UnknownKey], opened: str
) -> tuple[list[UnknownKey], list[Flood]]:
    """The keys that are shown one by one, and the addresses that sent too many."""
    counts = Counter(key.network for key in keys)
    many = {name for name, count in counts.items() if name and count > MOST_OF_ONE}
    single = [
        key for key in keys if key.network not in many or key.unknown_id == opened
    ]
    return single, [Flood(name, counts[name]) for name in counts if name in many]


def _page(keys: Sequence[UnknownKey], after: str) -> Sequence[UnknownKey]:
    begin = next((n + 1 for n, key in enumerate(keys) if key.unknown_id == after), 0)
    return keys[begin : begin + PAGE]


def _page_of_aliases(aliases: Sequence[Alias], after: str) -> Sequence[Alias]:
    begin = next((n + 1 for n, one in enumerate(aliases) if one.alias_id == after), 0)
    return aliases[begin : begin + PAGE]


def _card(request: web.Request, key: UnknownKey, bind: str) -> Card:
    traits = desk_of(request).admin.keys.get(key.dialect)
    return Card(
        key=key,
        is_open=key.unknown_id == bind,
        note=key.client.partition("/")[0].strip(),
        logs_in=traits is not None and traits.logs_in,
        is_guessable=traits is not None and 0 < key.key_length < traits.guessable_below,
    )


def _bound(
    request: web.Request, aliases: Iterable[Alias], now_ms: int
) -> AliasRow | None:
    """The alias that was made just now."""
    wanted = request.query.get("bound", "")
    for alias in aliases:
        if alias.alias_id == wanted:
            return alias_row(alias, now_ms)
    return None


def _found_alias(
    found: KeyFound | None, aliases: Iterable[Alias], now_ms: int
) -> AliasRow | None:
    if found is None or found.alias_id is None:
        return None
    for alias in aliases:
        if alias.alias_id == found.alias_id:
            return alias_row(alias, now_ms)
    return None


def dialect_of(request: web.Request, name: str) -> Source | None:
    """A dialect that a form names; None for what is none."""
    known = desk_of(request).admin.keys
    return next((source for source in known if source == name), None)
