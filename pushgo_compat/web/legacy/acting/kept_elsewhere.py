"""What a call asks for that lies here, or with the old server that is asked beside us.

History, the state of a push, a file: old clients ask for what the old server has
numbered and given out as well (docs/shadow.md).
"""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.shadows.given import file_name, push_name
from pushgo_compat.errors import NotFound
from pushgo_compat.legacy import (
    Dialect,
    Download,
    LegacyReply,
    LegacyRequest,
    StatusQuery,
    Subscribe,
)
from pushgo_compat.web.legacy.acting.attachments import send_file
from pushgo_compat.web.legacy.keyring import Keyring
from pushgo_compat.web.legacy.shadow.shadowing import Shadowing
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.subscribers import Admitted


class Answers:
    """Answers the reading calls of one dialect."""

    def __init__(
        self, dialect: Dialect, services: Services, shadowing: Shadowing | None
    ) -> None:
        self._dialect = dialect
        self._services = services
        self._shadowing = shadowing

    async def subscribe(
        self,
        keyring: Keyring,
        call: Subscribe,
        grants: Sequence[Grant],
        *,
        dry_run: bool,
    ) -> LegacyReply | Admitted:
        """A stream of ours, or what an old server has kept since a message of its."""
        if dry_run:
            return LegacyReply(content_type=call.encoder.content_type)
        kept: LegacyReply | None = None
        if keyring.has_shadow and self._shadowing is not None:
            kept = await self._shadowing.ask_since(keyring.request, call, grants)
        return kept or Admitted(call, grants)

    async def status(
        self, request: LegacyRequest, call: StatusQuery, *, dry_run: bool
    ) -> LegacyReply:
        """What became of a message of ours, or of one that an old server numbered."""
        found = await self._services.messages.find_push(
            call.push_number, call.read_token
        )
        reply: LegacyReply | None = None
        if found is None and self._shadowing is not None and not dry_run:
            name = push_name(call.push_number)
            reply = await self._shadowing.ask_giver(request, name)
        return reply or self._dialect.status(request, found)

    async def download(
        self, request: LegacyRequest, call: Download, *, dry_run: bool
    ) -> LegacyReply | web.StreamResponse:
        """A file of ours, or one that an old server has given out. Raises NotFound."""
        try:
            return await send_file(self._services.files, call)
        except NotFound:
            if self._shadowing is None or dry_run:
                raise
            name = file_name(call.file_id)
            answer = await self._shadowing.ask_giver(request, name)
            if answer is None:
                raise
            return answer
