"""A refused call of a dialect: its words, its count, its line in the log."""

from __future__ import annotations

import time
from functools import partial

from pushgo_compat.errors import InternalError, NativeError, ServerBusy
from pushgo_compat.legacy import (
    Account,
    Dialect,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    claims_of,
)
from pushgo_compat.web.legacy.read_request import Head
from pushgo_compat.web.services import Services


class Refusals:
    """The refusals of one dialect's calls."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self._dialect = dialect
        self._source = dialect.source
        self._services = services

    async def word(
        self,
        request: LegacyRequest,
        call: LegacyCall | None,
        error: Exception,
        *,
        is_costly: bool,
    ) -> tuple[NativeError | None, LegacyReply]:
        """A refusal, and the dialect's words for it; None: it is the dialect's own.

        The words come from what the call knows, else from the request once more. A
        fault of ours is the last resort.
        """
        if isinstance(error, LegacyRefusal):
            return None, error.reply
        if not isinstance(error, NativeError):
            error = InternalError()
        elif isinstance(call, Publish | Account) and call.refused is not None:
            return error, call.refused(error)
        elif is_costly and not isinstance(error, ServerBusy):
            word = partial(self._dialect.refused, request, error)
            try:
                address = request.client_address
                return error, await self._services.off_loop.run(address, word)
            except ServerBusy as busy:
                error = busy
        return error, self._dialect.refused(request, error)

    def note(
        self,
        head: Head,
        call: LegacyCall | None,
        code: str,
        status: int,
        request_id: str,
        started: float,
    ) -> None:
        """Count a refusal, and leave a line for the operator.

        A dry run leaves none: it is a question.
        """
        self._services.metrics.refused(self._source, code)
        if head.dry_run:
            return
        claims = claims_of(call)
        self._services.refusals.note(
            self._source,
            route=call.route if call else head.method,
            status=status,
            code=code,
            address=head.client_address,
            request_id=request_id,
            key=claims[0].key if claims else "",
            duration_ms=(time.perf_counter() - started) * 1000,
        )

    def note_accepted(
        self,
        head: Head,
        call: LegacyCall | None,
        status: int,
        request_id: str,
        started: float,
    ) -> None:
        """Leave a line of a call that was not refused, where all calls have one."""
        if not self._services.refusals.has_all or head.dry_run or call is None:
            return
        claims = claims_of(call)
        self._services.refusals.accepted(
            self._source,
            route=call.route,
            status=status,
            address=head.client_address,
            request_id=request_id,
            key=claims[0].key if claims else "",
            duration_ms=(time.perf_counter() - started) * 1000,
        )
