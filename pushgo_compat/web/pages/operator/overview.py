"""``/admin``: what waits for the operator, how many calls came, and this gateway."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.core.calls.stats import DialectCount, Numbers
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source
from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.content.dialect_names import dialect_names
from pushgo_compat.web.pages.operator.desk_page import desk_of, show
from pushgo_compat.web.pages.start import dialect_lines
from pushgo_compat.web.services import READINESS, SERVICES

_FIRST_LINES = 3
_TENTH_OF_A_PERCENT = 0.001


class Door(NamedTuple):
    """Calls of one dialect."""

    source: Source
    name: str
    """"" for native ones."""
    calls: DialectCount


class Listener(NamedTuple):
    """An address that this process answers."""

    name: str
    """"" for the main one."""
    address: str


@signed_in(OPERATOR)
async def get_overview(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show the numbers; where nothing waits, that nothing does."""
    services = request.app[SERVICES]
    numbers = await services.stats.read()
    names = dict(dialect_names(request))
    counts = [
        each
        for each in numbers.dialects
        if each.source in names or not each.source.number
    ]
    lines = list(dialect_lines(request))
    not_ready, durable_s = await _readiness(request)
    return await show(
        request,
        "overview.html",
        tab="overview",
        numbers=numbers,
        has_work=_has_work(numbers),
        lossy=_percent(numbers.lossy_share),
        doors=[Door(each.source, names.get(each.source, ""), each) for each in counts],
        is_quiet=not any(e.day.accepted or e.day.refused for e in counts),
        first_lines=lines[:_FIRST_LINES],
        listeners=_listeners(request),
        started_ms=desk_of(request).started_ms,
        not_ready=not_ready,
        durable_s=durable_s,
        paused=services.paused_groups(),
        proxies=services.callers.undeclared,
        to_trust=services.callers.to_trust(services.callers.undeclared),
        files=await _files(request),
    )


def _has_work(numbers: Numbers) -> bool:
    return bool(
        numbers.unknown_keys
        or numbers.deliveries_failed
        or numbers.deliveries_waiting
        or numbers.lossy_share
    )


def _percent(share: float) -> str:
    """A share for people: ``0.4 %``; a very small one is not called none."""
    if 0 < share < _TENTH_OF_A_PERCENT:
        return "< 0.1 %"
    return f"{share:.1%}".replace("%", " %").replace(".0 ", " ")


async def _readiness(request: web.Request) -> tuple[str | None, str]:
    """Why the store takes no message, or how old its last look at the disk is."""
    try:
        age_s = await request.app[READINESS].check()
    except ServerBusy as busy:
        return busy.detail or busy.code, ""
    return None, f"{age_s:.1f}"


async def _files(request: web.Request) -> tuple[int, int] | None:
    """Bytes of uploads that are kept, and the most that may be."""
    services = request.app[SERVICES]
    if services.files is None:
        return None
    use = await services.store.file_use(0)
    return use.total_bytes, services.files.total_limit_bytes


def _listeners(request: web.Request) -> Sequence[Listener]:
    found = [Listener("", request.app[SERVICES].callers.main_url(request))]
    for line in dialect_lines(request):
        found += [Listener(line.name, a) for a in (line.port, *line.hosts) if a]
    return found
