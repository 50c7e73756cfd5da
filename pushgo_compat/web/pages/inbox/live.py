"""``/inbox/stream``: ids of messages as they come, for as long as the session holds."""

from __future__ import annotations

from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.errors import AuthenticationFailed
from pushgo_compat.web.pages.access.sessions import INBOX, find_visit
from pushgo_compat.web.services import OPEN_STREAM, SERVICES


async def stream_inbox(request: web.Request) -> web.StreamResponse:
    """The channel's native stream; it ends with the password, as every stream does.

    Raises AuthenticationFailed without a session.
    """
    visit = await find_visit(request, INBOX)
    if visit is None:
        raise AuthenticationFailed
    generation = await request.app[SERVICES].store.generation()
    grant = Grant(channel=visit.inbox, generation=generation, by_password=True)
    return await request.app[OPEN_STREAM](request, grant)
