"""Who is in front of a browser."""

from __future__ import annotations

from pushgo_compat.web.connection.http_call import HttpCall


def wants_page(request: HttpCall) -> bool:
    """Whether a browser asks for a page: a GET that names ``text/html`` itself.

    curl and the old clients' libraries say ``*/*`` or nothing.
    """
    if request.method != "GET" or "Accept" not in request.headers:
        return False
    ranges = request.headers["Accept"].lower().split(",")
    return any(part.partition(";")[0].strip() == "text/html" for part in ranges)
