"""An Apprise URL as far as the gateway reads it: its scheme, and what must not stay."""

from __future__ import annotations

import re
from typing import NamedTuple

from pushgo_compat.core.delivery import TargetRefused

LOCAL_SCHEMES = frozenset(
    [
        "dbus",
        "gio",
        "glib",
        "gnome",
        "growl",
        "kde",
        "macosx",
        "qt",
        "syslog",
        "windows",
    ]
)
"""They act on this machine, not on a service."""
MAX_URL_CHARS = 4096
_SCHEME = re.compile(r"([a-z][a-z0-9]{1,31})://.+", re.IGNORECASE | re.DOTALL)
_RETRY = re.compile(r"(?<=[?&])retry=[^&]*&?", re.IGNORECASE)


class AppriseUrl(NamedTuple):
    """A URL that may be tried."""

    scheme: str
    url: str


def read_url(given: str) -> AppriseUrl:
    """Check a URL; its ``retry`` goes, as repeats are the outbox's. TargetRefused."""
    found = _SCHEME.fullmatch(given)
    if found is None or len(given) > MAX_URL_CHARS or not given.isprintable():
        raise TargetRefused("--apprise-url must be a URL such as discord://…")
    scheme = found[1].lower()
    if scheme in LOCAL_SCHEMES:
        raise TargetRefused(f"{scheme}:// acts on this machine and is not allowed")
    return AppriseUrl(scheme, _RETRY.sub("", given).rstrip("?&"))
