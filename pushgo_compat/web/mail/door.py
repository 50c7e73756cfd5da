"""The door of e-mail: open a receiver's key, read the mail, submit, answer.

RCPT → MailDialect.recipient → claim → gate
DATA → MailDialect.read → Translation → submit → 250 once it is on the disk
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple
from urllib.parse import quote

import structlog
from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import make_call_id
from pushgo_compat.core.calls.reasons import BY_THE_DIALECT
from pushgo_compat.core.messages import Recipient
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import Arrival, record_call
from pushgo_compat.errors import InternalError, NativeError, RequestTooLarge, ServerBusy
from pushgo_compat.legacy import (
    Dialect,
    Fault,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Letter,
    MailDialect,
    Publish,
    Translation,
    fault_of,
)
from pushgo_compat.model import KeyClaim, Receipt
from pushgo_compat.web.legacy.keyring import Keyring
from pushgo_compat.web.legacy.noting.call_log import CallLog
from pushgo_compat.web.legacy.read_request import take_dry_run, take_gateway_token
from pushgo_compat.web.native.edge import describe_fault, fresh_request_id
from pushgo_compat.web.services import Services
from pushgo_compat.web.via import read_via

METHOD = "MAIL"
MOUNT = "smtp"
_QUICK_BYTES = 8_192
"""A mail up to this size is read in the loop, a longer one beside it."""
_RECEIVED = LegacyReply(status=250, body=b"2.1.5 OK", content_type=None)
_REHEARSED = LegacyReply(
    status=250, body=b"2.0.0 OK: dry run, nothing was sent", content_type=None
)

log = structlog.get_logger()


class Caller(NamedTuple):
    """The client at the other end of a connection."""

    address: str
    name: str
    """The name that the client gave in HELO or EHLO."""
    authorization: str | None
    """The login of AUTH, as the value of ``Authorization``; None without one."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver of a mail whose key has opened a channel."""

    keyring: Keyring
    claim: KeyClaim
    grant: Grant

    @property
    def request(self) -> LegacyRequest:
        """The call, as far as it is known before the mail."""
        return self.keyring.request


