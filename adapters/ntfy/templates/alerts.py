"""The group of alerts in the webhooks of Grafana and Prometheus."""

from __future__ import annotations

from collections.abc import Iterable

from adapters.ntfy.templates.payload import Payload, first_line, joined

_MAX_ALERTS = 10
"""The number of alerts with lines of their own; a message has room for about ten."""
_LINKS = ("panelURL", "dashboardURL", "generatorURL")


def alert_name(payload: Payload) -> str:
    """The name of the group's alerts, or of the first one."""
    named = [payload.at("groupLabels"), payload.at("commonLabels")]
    named += [alert.at("labels") for alert in payload.each("alerts")]
    return next(filter(None, (labels.text("alertname") for labels in named)), "")


def state_of(payload: Payload) -> str:
    """``FIRING:2`` or ``RESOLVED``: the number is that of firing alerts."""
    alerts = payload.each("alerts")
    firing = sum(alert.text("status") == "firing" for alert in alerts)
    state = payload.text("status") or ("firing" if firing else "")
    return joined(":", state.upper(), str(firing) if firing else "")


def alert_lines(payload: Payload) -> tuple[str, ...]:
    """A few lines for each alert, and the number of those left out."""
    alerts = payload.each("alerts")
    lines = [line for alert in alerts[:_MAX_ALERTS] for line in _lines_of(alert)]
    left = len(alerts) - _MAX_ALERTS
    if left > 0:
        lines.append(f"… and {left} more")
    return tuple(lines)


def _lines_of(alert: Payload) -> Iterable[str]:
    labels, annotations = alert.at("labels"), alert.at("annotations")
    summary = annotations.text("summary") or annotations.text("message")
    yield joined(
        ": ",
        joined(" ", alert.text("status").capitalize(), labels.text("instance")),
        first_line(summary or labels.text("alertname")),
    )
    yield annotations.text("description")
    yield _named("severity", labels.text("severity"))
    yield _named("values", _values(alert))
    yield _named("since", alert.text("startsAt"))
    yield next(filter(None, map(alert.text, _LINKS)), "")


def _named(name: str, text: str) -> str:
    return f"{name}: {text}" if text else ""


def _values(alert: Payload) -> str:
    return ", ".join([f"{name}={value}" for name, value in alert.pairs("values")])
