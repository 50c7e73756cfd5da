"""The templates that ntfy has built in, in words of our own.

Every one of them takes any JSON at all: what a payload lacks is left out.
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