class MailDoor:
    """Serves one dialect's mail."""

    def __init__(
        self,
        mail: MailDialect,
        dialect: Dialect,
        services: Services,
        base_url: str | None,
    ) -> None:
        """``base_url``: the dialect's own public address, for links to files."""
        self._mail = mail
        self._dialect = dialect
        self._services = services
        self._base_url = base_url
        self._accepted = services.metrics.accepted[mail.source]
        self._latency = services.metrics.latency[mail.source]
        self._calls = CallLog(dialect, services)

    @property
    def domain(self) -> str:
        """The domain of its addresses, under which it greets."""
        return self._mail.domain

    def dropped(self, reason: str) -> None:
        """Count a connection that was dropped; ``reason`` is a fixed word."""
        self._services.metrics.dropped_connection(reason)

    # ---------------------------------------------------------------------- receivers

    async def admit(
        self, caller: Caller, address: str
    ) -> tuple[Receiver | None, LegacyReply]:
        """Open the key in a receiver's address; None where it opens nothing."""
        services = self._services
        at_ms = services.now_ms()
        call_id = make_call_id(at_ms)
        arrival = Arrival(call_id, fresh_request_id(), MOUNT, caller.address)
        request = LegacyRequest(
            method=METHOD,
            path="/",
            received_at_ms=at_ms,
            base_url=self._base_url or "",
            client_address=caller.address,
        )
        call: Publish | None = None
        try:
            services.limiter.check_address(caller.address)
            request = self._address(request, caller, address)
            claim = self._mail.claim(request)
            call = self._call(claim)
            keyring = Keyring(services, self._dialect, request, arrival)
            grant = await keyring.open(claim)
        except Exception as error:
            told, reply = self._word(error, arrival)
            self._keep_refusal(
                arrival, request, call, None, told, reply, fault_of(error)
            )
            return None, reply
        return Receiver(keyring, claim, grant), _RECEIVED

    def _call(self, claim: KeyClaim) -> Publish:
        """A receiver's call before its mail is known; it is never translated."""
        return Publish(route=self._mail.route, claims=(claim,), translate=_unread)

    def _address(
        self, request: LegacyRequest, caller: Caller, address: str
    ) -> LegacyRequest:
        """The call of one receiver. Raises LegacyRefusal, AuthenticationFailed."""
        to = self._mail.recipient(address)
        headers: CIMultiDict[str] = CIMultiDict()
        if caller.name:
            headers["User-Agent"] = caller.name
        if authorization := to.authorization or caller.authorization:
            headers["Authorization"] = authorization
        shown = CIMultiDictProxy(headers)
        settings = self._services.settings
        if settings.token is not None and settings.token_on_dialects:
            _, shown = take_gateway_token("", shown, settings.token)
        return replace(request, path="/" + quote(to.topic, safe=""), headers=shown)

    # ---------------------------------------------------------------------- the mail

    async def deliver(
        self, caller: Caller, receivers: Sequence[Receiver], content: bytes
    ) -> LegacyReply:
        """Send a mail to all its receivers in one commit, and answer.

        Accepted means durable for each of them; else the whole mail is refused, and
        may come again.
        """
        started = time.perf_counter()
        claims = [receiver.claim for receiver in receivers]
        letter: Letter | None = None
        try:
            letter = await self._read(receivers[0].request, claims, content)
            if take_dry_run("", letter.request.headers)[2]:
                return _REHEARSED
            translation = await self._send(letter, receivers)
        except Exception as error:
            told, reply = self._word(error, receivers[0].keyring.arrival)
            for receiver in receivers:
                request = _of_receiver(letter, receiver)
                self._keep_refusal(
                    receiver.keyring.arrival,
                    request,
                    self._call(receiver.claim),
                    receiver.keyring,
                    told,
                    reply,
                    fault_of(error),
                )
            return reply
        duration_ms = (time.perf_counter() - started) * 1000
        for receiver in receivers:
            arrival = receiver.keyring.arrival
            self._calls.accepted(arrival, translation.notes)
            self._services.refusals.accepted(
                self._mail.source,
                route=self._mail.route,
                status=self._mail.accepted().status,
                address=arrival.address,
                request_id=arrival.request_id,
                duration_ms=duration_ms,
                key=receiver.claim.key,
            )
        self._accepted.inc(len(receivers))
        self._latency.observe(time.perf_counter() - started)
        return self._mail.accepted()

    async def _read(
        self, call: LegacyRequest, claims: Sequence[KeyClaim], content: bytes
    ) -> Letter:
        request = replace(call, body=content, received_at_ms=self._services.now_ms())
        read = partial(self._mail.read, request, claims)
        if len(content) <= _QUICK_BYTES:
            return read()
        return await self._services.off_loop.run(call.client_address, read)

    async def _send(self, letter: Letter, receivers: Sequence[Receiver]) -> Translation:
        """Submit with the mail's picture where that is possible, else without."""
        publish, files = letter.publish, self._services.files
        content = publish.file_content
        if (
            len(receivers) > 1
            or files is None
            or content is None
            or publish.begin_upload is None
        ):
            return await self._submit(letter, receivers, publish.translate())
        channel = receivers[0].grant.channel.number
        finish = publish.begin_upload()
        async with AsyncExitStack() as stack:
            try:
                upload = await stack.enter_async_context(
                    files.receive(channel, _one_piece(content), len(content))
                )
            except RequestTooLarge:  # the text is worth more than the picture
                translation = publish.translate()
            else:
                translation = finish(upload)
            return await self._submit(letter, receivers, translation)

    async def _submit(
        self, letter: Letter, receivers: Sequence[Receiver], translation: Translation
    ) -> Translation:
        """Submit in one commit. Raises what the mail is refused with."""
        assert translation.message is not None  # noqa: S101 - a mail has a message
        masker = Masker.of(
            [receiver.claim for receiver in receivers],
            {receiver.claim.key: receiver.grant.key_hint for receiver in receivers},
        )
        recipients = [
            _recipient(receiver, letter, translation, masker) for receiver in receivers
        ]
        results = await self._services.messages.submit(
            self._mail.source,
            translation.message,
            recipients,
            translation,
            via=read_via(letter.request.headers),
        )
        if refusal := _of_all(results):
            raise refusal
        return translation

    # ----------------------------------------------------------------------- refusing

    def _word(
        self, error: Exception, arrival: Arrival
    ) -> tuple[NativeError | None, LegacyReply]:
        """A refusal and its words; None: it is the dialect's own."""
        if isinstance(error, LegacyRefusal):
            return None, error.reply
        if not isinstance(error, NativeError):
            fault = describe_fault(error)
            log.error("request failed", request_id=arrival.request_id, **fault)
            error = InternalError()
        return error, self._mail.refused(error)

    def _keep_refusal(
        self,
        arrival: Arrival,
        request: LegacyRequest,
        call: Publish | None,
        keyring: Keyring | None,
        error: NativeError | None,
        reply: LegacyReply,
        fault: Fault,
    ) -> None:
        """Count a refusal, keep it, and leave a line for the operator."""
        code = BY_THE_DIALECT if error is None else error.code
        self._calls.refused(arrival, request, call, keyring, error, reply, fault=fault)
        self._services.metrics.refused(self._mail.source, code)
        self._services.refusals.note(
            self._mail.source,
            route=self._mail.route,
            status=reply.status,
            code=code,
            address=arrival.address,
            request_id=arrival.request_id,
            key=call.claims[0].key if call else "",
            duration_ms=self._services.now_ms() - request.received_at_ms,
        )


def _of_all(results: Sequence[Receipt | NativeError]) -> NativeError | None:
    """The refusal of a mail that was not stored for all its receivers, if any.

    SMTP has one answer for all: where some have it, or some may have it later, the mail
    is to come again. Who was refused for good is then refused at RCPT.
    """
    errors = [result for result in results if isinstance(result, NativeError)]
    if not errors:
        return None
    if len(errors) == len(results) and len({type(error) for error in errors}) == 1:
        return errors[0]
    return ServerBusy(detail="not for all receivers")


def _of_receiver(letter: Letter | None, receiver: Receiver) -> LegacyRequest:
    """One receiver's call, with the mail as far as it is known; no other's address."""
    own = receiver.request
    if letter is None:
        return own
    headers = CIMultiDict(letter.request.headers)
    headers.pop("Authorization", None)
    if login := own.headers.get("Authorization"):
        headers["Authorization"] = login
    return replace(letter.request, path=own.path, headers=CIMultiDictProxy(headers))


def _recipient(
    receiver: Receiver, letter: Letter, translation: Translation, masker: Masker
) -> Recipient:
    """One row of the commit."""
    record = record_call(
        _of_receiver(letter, receiver),
        receiver.keyring.arrival,
        masker,
        route=letter.publish.route,
        notes=translation.notes,
    )
    return Recipient(
        grant=receiver.grant,
        renew=partial(receiver.keyring.renew, receiver.claim),
        receipt=record.pack_for(receiver.claim, receiver.grant),
    )


def _unread() -> Translation:
    raise InternalError


async def _one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content
