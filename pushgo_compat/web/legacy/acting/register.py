"""Bind a phone with Bark's app to the key that it shows, or give it one."""

from __future__ import annotations

import structlog

from pushgo_compat.core.phones.pairing import Pairing
from pushgo_compat.core.phones.phone_targets import PhoneRefused
from pushgo_compat.core.receipts.rehearsal import Rehearsed
from pushgo_compat.legacy import LegacyRefusal, Register
from pushgo_compat.web.legacy.keyring import Keyring

log = structlog.get_logger(__name__)


async def register(
    pairing: Pairing | None,
    keyring: Keyring,
    call: Register,
    address: str,
    dry_run: bool,
) -> Rehearsed:
    """The answer to the app. A dry run binds nothing and uses no window.

    Raises ChannelNotFound and RateLimited for a key, LegacyRefusal for a phone that
    is not taken.
    """
    try:
        if call.claim is None:
            if pairing is None or dry_run or call.retires:
                raise LegacyRefusal(call.refusal)
            key = await pairing.register_new(call.device_token, address)
            return Rehearsed(reply=call.reply(key))
        grant = await keyring.open(call.claim, fresh=True)
        is_bound = False
        if pairing is not None and not dry_run:
            if call.retires:
                await pairing.retire(grant, call.claim.key)
            else:
                is_bound = await pairing.register(
                    grant, call.claim.key, call.device_token, address
                )
    except PhoneRefused as refusal:
        log.info("a phone is not paired", reason=str(refusal))
        raise LegacyRefusal(call.refusal) from None
    notes = () if is_bound else call.unbound
    return Rehearsed(reply=call.reply(call.claim.key), notes=notes)
