"""The page of one channel, which several forms lead back to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import web

from pushgo_compat.core.stores.access.pairing import PendingPhone, Window
from pushgo_compat.core.stores.targets import Target
from pushgo_compat.model import Channel
from pushgo_compat.web.pages.content.qr_code import qr_code
from pushgo_compat.web.pages.operator.desk_page import (
    COUNT_TO,
    Words,
    desk_of,
    show,
    words_of,
)
from pushgo_compat.web.pages.operator.targets.provider_words import explain
from pushgo_compat.web.pages.operator.targets.target_rows import target_rows
from pushgo_compat.web.pages.start import dialect_lines
from pushgo_compat.web.services import SERVICES

_BARK_PATH = "/bark"
_BARK_LINK = "bark://addServer?address="
"""Opens Bark's app at its form of a new server (Finb/Bark, AppDelegate)."""


class PairingCard(NamedTuple):
    """The window of this channel, while it is open."""

    window_id: str
    state: str
    left_s: int
    address: str
    """What the phone is given as its server."""
    link: str
    """The same for the phone itself, which opens Bark's app."""
    phone: PendingPhone | None
    meaning: Words | None


def pairing_state(window: Window | None, channel: Channel) -> str:
    """``closed``, ``open``, or of a phone that came ``came``, ``told``, ``fault``."""
    if window is None or window.channel.number != channel.number:
        return "closed"
    if window.phone is None:
        return "open"
    if window.phone.fault is not None:
        return "fault"
    return "told" if window.phone.is_told else "came"


async def show_channel(
    request: web.Request,
    channel: Channel,
    fault: Words | None = None,
    *,
    done: Words | None = None,
    hint: Words | None = None,
    name: str | None = None,
) -> web.StreamResponse:
    """The channel with its targets and lines; ``name`` as it was typed in vain.

    ``hint`` says more about a fault.
    """
    services = request.app[SERVICES]
    store = services.store
    aliases = await store.aliases()
    targets = await store.targets.targets(channel.number)
    window = await store.pairing.window(services.now_ms())
    card = _card(request, window, channel)
    off = desk_of(request).pairing_fault
    return await show(
        request,
        "channels/channel.html",
        tab="channels",
        fault=fault,
        hint=hint,
        done=done,
        channel=channel,
        typed_name=channel.name if name is None else name,
        lines=list(dialect_lines(request)),
        messages=await store.lanes.waiting(channel.number, b"", COUNT_TO),
        aliases=sum(alias.channel.number == channel.number for alias in aliases),
        targets=await target_rows(request, targets),
        pairing=card,
        pairing_fault=None if off is None else words_of(off),
        code=qr_code(card.address) if card and card.state == "open" else None,
        paired=_paired(request, targets),
        is_over=card is None and "over" in request.query,
    )


def _card(
    request: web.Request, window: Window | None, channel: Channel
) -> PairingCard | None:
    state = pairing_state(window, channel)
    if window is None or state == "closed":
        return None
    services = request.app[SERVICES]
    address = services.callers.main_url(request) + _BARK_PATH
    phone = window.phone
    return PairingCard(
        window_id=window.window_id,
        state=state,
        left_s=max(0, (window.ends_at_ms - services.now_ms()) // 1000),
        address=address,
        link=_BARK_LINK + quote(address, safe=""),
        phone=phone,
        meaning=explain(phone.fault) if phone is not None else None,
    )


def _paired(request: web.Request, targets: Sequence[Target]) -> Target | None:
    """The phone that was confirmed just now."""
    wanted = request.query.get("paired")
    return next((target for target in targets if target.target_id == wanted), None)
