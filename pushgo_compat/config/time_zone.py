"""The system's time zone, with its rules for summer and winter."""

from __future__ import annotations

import os
from datetime import UTC, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

_LOCAL_RULES = Path("/etc/localtime")


def system_timezone() -> tzinfo:
    """The zone of ``TZ``, else the machine's own, else UTC.

    Not the offset of today: it would be wrong for times beyond the next change.
    """
    name = os.environ.get("TZ")
    try:
        if name is not None:
            # POSIX lets TZ begin with a colon; an empty TZ means UTC (tzset(3)).
            return ZoneInfo(name.removeprefix(":") or "UTC")
        with _LOCAL_RULES.open("rb") as rules:
            return ZoneInfo.from_file(rules, key="local time")
    except (OSError, ValueError, KeyError):
        return UTC
