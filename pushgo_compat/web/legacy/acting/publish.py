"""A publish, from its keys to the core: one commit for every channel opened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.messages import Recipient
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import CallRecord, record_call
from pushgo_compat.core.receipts.rehearsal import rehearse
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import Dialect, LegacyReply, Publish, Translation
from pushgo_compat.model import KeyClaim, Receipt
from pushgo_compat.web.legacy.acting.attachments import IncomingBody
from pushgo_compat.web.legacy.keyring import Keyring, Opened
from pushgo_compat.web.legacy.noting.call_log import CallLog
from pushgo_compat.web.legacy.outcome import Outcome
from pushgo_compat.web.legacy.shadow.shadowing import Shadowed, Shadowing
from pushgo_compat.web.services import Services
from pushgo_compat.web.via import read_via

Results = Sequence[Receipt | NativeError | None]
"""One for each claim, in order; None where there was nothing to send."""


class Publishing:
    """Publishes the calls of one dialect."""

    def __init__(
        self,
        dialect: Dialect,
        services: Services,
        calls: CallLog,
        shadowing: Shadowing | None,
    ) -> None:
        self._dialect = dialect
        self._services = services
        self._calls = calls
        self._shadowing = shadowing

    async def publish(
        self,
        keyring: Keyring,
        call: Publish,
        incoming: IncomingBody,
        *,
        dry_run: bool,
        is_costly: bool,
    ) -> Outcome:
        """Open the keys, translate, send. An upload is stored before it is sent.

        Raises NativeError, and LegacyRefusal where the translation refuses.
        """
        opened = await keyring.open_all(call)
        send = self._rehearse if dry_run else self._send
        files = self._services.files
        shadowed: Shadowed | None = None
        if keyring.has_shadow and self._shadowing is not None and not dry_run:
            shadowed = await self._shadowing.of_call(keyring, call, opened)
            keyring.beside = shadowed
        if call.begin_upload is None or files is None:
            if shadowed is not None:
                shadowed.begin()
            if is_costly:
                address = keyring.address
                run = self._services.off_loop.run
                translation = await run(address, call.translate)
            else:
                translation = call.translate()
            return await send(keyring, call, translation, opened)
        channel = next(one.channel.number for one in opened if isinstance(one, Grant))
        finish = call.begin_upload()
        receive = files.rehearse if dry_run else files.receive
        async with receive(channel, *incoming.pieces(call.file_content)) as upload:
            outcome = await send(keyring, call, finish(upload), opened)
        if shadowed is not None:
            is_body = call.file_content is None
            shadowed.begin(files.path_of(upload.file_id) if is_body else None)
        return outcome

    async def _rehearse(
        self, keyring: Keyring, call: Publish, translation: Translation, opened: Opened
    ) -> Outcome:
        rehearsed = rehearse(self._dialect, keyring.request, call, translation, opened)
        return Outcome(rehearsed.reply, rehearsed=rehearsed)

    async def _send(
        self, keyring: Keyring, call: Publish, translation: Translation, opened: Opened
    ) -> Outcome:
        results: Results = [
            entry if isinstance(entry, NativeError) else None for entry in opened
        ]
        message = translation.message
        if message is not None and not all(results):
            accepting = self._services.messages.submit(
                keyring.source,
                message,
                recipients_of(keyring, call, translation, opened),
                translation,
                via=read_via(keyring.request.headers),
            )
            written = iter(await accepting)
            results = [result or next(written) for result in results]
        return self.conclude(keyring, call, translation, results)

    def conclude(
        self,
        keyring: Keyring,
        call: Publish,
        translation: Translation,
        results: Results,
    ) -> Outcome:
        """Word and record what became of a publish.

        Raises the refusal of the only claim, unless the call is a batch.
        """
        first = results[0]
        if not call.batch and isinstance(first, NativeError):
            raise first
        reply = self._dialect.accepted(keyring.request, call, translation, results)
        call_id = keyring.arrival.call_id
        if (
            call.batch
            or first is None
            or (isinstance(first, Receipt) and first.replayed)
        ):
            self._keep_if_no_message(keyring, call, translation, results, reply)
        else:
            self._calls.accepted(keyring.arrival, translation.notes)
        shown: list[str] = []
        if not translation.hidden:
            shown = [r.message_id for r in results if isinstance(r, Receipt)]
        return Outcome(reply, shown, call_id=call_id)

    def _keep_if_no_message(
        self,
        keyring: Keyring,
        call: Publish,
        translation: Translation,
        results: Results,
        reply: LegacyReply,
    ) -> None:
        """Journal a publish that made no message: nobody's receipt tells of it."""
        errors = [error for error in results if isinstance(error, NativeError)]
        arrival = keyring.arrival
        if len(errors) == len(results):
            self._calls.refused(
                arrival, keyring.request, call, keyring, errors[0], reply
            )
            return
        self._calls.accepted(arrival, translation.notes)
        receipts = [receipt for receipt in results if isinstance(receipt, Receipt)]
        if all(receipt.replayed for receipt in receipts):
            self._calls.left_no_message(
                keyring,
                call,
                reply,
                notes=translation.notes,
                message_ids=[receipt.message_id for receipt in receipts],
            )


def recipients_of(
    keyring: Keyring, call: Publish, translation: Translation, opened: Opened
) -> list[Recipient]:
    """The channels that were opened, each with the record that it gets of the call."""
    record = record_call(
        keyring.request,
        keyring.arrival,
        Masker.of(call.claims, _hints(call, opened)),
        route=call.route,
        notes=translation.notes,
        batch=call.batch,
        receivers=len(call.claims),
    )
    return [
        _recipient(keyring, claim, grant, record)
        for claim, grant in zip(call.claims, opened, strict=True)
        if isinstance(grant, Grant)
    ]


def _recipient(
    keyring: Keyring,
    claim: KeyClaim,
    grant: Grant,
    record: CallRecord,
) -> Recipient:
    return Recipient(
        grant=grant,
        renew=partial(keyring.renew, claim),
        # Apps' own pushes leave no record: nobody but the app could read it.
        receipt=None if grant.channel.hidden else record.pack_for(claim, grant),
    )


def _hints(call: Publish, opened: Opened) -> dict[str, str]:
    """The masked keys that the gate remembers."""
    return {
        claim.key: grant.key_hint
        for claim, grant in zip(call.claims, opened, strict=True)
        if isinstance(grant, Grant)
    }
