"""The named templates of ntfy, with texts of our own (docs/dialects/ntfy.md 13).

Each accepts any JSON and leaves out values that a payload does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.ntfy.templates.alertmanager import alertmanager
from adapters.ntfy.templates.github import github
from adapters.ntfy.templates.grafana import grafana
from adapters.ntfy.templates.payload import Payload, Story

NAMED: Mapping[str, Callable[[Payload], Story]] = {
    "github": github,
    "grafana": grafana,
    "alertmanager": alertmanager,
}
