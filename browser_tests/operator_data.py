"""What the operator's pages of the browser tests show: hostile, long, in trouble."""

from __future__ import annotations

from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.stores.access.aliases import NewAlias
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.core.stores.targets import (
    NewOutcome,
    NewTarget,
    Origin,
    OutcomeState,
    TargetState,
)
from pushgo_compat.model import Severity, Source
from tests.golden import CHANNEL_ID, NOW_MS

ALIAS_ID = "a" * 16
TARGET_ID = "7" * 16
UNKNOWN_ID = "5" * 16
HOSTILE = "<img src=x onerror=alert(1)>\u202e" + "w" * 60


async def fill_for_operator(admin: Administration) -> None:
    """A target, an alias and an unknown key, each with text of a stranger."""
    channel = await admin.find_channel(CHANNEL_ID)
    store = admin.store
    target = await store.targets.add_target(
        NewTarget(
            target_id=TARGET_ID,
            channel=channel.number,
            kind="webhook",
            name=HOSTILE,
            origin=Origin.OPERATOR,
            sealed=b"",
            hint=HOSTILE,
            fingerprint=b"f",
            created_at_ms=NOW_MS,
        )
    )
    assert target is not None
    await store.targets.set_state(
        TARGET_ID, TargetState.PAUSED, f"status 503 {HOSTILE}"
    )
    failed = NewOutcome(
        target=target.number,
        position=b"\x01" * 16,
        state=OutcomeState.FAILED,
        at_ms=NOW_MS,
        attempts=3,
        reason=f"status 413 {HOSTILE}",
    )
    await store.lanes.settle([], [failed])
    await store.add_alias(
        NewAlias(
            alias_id=ALIAS_ID,
            dialect=Source.NTFY,
            key_digest=b"k" * 32,
            folded_digest=b"k" * 32,
            hint="up…ts",
            channel=channel.number,
            note=HOSTILE,
            tags=("nas", "w" * 64),
            severity_map={Severity.HIGH: Severity.CRITICAL},
            send_only=True,
            require_auth=True,
        )
    )
    digest = bytes.fromhex(UNKNOWN_ID) * 4
    await store.record_unknown(
        [
            UnknownKey(
                dialect=Source.NTFY,
                key_digest=digest,
                folded_digest=digest,
                key_length=7,
                hint="b…s",
                first_seen_ms=NOW_MS,
                last_seen_ms=NOW_MS,
                count=214,
                client=HOSTILE,
                address="192.0.2.14",
                network="192.0.2.14",
                sample={HOSTILE: 13, "body": 52},
            )
        ]
    )
