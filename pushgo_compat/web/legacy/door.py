"""The door of one dialect: read the request, let the dialect open it, act, answer.

    web.Request → Head → LegacyRequest → Dialect.open → keys → translate → submit
    web.Response ← Outcome ← LegacyReply ← Dialect.accepted / refused ← Receipt / error

The same door serves every mount: a prefix, a port or a host of its own.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial

import structlog
from aiohttp import web

from pushgo_compat.core.auth.authenticator import Grant
from pushgo_compat.errors import InternalError, NativeError
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
    Register,
    StatusQuery,
    Subscribe,
    Translation,
    claims_of,
)
from pushgo_compat.model import Access, Receipt
from pushgo_compat.web.connection.protocol import had_long_head
from pushgo_compat.web.legacy.attachments import IncomingBody, send_file
from pushgo_compat.web.legacy.dry_run import Rehearsed, rehearse, tell
from pushgo_compat.web.legacy.keyring import Keyring, Opened
from pushgo_compat.web.legacy.learn_phone import learn, phone_of
from pushgo_compat.web.legacy.outcome import Outcome, respond
from pushgo_compat.web.legacy.publish import submit
from pushgo_compat.web.legacy.read_request import (
    Head,
    read_head,
    split_target,
    take_gateway_token,
)
from pushgo_compat.web.legacy.refusing import Refusals
from pushgo_compat.web.legacy.register import register
from pushgo_compat.web.native.edge import (
    REQUEST_ID_HEADER,
    describe_fault,
    request_id_for,
)
from pushgo_compat.web.refusal_log import loggable_id
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.subscribers import Admitted, DialectStreams

log = structlog.get_logger()


class DialectDoor:
    """Serves one dialect's calls."""

    def __init__(self, dialect: Dialect, services: Services) -> None:
        self.dialect = dialect
        self._source = dialect.source
        self._services = services
        self._latency = services.metrics.latency[dialect.source]
        self._accepted = services.metrics.accepted[dialect.source]
        self._refusals = Refusals(dialect, services)
        self.streams = DialectStreams(dialect.source, services)

    async def serve(self, request: web.BaseRequest, prefix: str) -> web.StreamResponse:
        """Answer one call that came in under a mount's prefix ("" at a root)."""
        started = time.perf_counter()
        request_id = request_id_for(request)
        head = read_head(request, prefix, self._source, self._services.callers)
        outcome = await self._answer(request, head, prefix, request_id)
        reply, message_ids = outcome.reply, outcome.message_ids
        if outcome.phone is not None:
            await learn(self._services, request, prefix, *outcome.phone)
        if isinstance(reply, Admitted):
            stream = self.streams.serve(request, request_id, reply)
            # A stream stays for long: let go of what it does not need.
            del head, reply, outcome
            return await stream
        if message_ids:
            self._accepted.inc(len(message_ids))
        self._latency.observe(time.perf_counter() - started)
        if isinstance(reply, web.StreamResponse):
            reply.headers[REQUEST_ID_HEADER] = request_id
            return reply
        return respond(reply, request_id, message_ids)

    async def _answer(
        self, web_request: web.BaseRequest, head: Head, prefix: str, request_id: str
    ) -> Outcome:
        """Take the call from step to step; every refusal is worded by the dialect.

        Raises ConnectionError when nobody is left to answer.
        """
        incoming = IncomingBody(web_request, self._services.files)
        request: LegacyRequest | None = None
        call: LegacyCall | None = None
        is_costly = False
        code = ""
        try:
            head = self._admit(head)
            if not incoming.is_too_large:
                request = await self._read(head, incoming)
            else:
                request = self._freeze(head, b"", truncated=True)
                call = self._find_upload(request)
            if call is None:
                if incoming.is_too_large:
                    request = await self._read(head, incoming)
                is_costly = had_long_head(web_request) or self.dialect.is_costly(
                    request
                )
                if is_costly:
                    request = await self._spare(request)
                call = await self._open(request, is_costly=is_costly)
            outcome = await self._act(
                request, call, incoming, dry_run=head.dry_run, is_costly=is_costly
            )
        except ConnectionError:
            raise
        except Exception as error:
            if request is None:
                request = self._freeze(head, b"", truncated=incoming.is_too_large)
            code, reply = await self._refusals.word(
                request, call, error, is_costly=is_costly
            )
            self._refusals.note(head, call, code, reply.status, request_id)
            outcome = Outcome(reply)
            if code == InternalError.code:
                fault = describe_fault(error)
                log.error("request failed", request_id=loggable_id(request_id), **fault)
                return outcome
        if not head.dry_run or not isinstance(outcome.reply, LegacyReply):
            return outcome
        told = tell(
            self.dialect,
            request,
            claims_of(call),
            outcome.rehearsed or Rehearsed(reply=outcome.reply),
            route=call.route if call else "",
            accepted=not code,
            base_url=self._services.callers.native_url(web_request, prefix),
        )
        return Outcome(told)

    # ------------------------------------------------------------------------ reading

    def _admit(self, head: Head) -> Head:
        """The head without the gateway's own token. Raises RateLimited.

        Raises AuthenticationFailed where the token is asked for and is not right.
        """
        settings = self._services.settings
        self._services.limiter.check_address(head.client_address)
        if settings.token is None or not settings.token_on_dialects:
            return head
        query, headers = take_gateway_token(head.query, head.headers, settings.token)
        return head._replace(query=query, headers=headers)

    async def _read(self, head: Head, incoming: IncomingBody) -> LegacyRequest:
        limit = self.dialect.body_limit(head.method, head.path)
        body, truncated = await incoming.read(limit)
        return self._freeze(head, body, truncated=truncated)

    def _freeze(self, head: Head, body: bytes, *, truncated: bool) -> LegacyRequest:
        return LegacyRequest(
            method=head.method,
            path=head.path,
            query=head.query,
            headers=head.headers,
            body=body,
            body_truncated=truncated,
            received_at_ms=self._services.now_ms(),
            base_url=head.base_url,
            client_address=head.client_address,
        )

    def _find_upload(self, request: LegacyRequest) -> Publish | None:
        """An upload that says in its head that it is too large: none of it is read."""
        with suppress(LegacyRefusal):  # of a body that nobody has read
            call = self.dialect.open(request)
            if isinstance(call, Publish) and call.begin_upload is not None:
                return call
        return None

    async def _spare(self, request: LegacyRequest) -> LegacyRequest:
        """A costly request, marked as sparing if none of its keys opens a channel."""
        keyring = Keyring(self._services, self.dialect, request)
        shown = await self._services.off_loop.run(
            request.client_address, partial(self.dialect.shown_keys, request)
        )
        if await keyring.any_opens(shown):
            return request
        return replace(request, sparing=True)

    async def _open(self, request: LegacyRequest, *, is_costly: bool) -> LegacyCall:
        if not is_costly:
            return self.dialect.open(request)
        return await self._services.off_loop.run(
            request.client_address, partial(self.dialect.open, request)
        )

    # ----------------------------------------------------------------------- refusing

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
        head = Head(
            method=method,
            path=path,
            query=query,
            client_address=self._services.callers.address(request),
        )
        legacy = self._freeze(head, b"", truncated=False)
        reply = self.dialect.refused(legacy, error)
        request_id = request_id_for(request)
        self._refusals.note(head, None, error.code, reply.status, request_id)
        return respond(reply, request_id, ())

    # ------------------------------------------------------------------------- acting

    async def _act(
        self,
        request: LegacyRequest,
        call: LegacyCall,
        incoming: IncomingBody,
        *,
        dry_run: bool,
        is_costly: bool,
    ) -> Outcome:
        """Do what the call asks. Raises LegacyRefusal and every NativeError."""
        services = self._services
        reply: LegacyReply | web.StreamResponse | Admitted
        rehearsed: Rehearsed | None = None
        grants: Sequence[Grant] = ()
        match call:
            case Publish():
                return await self._publish(
                    request,
                    call,
                    incoming,
                    dry_run=dry_run,
                    is_costly=is_costly or call.costly,
                )
            case Answer():
                reply = call.reply
            case KeyCheck():
                keyring = Keyring(services, self.dialect, request)
                grants = await keyring.open_each(claims_of(call), call.access)
                reply = call.reply
                rehearsed = Rehearsed(reply=reply, notes=call.notes)
            case Register():
                keyring = Keyring(services, self.dialect, request)
                rehearsed = await register(services.pairing, keyring, call, dry_run)
                reply = rehearsed.reply
            case Subscribe():
                keyring = Keyring(services, self.dialect, request)
                grants = await keyring.open_each(call.claims, Access.READ)
                reply = Admitted(call, grants)
                if dry_run:
                    reply = LegacyReply(content_type=call.encoder.content_type)
            case StatusQuery():
                found = await services.messages.find_push(
                    call.push_number, call.read_token
                )
                reply = self.dialect.status(request, found)
            case Download():
                reply = await send_file(services.files, call)
                if dry_run:
                    reply = LegacyReply(content_type=reply.headers["Content-Type"])
        phone = None if dry_run else phone_of(call, grants)
        return Outcome(reply, rehearsed=rehearsed, phone=phone)

    async def _publish(
        self,
        request: LegacyRequest,
        call: Publish,
        incoming: IncomingBody,
        *,
        dry_run: bool,
        is_costly: bool,
    ) -> Outcome:
        """Open the keys, translate, send. An upload is stored before it is sent."""
        keyring = Keyring(self._services, self.dialect, request)
        opened = await keyring.open_all(call)
        send = self._rehearse if dry_run else self._send
        files = self._services.files
        if call.begin_upload is None or files is None:
            if is_costly:
                address = request.client_address
                run = self._services.off_loop.run
                translation = await run(address, call.translate)
            else:
                translation = call.translate()
            return await send(keyring, call, translation, opened)
        channel = next(one.channel.number for one in opened if isinstance(one, Grant))
        finish = call.begin_upload()
        receive = files.rehearse if dry_run else files.receive
        async with receive(channel, *incoming.pieces(call.file_content)) as upload:
            return await send(keyring, call, finish(upload), opened)

    async def _rehearse(
        self, keyring: Keyring, call: Publish, translation: Translation, opened: Opened
    ) -> Outcome:
        rehearsed = rehearse(self.dialect, keyring.request, call, translation, opened)
        return Outcome(rehearsed.reply, rehearsed=rehearsed)

    async def _send(
        self, keyring: Keyring, call: Publish, translation: Translation, opened: Opened
    ) -> Outcome:
        results = await submit(self._services, keyring, call, translation, opened)
        if not call.batch and isinstance(error := results[0], NativeError):
            raise error
        shown: list[str] = []
        if not translation.hidden:
            shown = [r.message_id for r in results if isinstance(r, Receipt)]
        reply = self.dialect.accepted(keyring.request, call, translation, results)
        return Outcome(reply, shown)
