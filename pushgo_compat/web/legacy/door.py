"""The door of one dialect: freeze the request, let the dialect read it, act, answer.

    web.Request → LegacyRequest → Dialect.open → Gate → translate → MessageService
    web.Response ← LegacyReply ← Dialect.accepted / refused ← Receipt / NativeError

The same door serves every mount: a prefix, a port or a host of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TypeVar

import structlog
from aiohttp import web
from multidict import CIMultiDict

from pushgo_compat.core.auth.authenticator import Grant
from pushgo_compat.errors import InternalError, NativeError, ServerBusy
from pushgo_compat.legacy import (
    Answer,
    Dialect,
    Download,
    KeyCheck,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    StatusQuery,
    Subscribe,
    Translation,
)
from pushgo_compat.model import Access, KeyClaim, Receipt
from pushgo_compat.web.legacy.attachments import IncomingBody, send_file
from pushgo_compat.web.legacy.dry_run import Rehearsed, rehearse, tell
from pushgo_compat.web.legacy.keyring import Keyring, Opened
from pushgo_compat.web.legacy.publish import submit
from pushgo_compat.web.legacy.read_request import (
    show_host,
    split_target,
    take_dry_run,
    take_gateway_token,
)
from pushgo_compat.web.native.edge import describe_fault, request_id_for
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.subscribers import Admitted, DialectStreams
from pushgo_compat.web.whole_answer import WholeAnswer

MESSAGE_ID_HEADER = "X-PushGo-Message-Id"
MOST_IDS_SHOWN = 64
"""Of a batch: a header of a thousand ids is more than proxies and clients take."""
REQUEST_ID_HEADER = "X-Request-Id"

T = TypeVar("T")

log = structlog.get_logger()


class DialectDoor:
    """Serves one dialect's calls."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self.dialect = dialect
        self._source = dialect.source
        self._services = services
        self._latency = services.metrics.latency[dialect.source]
        self._accepted = services.metrics.accepted[dialect.source]
        self.streams = DialectStreams(dialect.source, services)

    async def serve(self, request: web.BaseRequest, prefix: str) -> web.StreamResponse:
        """Answer one call that came in under a mount's prefix ("" at a root)."""
        started = time.perf_counter()
        request_id = request_id_for(request)
        call = _Call(self.dialect, self._services, request, prefix)
        reply: LegacyReply | web.StreamResponse | Admitted
        try:
            reply = await call.answer()
        except ConnectionError:
            raise  # nobody is left to answer
        except Exception as fault:  # the last resort
            log.error(
                "request failed",
                request_id=loggable_id(request_id),
                **describe_fault(fault),
            )
            reply = call.refuse(InternalError())
        if isinstance(reply, Admitted):
            stream = self.streams.serve(request, request_id, reply)
            # A stream stays for long: let go of what it does not need.
            del call, reply
            return await stream
        if call.refused_code is not None:
            self._services.metrics.refused(self._source, call.refused_code)
            call.log_refusal(reply.status, request_id)
        elif call.message_ids:
            self._accepted.inc(len(call.message_ids))
        self._latency.observe(time.perf_counter() - started)
        if isinstance(reply, web.StreamResponse):
            reply.headers[REQUEST_ID_HEADER] = request_id
            return reply
        return respond(reply, request_id, call.message_ids)

    def refuse_unread(
        self,
        request: web.BaseRequest,
        method: str,
        target: str,
        prefix: str,
        error: NativeError,
    ) -> web.Response:
        """Answer a call whose head could not be parsed beyond its first line."""
        path, query = split_target(target, prefix)
        legacy = LegacyRequest(
            method=method,
            path=path,
            query=query,
            received_at_ms=self._services.now_ms(),
        )
        self._services.metrics.refused(self._source, error.code)
        reply = self.dialect.refused(legacy, error)
        request_id = request_id_for(request)
        self._services.refusals.note(
            self._source,
            route=method,
            status=reply.status,
            code=error.code,
            address=self._services.callers.address(request),
            request_id=request_id,
        )
        return respond(reply, request_id, ())


