"""The jinja2 environment of all pages and its filters.

jinja2 is imported with the first page: a gateway that nobody looks at does without.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from pushgo_compat.web.pages.content.safe_text import visible

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

_KB = 1000
MANY = 10_000
"""Counts beyond it are shown as more than it."""
_CODE = re.compile(r"`([^`]*)`")
_SLASH = re.compile(r"(?<=[\w.])/(?=\w)")


@cache
def environment() -> jinja2.Environment:
    """The templates of this package; jinja2 is imported here."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.PackageLoader("pushgo_compat.web.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["prose"] = _prose
    made.filters["breaks"] = _breaks
    made.filters["bytes"] = _size
    made.filters["utc"] = _utc
    made.filters["minute"] = _minute
    made.filters["many"] = _many
    made.filters["visible"] = visible
    return made


def _prose(text: str) -> Markup:
    """Text of the description, its `words` between backticks set as code."""
    from markupsafe import Markup, escape

    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704


def _breaks(text: str) -> Markup:
    """An address or a command that may break after a slash."""
    from markupsafe import Markup, escape

    return Markup(_SLASH.sub("/<wbr>", str(escape(text))))  # noqa: S704


def _size(count: int) -> str:
    """A number of bytes for people: ``4.1 kB``."""
    if count < _KB:
        return f"{count} B"
    size, unit = float(count), "B"
    for larger in ("kB", "MB", "GB"):
        if size >= _KB:
            size, unit = size / _KB, larger
    return f"{size:.1f} {unit}" if size < 10 else f"{size:.0f} {unit}"  # noqa: PLR2004


def _utc(unix_ms: int) -> str:
    """A time as ISO 8601 in UTC, which the script turns to the reader's zone."""
    at = datetime.fromtimestamp(unix_ms / 1000, UTC)
    return at.strftime("%Y-%m-%d %H:%M:%SZ").replace(" ", "T")


def _minute(unix_ms: int) -> str:
    """A time for people whose browser runs no script: ``2026-11-25 10:14 UTC``."""
    return datetime.fromtimestamp(unix_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _many(count: int) -> str:
    """A count for people; no page counts further than 10,000."""
    return f"{MANY:,}+" if count > MANY else f"{count:,}"
