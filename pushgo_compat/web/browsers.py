"""Who is in front of a browser."""

from __future__ import annotations

from aiohttp import web


def wants_page(request: web.BaseRequest) -> bool:
    """Whether a browser asks for a page: a GET that names ``text/html`` itself.

    curl and the old clients' libraries say ``*/*`` or nothing.
    """
    if request.method != "GET" or "Accept" not in request.headers:
        return False
    ranges = request.headers["Accept"].lower().split(",")
    return any(part.partition(";")[0].strip() == "text/html" for part in ranges)
