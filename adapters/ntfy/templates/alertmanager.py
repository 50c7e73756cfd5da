"""The webhook of Prometheus' Alertmanager."""

from __future__ import annotations

from adapters.ntfy.templates.alerts import alert_lines, alert_name, state_of
from adapters.ntfy.templates.payload import Payload, Story, joined


def alertmanager(payload: Payload) -> Story:
    """``[FIRING:1] InstanceDown``, then the alerts of the group."""
    state = state_of(payload)
    title = joined(" ", f"[{state}]" if state else "", alert_name(payload) or "Alert")
    return Story(title, (*alert_lines(payload), payload.text("externalURL")))
