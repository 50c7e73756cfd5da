"""Grafana's webhooks: unified alerting, and the legacy alerts before version 9."""

from __future__ import annotations

from adapters.ntfy.templates.alerts import alert_lines, alert_name, state_of
from adapters.ntfy.templates.payload import Payload, Story, joined


def grafana(payload: Payload) -> Story:
    """Grafana's own title, which has the state, and its own message.

    Users write both in Grafana. Without a message it is made of the alerts.
    """
    message = payload.text("message")
    lines = (message,) if message else alert_lines(payload)
    return Story(
        _title(payload),
        (
            *lines,
            *(_match_line(match) for match in payload.each("evalMatches")),
            payload.text("ruleUrl") or ("" if message else payload.text("externalURL")),
        ),
    )


def _title(payload: Payload) -> str:
    title = payload.text("title")
    state = payload.text("status") or payload.text("state")
    if not title:
        name = payload.text("ruleName") or alert_name(payload) or "Grafana alert"
        state = state_of(payload) or state
    elif state.lower() in title.lower():
        return title
    else:
        name = title
    return joined(" ", f"[{state.upper()}]" if state else "", name)


def _match_line(match: Payload) -> str:
    """One series that matched a legacy alert rule."""
    return joined(": ", match.text("metric"), match.text("value"))
