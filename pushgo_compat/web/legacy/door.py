"""The door of one dialect: read the request, let the dialect open it, act, answer.

    web.Request → Head → LegacyRequest → Dialect.open → keys → translate → submit
    web.Response ← Outcome ← LegacyReply ← Dialect.accepted / refused ← Receipt / error

The same door serves every mount: a prefix, a port or a host of its own.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

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
    fault_of,
)
from pushgo_compat.web.connection.http_call import HttpCall
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
    note_fault,
    request_id_for,
)
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams.subscribers import Admitted, DialectStreams
from pushgo_compat.web.whole_answer import WholeAnswer


@dataclass(slots=True)
class Visit:
    """One call at the door, and how far it has come."""

    call_head: HttpCall
    prefix: str
    head: Head
    arrival: Arrival
    started: float
    """When it came, on the clock of ``time.perf_counter``."""
    request: LegacyRequest | None = None
    call: LegacyCall | None = None
    keyring: Keyring | None = None
    is_costly: bool = False
    is_too_large: bool = False
    """The body is more than any file may have."""


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
        self.publishing = Publishing(dialect, services, self._calls, self._shadowing)
        self._answers = Answers(dialect, services, self._shadowing)
        self.streams = DialectStreams(dialect.source, services)

    async def serve(
        self, request: web.BaseRequest, mount: str, prefix: str
    ) -> web.StreamResponse:
        """Answer one call that came in under a mount's prefix ("" at a root).

        ``mount`` is ``prefix``, ``port`` or ``host``.
        """
        visit = self.enter(request, mount, prefix)
        incoming = IncomingBody(request, self._services.files)
        outcome = await self.settle(visit, self._handle(visit, request, incoming))
        if outcome.phone is not None:
            await learn(self._services, request, prefix, *outcome.phone)
        if isinstance(outcome.reply, Admitted):
            request_id = visit.arrival.request_id
            stream = self.streams.serve(request, request_id, outcome.reply)
            # A stream stays for long: let go of what it does not need.
            del visit, incoming, outcome
            return await stream
        if isinstance(outcome.reply, web.StreamResponse):  # a file
            self._latency.observe(time.perf_counter() - visit.started)
            outcome.reply.headers[REQUEST_ID_HEADER] = visit.arrival.request_id
            return outcome.reply
        return self.finish(visit, outcome)

    def enter(self, call: HttpCall, mount: str, prefix: str) -> Visit:
        """The beginning of a visit: its head is read, nothing is decided."""
        started = time.perf_counter()
        request_id = request_id_for(call)
        head = read_head(call, prefix, self._source, self._services.callers)
        call_id = make_call_id(self._services.now_ms())
        arrival = Arrival(call_id, request_id, mount, head.client_address)
        return Visit(call, prefix, head, arrival, started)

    def finish(self, visit: Visit, outcome: Outcome) -> WholeAnswer:
        """Count what a visit came to, and make the answer of its reply."""
        reply, message_ids = outcome.reply, outcome.message_ids
        assert isinstance(reply, LegacyReply)  # noqa: S101 - ``serve`` has the others
        if message_ids:
            self._accepted.inc(len(message_ids))
        self._latency.observe(time.perf_counter() - visit.started)
        request_id = visit.arrival.request_id
        return respond(reply, request_id, message_ids, outcome.call_id)

    async def _handle(
        self, visit: Visit, web_request: web.BaseRequest, incoming: IncomingBody
    ) -> Outcome:
        """Take the call from step to step. Raises LegacyRefusal, every NativeError."""
        visit.is_too_large = incoming.is_too_large
        visit.head = head = self._admit(visit.head)
        call: LegacyCall | None = None
        if not incoming.is_too_large:
            request = await self._read(head, incoming)
        else:
            request = self.freeze(head, b"", truncated=True)
            call = self._find_upload(request)
        visit.request = request
        if call is None:
            if incoming.is_too_large:
                visit.request = request = await self._read(head, incoming)
            visit.is_costly = self._is_costly(web_request, request)
            if visit.is_costly:
                request = await self._spare(request, visit.arrival)
                visit.request = request
            call = await self._open(request, is_costly=visit.is_costly)
        visit.call = call
        visit.keyring = Keyring(self._services, self.dialect, request, visit.arrival)
        return await self._act(
            visit.keyring,
            call,
            incoming,
            dry_run=head.dry_run,
            is_costly=visit.is_costly,
        )

    async def settle(self, visit: Visit, acting: Awaitable[Outcome]) -> Outcome:
        """What a call comes to; every refusal is worded by the dialect.

        Raises ConnectionError when nobody is left to answer.
        """
        is_refused = False
        try:
            outcome = await acting
        except ConnectionError:
            raise
        except Exception as error:
            is_refused = True
            outcome, is_fault = await self._refuse(visit, error)
            if is_fault:
                return await self._beside(visit, outcome, accepted=False)
        outcome = await self._beside(visit, outcome, accepted=not is_refused)
        if not is_refused:
            self.note_accepted(visit, outcome)
        if not visit.head.dry_run or not isinstance(outcome.reply, LegacyReply):
            return outcome
        assert visit.request is not None  # noqa: S101 - it was acted upon, or refused
        receipt = tell(
            self.dialect,
            visit.request,
            visit.arrival,
            visit.call,
            outcome.rehearsed or Rehearsed(reply=outcome.reply),
            accepted=not is_refused,
            base_url=self._services.callers.native_url(visit.call_head, visit.prefix),
            now_ms=self._services.now_ms(),
        )
        return Outcome(receipt, call_id=visit.arrival.call_id)

    def note_accepted(self, visit: Visit, outcome: Outcome) -> None:
        """Leave a line of a call that was not refused, where all calls have one."""
        self._refusals.note_accepted(
            visit.head,
            visit.call,
            outcome.status,
            visit.arrival.request_id,
            visit.started,
        )

    async def _refuse(self, visit: Visit, error: Exception) -> tuple[Outcome, bool]:
        """Word and record a refusal, and say whether it is a fault of ours."""
        head, call, arrival = visit.head, visit.call, visit.arrival
        request = visit.request
        if request is None:
            request = self.freeze(head, b"", truncated=visit.is_too_large)
            visit.request = request
        told, reply = await self._refusals.word(
            request, call, error, is_costly=visit.is_costly
        )
        code = BY_THE_DIALECT if told is None else told.code
        self._refusals.note(
            head, call, code, reply.status, arrival.request_id, visit.started
        )
        self._calls.refused(
            arrival,
            request,
            call,
            visit.keyring,
            told,
            reply,
            fault=fault_of(error),
            dry_run=head.dry_run,
        )
        is_fault = code == InternalError.code
        if is_fault:
            note_fault(arrival.request_id, error)
        return Outcome(reply, call_id=arrival.call_id), is_fault

    async def _beside(
        self, visit: Visit, outcome: Outcome, *, accepted: bool
    ) -> Outcome:
        """The outcome with the old server's answer, where it is asked beside us."""
        keyring, reply = visit.keyring, outcome.reply
        if keyring is None or not keyring.has_shadow or self._shadowing is None:
            return outcome
        if visit.head.dry_run or not isinstance(reply, LegacyReply):
            return outcome
        if keyring.beside is None and isinstance(visit.call, Publish):
            # Its shadow has begun between the opening of the key and the commit.
            late = await self._shadowing.of_call(keyring, visit.call)
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
        return self.freeze(head, body, truncated=truncated)

    def freeze(self, head: Head, body: bytes, *, truncated: bool) -> LegacyRequest:
        """The request as the dialect sees it."""
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
        legacy = self.freeze(head, b"", truncated=False)
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
                return await self.publishing.publish(
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
