"""Open the topics of a subscriber, among them those of UnifiedPush."""

from __future__ import annotations

from collections.abc import Sequence

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.unified_push import UnifiedPush
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.model import Access, KeyClaim
from pushgo_compat.web.legacy.keyring import Keyring


async def open_subscribed(
    push: UnifiedPush | None,
    keyring: Keyring,
    claims: Sequence[KeyClaim],
    *,
    dry_run: bool,
) -> Sequence[Grant]:
    """A grant for each claim; of a dry run, which makes no topic, maybe fewer.

    Raises ChannelNotFound, RateLimited.
    """
    if push is None:
        return await keyring.open_each(claims, Access.READ)
    of_apps = [
        number
        for number, claim in enumerate(claims)
        if push.concerns(keyring.source, claim.key)
    ]
    if not of_apps:
        return await keyring.open_each(claims, Access.READ)
    grants: dict[int, Grant] = {}
    for number, claim in enumerate(claims):
        if number not in of_apps:
            grants[number] = await keyring.open(claim, Access.READ, fresh=True)
    vouchers = {
        grant.channel.number: grant.channel
        for grant in grants.values()
        if not grant.channel.hidden
    }
    for number in of_apps:
        claim = claims[number]
        try:
            grants[number] = await keyring.open(claim, Access.READ, fresh=True)
        except ChannelNotFound:
            if dry_run and vouchers:
                continue
            if not await push.make(vouchers.values(), claim.key):
                raise
            grants[number] = await keyring.open(claim, Access.READ, fresh=True)
    if not dry_run:
        push.note(grants.values())
    return [grants[number] for number in sorted(grants)]
