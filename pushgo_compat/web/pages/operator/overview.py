"""``/admin``: numbers that ask for the operator's attention."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.web.pages.access.sessions import OPERATOR, Visit
from pushgo_compat.web.pages.access.sign_in import signed_in
from pushgo_compat.web.pages.frame import render
from pushgo_compat.web.services import SERVICES


@signed_in(OPERATOR)
async def get_overview(request: web.Request, _: Visit) -> web.StreamResponse:
    """Show what waits for the operator."""
    store = request.app[SERVICES].store
    return render(
        request,
        "operator/overview.html",
        unknown_keys=len(await store.unknown_keys()),
        channels=len(await store.channels()),
    )
