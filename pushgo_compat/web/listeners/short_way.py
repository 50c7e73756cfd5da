"""The short way of a publish: from the parser to the writer in one call, and back.

A publish like the one before has nothing to wait for but its commit. So it is read,
opened, translated and queued at once, on the event loop, by the functions that the
ordinary way uses too (``web/native/send.py``, ``web/legacy/door.py``). Its answer is
written in the turn of the loop in which its row is committed: no task, request or
response of aiohttp's is made for it.

It accepts only. Whatever it is not sure of, it declines before anything has happened;
the ordinary way does all of it again then, and words the refusal. It declines

- what is no plain request (``web/connection/turns.py``),
- what is no publish to one channel: batches, uploads, subscribers, pages,
- a key that the authenticator does not remember, or whose alias has a shadow,
- the gateway token, and dry runs,
- what may take long to read or to translate,
- what is refused, for whatever reason, or ends in an exception.

Once the row is queued there is no way back. Where it is not committed (channels changed
meanwhile, the disk is full) the last steps of the ordinary way tell so, in a task.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import NamedTuple, Protocol

from multidict import istr

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.messages import Recipient, Then
from pushgo_compat.core.shadows.answers import SHADOW_HEADER
from pushgo_compat.errors import InternalError, NativeError, ServerBusy
from pushgo_compat.legacy import Publish, Translation
from pushgo_compat.model import (
    MAX_NATIVE_JSON_BYTES,
    KeyClaim,
    NativeMessage,
    Receipt,
    Source,
)
from pushgo_compat.schemas import NativeRequest, parse_json_object
from pushgo_compat.schemas.message import accept_request
from pushgo_compat.web.connection.http_call import PlainCall
from pushgo_compat.web.connection.turns import Turn
from pushgo_compat.web.legacy.acting.publish import recipients_of
from pushgo_compat.web.legacy.door import DialectDoor, Visit
from pushgo_compat.web.legacy.keyring import Keyring
from pushgo_compat.web.legacy.outcome import Outcome
from pushgo_compat.web.listeners.mounts import Mounts
from pushgo_compat.web.native import edge, envelope, send
from pushgo_compat.web.native.guards import check_json_content_type
from pushgo_compat.web.services import Services
from pushgo_compat.web.via import read_via
from pushgo_compat.web.whole_answer import WholeAnswer

_SHADOW = istr(SHADOW_HEADER)


class Ready(Protocol):
    """A publish that will be accepted unless its commit fails."""

    def submit(self, then: Then) -> None:
        """Count the call and queue its row. Raises only before that is done."""
        ...

    def answer(self, receipt: Receipt) -> WholeAnswer | None:
        """Record and word the acceptance; None where that takes longer."""
        ...

    async def tell(self, result: Receipt | Exception) -> WholeAnswer:
        """Record and word whatever became of it."""
        ...


class PublishShortly:
    """The short way of one listener."""

    def __init__(self, mounts: Mounts, services: Services) -> None:
        self._mounts = mounts
        self._services = services
        self._telling: set[asyncio.Task[None]] = set()

    def __call__(self, call: PlainCall, turn: Turn) -> bool:
        """Accept a publish; False: it is left to the ordinary way, nothing was done."""
        try:
            ready = self._prepare(call)
        except Exception:  # the ordinary way meets it again, and words it
            return False
        if ready is None:
            return False
        then = partial(self._go_on, ready, turn)
        try:
            ready.submit(then)
        except Exception as fault:
            then(fault)
        return True

    def _prepare(self, call: PlainCall) -> Ready | None:
        if _SHADOW in call.headers:  # it may be a copy of ours, which has come back
            return None
        door, prefix = self._mounts.place(call)
        if door is None:
            return prepare_native(self._services, call)
        visit = door.enter(call, self._mounts.kind(prefix), prefix)
        return prepare_old(self._services, door, visit, call.body)

    def _go_on(self, ready: Ready, turn: Turn, result: Receipt | Exception) -> None:
        """End the turn, at once or in a task."""
        wire: bytes | None = None
        if isinstance(result, Receipt):
            try:
                answer = ready.answer(result)
                wire = None if answer is None else answer.wire()
            except Exception as fault:
                result = fault
        if wire is not None:
            turn.end_turn(wire)
            return
        task = asyncio.create_task(self._tell(ready, turn, result))
        self._telling.add(task)
        task.add_done_callback(self._telling.discard)

    async def _tell(
        self, ready: Ready, turn: Turn, result: Receipt | Exception
    ) -> None:
        wire = None
        try:
            wire = (await ready.tell(result)).wire()
        except Exception as fault:
            if not isinstance(fault, ConnectionError):  # nobody is left to answer
                edge.note_fault("", fault)
        turn.end_turn(wire)


# ----------------------------------------------------------------------------- native


class _NativePublish(NamedTuple):
    """A message for ``/message`` that may be written."""

    services: Services
    call: PlainCall
    visit: edge.Visit
    wanted: NativeRequest
    grant: Grant

    def submit(self, then: Then) -> None:
        wanted = self.wanted
        login = partial(
            self.services.gate.login,
            wanted.channel_id,
            wanted.password,
            fresh=True,
            address=self.visit.address,
        )
        self.services.messages.submit_one(
            Source.NATIVE,
            wanted.message,
            Recipient(self.grant, login),
            via=read_via(self.call.headers),
            then=then,
        )

    def answer(self, receipt: Receipt) -> WholeAnswer:
        services, visit = self.services, self.visit
        answer = send.conclude(services, self.wanted, receipt)
        if services.refusals.has_all:
            edge.note_accepted(services, visit, answer.status)
        edge.finish(services, visit.request_id, visit.started, answer)
        return answer

    async def tell(self, result: Receipt | Exception) -> WholeAnswer:
        if isinstance(result, Receipt):
            return self.answer(result)
        error, data = result, None
        if not isinstance(error, NativeError):
            edge.note_fault(self.visit.request_id, error)
            error = InternalError()
        elif isinstance(error, ServerBusy):
            data = send.busy_data(self.wanted, error)
        edge.note_refused(self.services, self.visit, error)
        answer = envelope.refused(error, self.call, data)
        edge.finish(self.services, self.visit.request_id, self.visit.started, answer)
        return answer


def prepare_native(services: Services, call: PlainCall) -> Ready | None:
    """The message of a ``POST /message``, or None. Raises every refusal."""
    started = time.perf_counter()
    if (
        call.raw_path != edge.SENDING
        or call.method != "POST"
        or services.settings.token is not None
        or len(call.body) > MAX_NATIVE_JSON_BYTES
    ):
        return None
    check_json_content_type(call)
    wanted = accept_request(parse_json_object(call.body))
    if wanted is None:
        return None
    grant = services.gate.peek_login(wanted.channel_id, wanted.password)
    if grant is None:
        return None
    address = services.callers.address(call)
    if not services.limiter.admits(address, wanted.channel_id + wanted.password):
        return None
    route = f"{call.method} {edge.SENDING}"
    visit = edge.Visit(route, address, edge.request_id_for(call), started)
    return _NativePublish(services, call, visit, wanted, grant)


# ---------------------------------------------------------------------------- dialects


class _OldPublish(NamedTuple):
    """An old publish that may be written."""

    services: Services
    door: DialectDoor
    visit: Visit
    keyring: Keyring
    publish: Publish
    claim: KeyClaim
    grant: Grant
    translation: Translation
    message: NativeMessage
    recipient: Recipient

    def submit(self, then: Then) -> None:
        self.keyring.note_use(self.claim, self.grant)
        self.services.messages.submit_one(
            self.keyring.source,
            self.message,
            self.recipient,
            self.translation,
            via=read_via(self.keyring.request.headers),
            then=then,
        )

    def answer(self, receipt: Receipt) -> WholeAnswer | None:
        if self.keyring.has_shadow:  # begun since: the old server is asked first
            return None
        outcome = self._conclude(receipt)
        if self.services.refusals.has_all:
            self.door.note_accepted(self.visit, outcome)
        return self.door.finish(self.visit, outcome)

    async def tell(self, result: Receipt | Exception) -> WholeAnswer:
        async def acting() -> Outcome:
            if isinstance(result, Exception):
                raise result
            return self._conclude(result)

        outcome = await self.door.settle(self.visit, acting())
        return self.door.finish(self.visit, outcome)

    def _conclude(self, receipt: Receipt) -> Outcome:
        return self.door.publishing.conclude(
            self.keyring, self.publish, self.translation, [receipt]
        )


def prepare_old(
    services: Services, door: DialectDoor, visit: Visit, body: bytes
) -> Ready | None:
    """The message of an old publish, or None. Raises every refusal."""
    head, dialect, settings = visit.head, door.dialect, services.settings
    request = visit.request = door.freeze(head, body, truncated=False)
    if (
        head.dry_run
        or (settings.token is not None and settings.token_on_dialects)
        or len(body) > dialect.body_limit(head.method, head.path)
        or dialect.is_costly(request)
    ):
        return None
    publish = visit.call = dialect.open(request)
    if (
        not isinstance(publish, Publish)
        or publish.batch
        or publish.costly
        or publish.begin_upload is not None
    ):
        return None
    keyring = visit.keyring = Keyring(services, dialect, request, visit.arrival)
    (claim,) = publish.claims
    grant = keyring.peek(claim)
    if grant is None or (grant.alias is not None and grant.alias.shadow is not None):
        return None
    translation = publish.translate()
    message = translation.message
    if message is None:
        return None
    (recipient,) = recipients_of(keyring, publish, translation, [grant])
    if not services.limiter.admits(head.client_address, claim.key):
        return None
    return _OldPublish(
        services,
        door,
        visit,
        keyring,
        publish,
        claim,
        grant,
        translation,
        message,
        recipient,
    )
