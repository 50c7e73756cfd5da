"""From a translation to the core: one commit for every channel that was opened."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.messages import Recipient
from pushgo_compat.core.receipts.masking import Masker
from pushgo_compat.core.receipts.receipts import CallRecord, record_call
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import Publish, Translation
from pushgo_compat.model import KeyClaim, Receipt
from pushgo_compat.web.legacy.keyring import Keyring, Opened
from pushgo_compat.web.services import Services
from pushgo_compat.web.via import read_via

Results = Sequence[Receipt | NativeError | None]
"""One for each claim, in order; None where there was nothing to send."""


async def submit(
    services: Services,
    keyring: Keyring,
    call: Publish,
    translation: Translation,
    opened: Opened,
) -> Results:
    """Submit the message to each channel that was opened, with its receipt."""
    results = [entry if isinstance(entry, NativeError) else None for entry in opened]
    if translation.message is None or all(results):
        return results
    record = record_call(
        keyring.request,
        keyring.arrival,
        Masker.of(call.claims, _hints(call, opened)),
        route=call.route,
        notes=translation.notes,
        batch=call.batch,
        receivers=len(call.claims),
    )
    recipients = [
        _recipient(keyring, claim, grant, record)
        for claim, grant in zip(call.claims, opened, strict=True)
        if isinstance(grant, Grant)
    ]
    message = translation.message
    accepting = services.messages.submit(
        keyring.source,
        message,
        recipients,
        translation,
        via=read_via(keyring.request.headers),
    )
    written = iter(await accepting)
    return [result or next(written) for result in results]


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
