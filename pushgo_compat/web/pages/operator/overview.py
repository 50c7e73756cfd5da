"""``/admin``: numbers that ask for the operator's attention."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.operator.desk_page import show


@signed_in(OPERATOR)
async def get_overview(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show what waits for the operator."""
    return await show(request, "overview.html", tab="overview")
