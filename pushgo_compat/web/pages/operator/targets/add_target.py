"""Adding a target: the kinds as a list, then one form a kind, made from its options."""

from __future__ import annotations

from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.delivery import ExtraMissing, Kind, Option, TargetRefused
from pushgo_compat.errors import RouteNotFound
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.access.own_form import read_own_form
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import go, signed_in
from pushgo_compat.web.pages.operator.desk_page import (
    Words,
    channel_of,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.services import SERVICES

_ELSEWHERE = ("bark-app", "webpush")
"""Kinds that a phone adds: by pairing, and from its inbox."""
_ORDER = ("pushgo", *_ELSEWHERE, "webhook", "ntfy", "ntfy-ios", "bark", "apprise")
_FLAG_SET = "1"


class KindLine(NamedTuple):
    """One kind as the list shows it."""

    name: str
    words: str
    """The end of its texts' keys."""
    missing_extra: str | None
    is_elsewhere: bool


class Field(NamedTuple):
    """One option as a field of the form."""

    option: Option
    words: str
    value: str


@signed_in(OPERATOR)
async def list_kinds(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the kinds, with what would have to be installed."""
    channel = await channel_of(request)
    kinds = desk_of(request).kinds
    order = {name: place for place, name in enumerate(_ORDER)}
    names = sorted(kinds, key=lambda name: order.get(name, len(order)))
    return await show(
        request,
        "targets/target_kinds.html",
        tab="channels",
        channel=channel,
        kinds=[_line(kinds[name]) for name in names],
    )


@signed_in(OPERATOR)
async def get_form(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the form of one kind."""
    channel, kind = await _named(request)
    return await _form(request, channel, kind, {})


@signed_in(OPERATOR)
async def add_target(request: web.Request, _: Visit) -> web.StreamResponse:
    """Add the target; a secret that was made for it is shown once."""
    typed = await read_own_form(request)
    channel, kind = await _named(request)
    try:
        made = (
            await desk_of(request)
            .targets()
            .add(
                kind.name,
                channel,
                {option.name: _given(option, typed) for option in kind.options},
                name=typed.get("name"),
                on_failure=typed.get("on-failure") or None,
            )
        )
    except Refused as refused:
        return await _form(request, channel, kind, typed, words_of(refused))
    if "secret" in made:
        return await show(
            request,
            "targets/target_secret.html",
            tab="channels",
            channel=channel,
            name=made["name"],
            secret=made["secret"],
        )
    return go(request, f"admin/channels/{channel.channel_id}#targets")


async def _named(request: web.Request) -> tuple[Channel, Kind]:
    channel = await channel_of(request)
    name = request.match_info["kind"]
    kind = desk_of(request).kinds.get(name)
    if kind is None or name in _ELSEWHERE:
        raise RouteNotFound
    return channel, kind


async def _form(
    request: web.Request,
    channel: Channel,
    kind: Kind,
    typed: dict[str, str],
    fault: Words | None = None,
) -> web.Response:
    store = request.app[SERVICES].store
    return await show(
        request,
        "targets/target_form.html",
        tab="channels",
        fault=fault,
        channel=channel,
        kind=_line(kind),
        fields=[_field(request, option, typed) for option in kind.options],
        name=typed.get("name", ""),
        others=await store.targets.targets(channel.number),
        on_failure=typed.get("on-failure", ""),
    )


def _field(request: web.Request, option: Option, typed: dict[str, str]) -> Field:
    """A field with what was typed, but never a secret."""
    own = ""
    if option.public_path is not None:
        own = request.app[SERVICES].callers.main_url(request) + option.public_path
    hides = option.secret or option.is_file
    value = "" if hides else typed.get(option.name, own)
    return Field(option, option.name.replace("-", "_"), value)


def _given(option: Option, typed: dict[str, str]) -> object:
    """An option's value in the shape that the command line gives it."""
    if option.is_flag:
        return typed.get(option.name) == _FLAG_SET
    text = typed.get(option.name, "").replace("\r\n", "\n").strip()
    if option.repeatable:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    return text or None


def _line(kind: Kind) -> KindLine:
    missing = None
    try:
        kind.check({}, 0)
    except ExtraMissing as needed:
        missing = needed.extra
    except TargetRefused:
        pass
    words = kind.name.replace("-", "_")
    return KindLine(kind.name, words, missing, kind.name in _ELSEWHERE)
