"""``/inbox/stream``: ids of messages as they come, for as long as the session holds."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.errors import AuthenticationFailed
from pushgo_compat.web.pages.access.sessions import INBOX, find_visit, grant_of
from pushgo_compat.web.services import OPEN_STREAM


async def stream_inbox(request: web.Request) -> web.StreamResponse:
    """The channel's native stream; it ends with the password, as every stream does.

    Raises AuthenticationFailed without a session.
    """
    visit = await find_visit(request, INBOX)
    if visit is None:
        raise AuthenticationFailed
    return await request.app[OPEN_STREAM](request, await grant_of(request, visit))
