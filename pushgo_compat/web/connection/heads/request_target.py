"""The target of a request line: where a proxy's absolute form leads."""

from __future__ import annotations

import re

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*://([^/?#]+)")


def split_absolute(target: str) -> tuple[str, str] | None:
    """Authority and origin form of ``http://host:port/path?query``; else None.

    The authority counts whatever ``Host`` says (RFC 9112, 3.2.2). A login in it is
    dropped.
    """
    if target.startswith("/"):
        return None
    found = _ABSOLUTE.match(target)
    if found is None:
        return None
    authority = found[1].rpartition("@")[2]
    origin = target[found.end() :]
    if not authority:
        return None
    return authority, origin if origin.startswith("/") else "/" + origin