class _Call:
    """One call on its way through the door."""

    def __init__(
        self,
        dialect: Dialect,
        services: Services,
        request: web.BaseRequest,
        prefix: str,
    ) -> None:
        self._dialect = dialect
        self._services = services
        self._web = request
        self._prefix = prefix
        self._request = LegacyRequest(method=request.method, path="/")
        self._body = IncomingBody(request, services.files)
        self._dry_run = False
        self._route = ""
        self._is_costly = False
        self._claims: Sequence[KeyClaim] = ()
        self._rehearsed: Rehearsed | None = None
        self.refused_code: str | None = None
        self.message_ids: list[str] = []

    async def answer(self) -> LegacyReply | web.StreamResponse | Admitted:
        """Freeze, open, act; every refusal worded by the dialect."""
        reply: LegacyReply | web.StreamResponse | Admitted
        try:
            await self._freeze()
            reply = await self._act(await self._look())
        except LegacyRefusal as refusal:
            self.refused_code = "dialect"
            reply = refusal.reply
        except NativeError as error:
            reply = await self._refuse(error)
        if self._dry_run and isinstance(reply, LegacyReply):
            return self._told(reply)
        return reply

    def _told(self, reply: LegacyReply) -> LegacyReply:
        """The receipt of a dry run, in place of the reply."""
        return tell(
            self._dialect,
            self._request,
            self._claims,
            self._rehearsed or Rehearsed(reply=reply),
            route=self._route,
            accepted=self.refused_code is None,
            base_url=self._services.callers.native_url(self._web, self._prefix),
        )

    def refuse(self, error: NativeError) -> LegacyReply:
        """Word a refusal of ours in the dialect."""
        self.refused_code = error.code
        return self._dialect.refused(self._request, error)

    def log_refusal(self, status: int, request_id: str) -> None:
        """Leave a line for the operator; a dry run is a question, not a refusal."""
        if self.refused_code is None or self._dry_run:
            return
        self._services.refusals.note(
            self._dialect.source,
            route=self._route or self._request.method,
            status=status,
            code=self.refused_code,
            address=self._services.callers.address(self._web),
            request_id=request_id,
            key=self._claims[0].key if self._claims else "",
        )

    async def _refuse(self, error: NativeError) -> LegacyReply:
        """Word a refusal, which may read a costly request once more."""
        if not self._is_costly or isinstance(error, ServerBusy):
            return self.refuse(error)
        return await self._off_loop(partial(self.refuse, error))

    async def _off_loop(self, work: Callable[[], T]) -> T:
        off_loop = self._services.off_loop
        return await off_loop.run(self._request.client_address, work)

    async def _freeze(self) -> None:
        """Make the LegacyRequest; what is the gateway's own is taken out."""
        web_request, services = self._web, self._services
        callers, settings = services.callers, services.settings
        path, query = split_target(web_request.raw_path, self._prefix)
        query, headers, self._dry_run = take_dry_run(query, web_request.headers)
        headers = show_host(headers, callers.host(web_request))
        address = callers.address(web_request)
        body, truncated = b"", self._body.is_too_large
        try:
            services.limiter.check_address(address)
            if settings.token is not None and settings.token_on_dialects:
                query, headers = take_gateway_token(query, headers, settings.token)
            if not self._body.is_too_large:
                limit = self._dialect.body_limit(web_request.method, path)
                body, truncated = await self._body.read(limit)
        finally:  # a refusal is worded from the request as well
            self._request = LegacyRequest(
                method=web_request.method,
                path=path,
                query=query,
                headers=headers,
                body=body,
                body_truncated=truncated,
                received_at_ms=services.now_ms(),
                base_url=callers.mount_url(
                    web_request, self._prefix, self._dialect.source
                ),
                client_address=address,
            )

    async def _look(self) -> LegacyCall:
        """What is asked. A file that says that it is too large is not read at all."""
        if not self._body.is_too_large:
            return await self._open()
        with suppress(LegacyRefusal):  # of a body that nobody has read
            call = self._dialect.open(self._request)
            if isinstance(call, Publish) and call.begin_upload is not None:
                return call
        limit = self._dialect.body_limit(self._request.method, self._request.path)
        body, truncated = await self._body.read(limit)
        self._request = replace(self._request, body=body, body_truncated=truncated)
        return await self._open()

    async def _open(self) -> LegacyCall:
        """Let the dialect read; what is costly off the loop, for strangers in part."""
        if not self._dialect.is_costly(self._request):
            return self._dialect.open(self._request)
        self._is_costly = True
        keyring = Keyring(self._services, self._dialect, self._request)
        shown = await self._off_loop(partial(self._dialect.shown_keys, self._request))
        if not await keyring.any_opens(shown):
            self._request = replace(self._request, sparing=True)
        return await self._off_loop(partial(self._dialect.open, self._request))

    async def _act(
        self, call: LegacyCall
    ) -> LegacyReply | web.StreamResponse | Admitted:
        self._route = call.route
        self._keyring = Keyring(self._services, self._dialect, self._request)
        match call:
            case Publish():
                self._claims = call.claims
                return await self._publish(call)
            case Answer():
                return call.reply
            case KeyCheck():
                self._claims = (call.claim, *call.others)
                await self._keyring.open_each(self._claims, call.access)
                self._rehearsed = Rehearsed(reply=call.reply, notes=call.notes)
                return call.reply
            case Subscribe():
                self._claims = call.claims
                return await self._admit(call)
            case StatusQuery():
                found = await self._services.messages.find_push(
                    call.push_number, call.read_token
                )
                return self._dialect.status(self._request, found)
            case Download():
                return await self._download(call)

    async def _admit(self, call: Subscribe) -> LegacyReply | Admitted:
        grants = await self._keyring.open_each(call.claims, Access.READ)
        if self._dry_run:
            return LegacyReply(content_type=call.encoder.content_type)
        return Admitted(call, grants)

    async def _download(self, call: Download) -> LegacyReply | web.StreamResponse:
        response = await send_file(self._services.files, call)
        if self._dry_run:
            return LegacyReply(content_type=response.headers["Content-Type"])
        return response

    # ---------------------------------------------------------------------- publish

    async def _publish(self, call: Publish) -> LegacyReply:
        opened = await self._keyring.open_all(call)
        files = self._services.files
        if call.begin_upload is None or files is None:
            translation = (
                await self._off_loop(call.translate)
                if call.costly
                else call.translate()
            )
            return await self._send(call, translation, opened)
        channel = next(one.channel.number for one in opened if isinstance(one, Grant))
        finish = call.begin_upload()
        receive = files.rehearse if self._dry_run else files.receive
        async with receive(channel, *self._body.pieces(call.file_content)) as upload:
            return await self._send(call, finish(upload), opened)

    async def _send(
        self,
        call: Publish,
        translation: Translation,
        opened: Opened,
    ) -> LegacyReply:
        if self._dry_run:
            self._rehearsed = rehearse(
                self._dialect, self._request, call, translation, opened
            )
            return self._rehearsed.reply
        results = await submit(
            self._services,
            self._dialect.source,
            self._request,
            self._keyring,
            call,
            translation,
            opened,
        )
        if not call.batch and isinstance(error := results[0], NativeError):
            raise error
        if not translation.hidden:
            self.message_ids = [r.message_id for r in results if isinstance(r, Receipt)]
        return self._dialect.accepted(self._request, call, translation, results)


def respond(
    reply: LegacyReply, request_id: str, message_ids: Sequence[str]
) -> web.Response:
    """The reply on the wire, our own ids in headers that old clients ignore."""
    headers: CIMultiDict[str] = CIMultiDict(reply.headers)
    if reply.content_type is not None:
        headers["Content-Type"] = reply.content_type
    headers[REQUEST_ID_HEADER] = request_id
    if message_ids:
        headers[MESSAGE_ID_HEADER] = ", ".join(message_ids[:MOST_IDS_SHOWN])
    return WholeAnswer(reply.status, reply.body, headers)
