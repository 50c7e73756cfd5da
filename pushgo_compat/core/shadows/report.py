"""The figures of a shadow in words, and whether it is safe to cut over."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import orjson

from pushgo_compat.core.stores.old_calls.shadows import CallTimes, Figures, Shadow

Document = dict[str, object]

MIN_CALLS = 100
MIN_HOURS = 24
QUIET_MS = 24 * 3_600_000
"""For so long no route and no client may be new."""
LAST_CALLS = 50
"""Of so many calls the latest, no difference may be visible to the client."""
_MS_AN_HOUR = 3_600_000
MEDIAN, P99 = 0.5, 0.99


class Check(NamedTuple):
    """One point that has to be true before it is safe to cut over."""

    name: str
    about: Mapping[str, object]
    """Its numbers."""
    why: Sequence[str]
    """What is missing; nothing: it is true."""


def checks(figures: Figures, now_ms: int) -> list[Check]:
    """All points. Only calls that both servers answered count."""
    compared, hours = figures.compared, _hours(figures)
    new = [
        f"new {what} in the last {QUIET_MS // _MS_AN_HOUR} hours: {name or 'unnamed'}"
        for what, name in _new(figures, now_ms - QUIET_MS)
    ]
    latest = figures.latest[:LAST_CALLS]
    visible, of = sum(call.visible for call in latest), len(latest)
    return [
        Check(
            "calls",
            {"n": compared, "least": MIN_CALLS},
            _unless(compared >= MIN_CALLS, f"{compared} of {MIN_CALLS} calls compared"),
        ),
        Check(
            "hours",
            {"n": f"{hours:.1f}", "least": MIN_HOURS},
            _unless(hours >= MIN_HOURS, f"calls of {hours:.1f} of {MIN_HOURS} hours"),
        ),
        Check("quiet", {"n": len(new)}, new),
        Check(
            "ours_failed",
            {"n": figures.ours_failed},
            _unless(
                not figures.ours_failed, f"{figures.ours_failed} calls failed here"
            ),
        ),
        Check(
            "visible",
            {"n": visible, "of": of},
            _unless(
                not visible,
                f"{visible} of the last {of} calls differ in what the client reads",
            ),
        ),
    ]


def missing(figures: Figures, now_ms: int) -> list[str]:
    """What is missing until it is safe to cut over; nothing: it is safe."""
    return [why for check in checks(figures, now_ms) for why in check.why]


def _unless(is_true: bool, why: str) -> list[str]:
    return [] if is_true else [why]


def _hours(figures: Figures) -> float:
    """From the first call to the last."""
    return ((figures.last_ms or 0) - (figures.first_ms or 0)) / _MS_AN_HOUR


def _new(figures: Figures, since_ms: int) -> list[tuple[str, str]]:
    routes: dict[str, int] = {}
    clients: dict[str, int] = {}
    for route, client, first_ms in figures.seen:
        routes[route] = min(first_ms, routes.get(route, first_ms))
        clients[client] = min(first_ms, clients.get(client, first_ms))
    return [("route", name) for name, ms in routes.items() if ms > since_ms] + [
        ("client", name) for name, ms in clients.items() if ms > since_ms
    ]


def describe(shadow: Shadow, figures: Figures, now_ms: int) -> Document:
    """One shadow as ``shadow status`` shows it."""
    why = missing(figures, now_ms)
    return {
        "alias_id": shadow.alias_id,
        "phase": str(shadow.phase),
        "old_url": shadow.old_url,
        "calls": figures.calls,
        "compared": figures.compared,
        "differ": figures.differ,
        "client_visible": figures.client_visible,
        "old_failed": figures.old_failed,
        "ours_failed": figures.ours_failed,
        "safe": not why,
        "why": why,
        "median_ms": times(figures.latest, MEDIAN),
        "p99_ms": times(figures.latest, P99),
        "differences": [
            {
                "kind": each.kind,
                "count": each.times,
                "route": each.route,
                "client": each.client,
                "old": orjson.loads(each.old),
                "ours": orjson.loads(each.ours),
            }
            for each in figures.differences
        ],
    }


def times(calls: Sequence[CallTimes], share: float) -> Mapping[str, int | None]:
    """The time within which this share of the latest calls was answered."""
    if not calls:
        return {"old": None, "ours": None}
    place = math.ceil(share * len(calls)) - 1
    return {
        "old": sorted(call.old_ms for call in calls)[place],
        "ours": sorted(call.ours_ms for call in calls)[place],
    }
