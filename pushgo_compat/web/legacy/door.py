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

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.calls.reasons import BY_THE_DIALECT
from pushgo_compat.core.receipts.receipts import Arrival
from pushgo_compat.core.receipts.rehearsal import Rehearsed
from pushgo_compat.errors import InternalError, NativeError
from pushgo_compat.legacy import (
    Account,
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
    claims_of,
)
from pushgo_compat.web.connection.protocol import had_long_head
from pushgo_compat.web.legacy.acting.accounts import answer_account
from pushgo_compat.web.legacy.acting.attachments import IncomingBody
from pushgo_compat.web.legacy.acting.dry_run import tell
from pushgo_compat.web.legacy.acting.kept_elsewhere import Answers
from pushgo_compat.web.legacy.acting.learn_phone import learn, phone_of
from pushgo_compat.web.legacy.acting.publish import Publishing
from pushgo_compat.web.legacy.acting.register import register
from pushgo_compat.web.legacy.acting.subscribed import open_subscribed
from pushgo_compat.web.legacy.keyring import Keyring
from pushgo_compat.web.legacy.noting.call_log import CallLog
from pushgo_compat.web.legacy.noting.refusing import Refusals
from pushgo_compat.web.legacy.outcome import Outcome, respond
from pushgo_compat.web.legacy.read_request import (
    Head,
    read_head,
    split_target,
    take_gateway_token,
)
from pushgo_compat.web.legacy.shadow.shadowing import Shadowing
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
        self._calls = CallLog(dialect, services)
        self._shadowing = (
            None if services.shadows is None else Shadowing(dialect, services.shadows)
        )
        self._publishing = Publishing(dialect, services, self._calls, self._shadowing)
        self._answers = Answers(dialect, services, self._shadowing)
        self.streams = DialectStreams(dialect.source, services)

    async def serve(
        self, request: web.BaseRequest, mount: str, prefix: str
    ) -> web.StreamResponse:
        """Answer one call that came in under a mount's prefix ("" at a root).

        ``mount`` is ``prefix``, ``port`` or ``host``.
        """
        started = time.perf_counter()
        request_id = request_id_for(request)
        head = read_head(request, prefix, self._source, self._services.callers)
        call_id = make_call_id(self._services.now_ms())
        arrival = Arrival(call_id, request_id, mount, head.client_address)
        outcome = await self._answer(request, head, prefix, arrival, started)
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
        return respond(reply, request_id, message_ids, outcome.call_id)

    async def _answer(
        self,
        web_request: web.BaseRequest,
        head: Head,
        prefix: str,
        arrival: Arrival,
        started: float,
    ) -> Outcome:
        """Take the call from step to step; every refusal is worded by the dialect.

        Raises ConnectionError when nobody is left to answer.
        """
        incoming = IncomingBody(web_request, self._services.files)
        request: LegacyRequest | None = None
        call: LegacyCall | None = None
        keyring: Keyring | None = None
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
                is_costly = self._is_costly(web_request, request)
                if is_costly:
                    request = await self._spare(request, arrival)
                call = await self._open(request, is_costly=is_costly)
            keyring = Keyring(self._services, self.dialect, request, arrival)
            outcome = await self._act(
                keyring, call, incoming, dry_run=head.dry_run, is_costly=is_costly
            )
        except ConnectionError:
            raise
        except Exception as error:
            request = request or self._freeze(
                head, b"", truncated=incoming.is_too_large
            )
            told, reply = await self._refusals.word(
                request, call, error, is_costly=is_costly
            )
            code = BY_THE_DIALECT if told is None else told.code
            self._refusals.note(
                head, call, code, reply.status, arrival.request_id, started
            )
            self._calls.refused(
                arrival, request, call, keyring, told, reply, dry_run=head.dry_run
            )
            outcome = Outcome(reply, call_id=arrival.call_id)
            if code == InternalError.code:
                fault = describe_fault(error)
                request_id = loggable_id(arrival.request_id)
                log.error("request failed", request_id=request_id, **fault)
                beside = None if head.dry_run else keyring
                return await self._beside(beside, call, outcome, accepted=False)
        if keyring is not None and keyring.has_shadow and not head.dry_run:
            outcome = await self._beside(keyring, call, outcome, accepted=not code)
        opened = None if code else call
        self._refusals.note_accepted(
            head, opened, outcome.status, arrival.request_id, started
        )
        if not head.dry_run or not isinstance(outcome.reply, LegacyReply):
            return outcome
        receipt = tell(
            self.dialect,
            request,
            arrival,
            call,
            outcome.rehearsed or Rehearsed(reply=outcome.reply),
            accepted=not code,
            base_url=self._services.callers.native_url(web_request, prefix),
            now_ms=self._services.now_ms(),
        )
        return Outcome(receipt, call_id=arrival.call_id)

    async def _beside(
        self,
        keyring: Keyring | None,
        call: LegacyCall | None,
        outcome: Outcome,
        *,
        accepted: bool,
    ) -> Outcome:
        """The outcome with the old server's answer, where it is asked beside us."""
        reply = outcome.reply
        if keyring is None or not keyring.has_shadow or self._shadowing is None:
            return outcome
        if not isinstance(reply, LegacyReply):
            return outcome
        if keyring.beside is None and isinstance(call, Publish):
            # Its shadow has begun between the opening of the key and the commit.
            late = await self._shadowing.of_call(keyring, call)
            if late is not None:
                late.begin()
                keyring.beside = late
        if keyring.beside is None:
            return outcome
        answer = await keyring.beside.settle(reply, accepted=accepted)
        return outcome._replace(reply=answer)

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

    def _is_costly(self, web_request: web.BaseRequest, request: LegacyRequest) -> bool:
        return had_long_head(web_request) or self.dialect.is_costly(request)

    async def _spare(self, request: LegacyRequest, arrival: Arrival) -> LegacyRequest:
        """A costly request, marked as sparing if none of its keys opens a channel."""
        keyring = Keyring(self._services, self.dialect, request, arrival)
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
        mount: str,
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
        now = time.perf_counter()
        self._refusals.note(head, None, error.code, reply.status, request_id, now)
        call_id = make_call_id(legacy.received_at_ms)
        arrival = Arrival(call_id, request_id, mount, head.client_address)
        self._calls.refused(arrival, legacy, None, None, error, reply)
        return respond(reply, request_id, (), call_id)

    # ------------------------------------------------------------------------- acting

    async def _act(
        self,
        keyring: Keyring,
        call: LegacyCall,
        incoming: IncomingBody,
        *,
        dry_run: bool,
        is_costly: bool,
    ) -> Outcome:
        """Do what the call asks. Raises LegacyRefusal and every NativeError."""
        services, request = self._services, keyring.request
        reply: LegacyReply | web.StreamResponse | Admitted
        rehearsed: Rehearsed | None = None
        grants: Sequence[Grant] = ()
        match call:
            case Publish():
                return await self._publishing.publish(
                    keyring,
                    call,
                    incoming,
                    dry_run=dry_run,
                    is_costly=is_costly or call.costly,
                )
            case Answer():
                reply = call.reply
            case KeyCheck():
                grants = await keyring.open_each(claims_of(call), call.access)
                reply = call.reply
                rehearsed = Rehearsed(reply=reply, notes=call.notes, grant=grants[0])
            case Register():
                return await self._register(keyring, call, dry_run)
            case Subscribe():
                grants = await open_subscribed(
                    services.unified_push, keyring, call.claims, dry_run=dry_run
                )
                reply = await self._answers.subscribe(
                    keyring, call, grants, dry_run=dry_run
                )
            case StatusQuery():
                reply = await self._answers.status(request, call, dry_run=dry_run)
            case Account():
                address = request.client_address
                reply = await answer_account(
                    services, self._source, call, address, dry_run
                )
            case Download():
                reply = await self._answers.download(request, call, dry_run=dry_run)
                if dry_run:
                    reply = LegacyReply(content_type=reply.headers["Content-Type"])
        phone = None if dry_run else phone_of(call, grants)
        return Outcome(reply, rehearsed=rehearsed, phone=phone)

    async def _register(
        self, keyring: Keyring, call: Register, dry_run: bool
    ) -> Outcome:
        """Bind a phone, and keep the call: it makes no message that tells of it."""
        done = await register(
            self._services.pairing, keyring, call, keyring.address, dry_run
        )
        if dry_run:
            return Outcome(done.reply, rehearsed=done)
        self._calls.accepted(keyring.arrival, done.notes)
        self._calls.left_no_message(keyring, call, done.reply, notes=done.notes)
        return Outcome(done.reply, call_id=keyring.arrival.call_id)
