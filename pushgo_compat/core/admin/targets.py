"""Administration of targets and their deliveries (docs/delivery.md)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence

from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.auth.sealing import Sealer
from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.deliveries import WAITING, DeliveryReader
from pushgo_compat.core.delivery import Kind, TargetRefused
from pushgo_compat.core.stores.store import Store
from pushgo_compat.core.stores.targets import (
    LaneMove,
    Mark,
    MarkKind,
    NewOutcome,
    NewTarget,
    Origin,
    OutcomeState,
    Target,
    TargetState,
)
from pushgo_compat.model import Channel

STATES = (WAITING, *(state.value for state in OutcomeState))
MAX_NAME_CHARS = 100
_TARGET_ID_BYTES = 8
_MAX_CHANGED = 10_000
_PAGE = 500
_AGAIN = (OutcomeState.FAILED, OutcomeState.EXPIRED)


class TargetAdministration:
    """Targets and the outbox; the same for the command line and the pages."""

    def __init__(
        self,
        store: Store,
        secret: SecretKey,
        kinds: Mapping[str, Kind],
        now_ms: Callable[[], int],
    ) -> None:
        self._store = store
        self._secret = secret
        self._sealer = Sealer(secret)
        self._kinds = kinds
        self._now_ms = now_ms
        self._reader = DeliveryReader(store)

    # ----------------------------------------------------------------------- targets

    async def add(
        self,
        kind_name: str,
        channel: Channel,
        given: Mapping[str, object],
        *,
        name: str | None = None,
        on_failure: str | None = None,
        origin: Origin = Origin.OPERATOR,
    ) -> Document:
        """Add a target and answer what ``target add`` prints.

        Raises Refused for a configuration that cannot work, and for an address that
        the channel has already.
        """
        kind = self._kinds[kind_name]
        if on_failure is not None:
            await self.find(on_failure)
        now_ms = self._now_ms()
        try:
            checked = kind.check(given, now_ms)
        except TargetRefused as refusal:
            raise Refused(str(refusal)) from None
        target_id = secrets.token_hex(_TARGET_ID_BYTES)
        new = NewTarget(
            target_id=target_id,
            channel=channel.number,
            kind=kind.name,
            name=_clean_name(name) or f"{kind.name} {checked.hint}",
            origin=origin,
            sealed=self._sealer.seal_target(
                checked.configuration, target_id, kind.name
            ),
            hint=checked.hint,
            fingerprint=self._secret.target_fingerprint(kind.name, checked.address),
            on_failure=on_failure,
            created_at_ms=now_ms,
        )
        added = await self._store.targets.add_target(new)
        if added is None:
            raise Refused(
                f"the channel has a {kind.name} target with this address already: see"
                " pushgo-compat target list",
                "target_exists",
            )
        made: Document = {}
        if checked.made_secret is not None:
            made = {"secret": checked.made_secret}
        return {**added_document(added), **made}

    async def find(self, target_id: str) -> Target:
        """A target by its id. Raises Refused."""
        target = await self._store.targets.target(target_id.strip())
        if target is None:
            raise Refused(
                "there is no such target: see pushgo-compat target list", "gone"
            )
        return target

    async def list_targets(self, channel: Channel | None = None) -> list[Document]:
        """All targets, or a channel's, oldest first."""
        number = None if channel is None else channel.number
        return [
            target_document(target)
            for target in await self._store.targets.targets(number)
        ]

    async def show(self, target_id: str) -> Document:
        """One target, with what waits for it; for a dropped one nothing does."""
        target = await self.find(target_id)
        is_dropped = target.state is TargetState.DROPPED
        waiting = 0 if is_dropped else await self._waiting(target)
        return {**target_document(target), "waiting": waiting}

    async def set_state(
        self, target_id: str, state: TargetState, *, from_now: bool = False
    ) -> Document:
        """Pause or resume; ``from_now`` forgets what waits. Raises Refused.

        A dropped target goes on with what comes from now on: what its address was too
        dead for has ended.
        """
        target = await self.find(target_id)
        if target.state is TargetState.DROPPED:
            await self._drop_waiting(target, target.reason or "dropped")
        if from_now:
            await self._store.targets.move_to_end(target.target_id)
        if not await self._store.targets.set_state(target.target_id, state, None):
            raise _removed_meanwhile()
        return await self.show(target_id)

    async def rename(self, target_id: str, name: str) -> Document:
        """Give a target another name. Raises Refused."""
        target = await self.find(target_id)
        cleaned = _clean_name(name)
        if not cleaned:
            raise Refused("a target's name must not be empty", "empty")
        if not await self._store.targets.rename_target(target.target_id, cleaned):
            raise _removed_meanwhile()
        return await self.show(target_id)

    async def remove(self, target_id: str) -> Document:
        """Remove a target; what waits for it is never sent. Raises Refused."""
        target = await self.find(target_id)
        if not await self._store.targets.remove_target(target.target_id):
            raise _removed_meanwhile()
        return {**target_document(target), "removed": True}

    async def _waiting(self, target: Target) -> int:
        for lane in await self._store.lanes.lanes():
            if lane.target == target.number:
                return await self._store.lanes.waiting(
                    lane.channel, lane.cursor, _MAX_CHANGED
                )
        return 0

    # ------------------------------------------------------------------------ outbox

    async def outbox(
        self,
        *,
        channel: Channel | None = None,
        target_id: str | None = None,
        state: str | None = None,
        limit: int = 100,
    ) -> list[Document]:
        """Deliveries that wait or have ended, those that wait first."""
        target = None if target_id is None else await self.find(target_id)
        found = await self._reader.search(
            channel=channel, target=target, state=state, limit=limit
        )
        return [delivery.document() for delivery in found]

    async def retry(
        self, target_id: str | None, message_ids: Sequence[str] = ()
    ) -> int:
        """Send again what has failed, and try at once what waits; how many.

        Without a target: every failed or expired delivery of all targets, but not what
        was dropped, by the operator or with a dead address. Raises Refused.
        """
        target = None if target_id is None else await self.find(target_id)
        wanted = set(message_ids)
        marks: list[Mark] = []
        for state in _AGAIN if target is None else (*_AGAIN, OutcomeState.DROPPED):
            number = None if target is None else target.number
            for outcome in await self._store.lanes.outcomes(
                target=number, state=state, limit=_MAX_CHANGED
            ):
                if not wanted or outcome.message_id in wanted:
                    mark = Mark(outcome.target, outcome.position, MarkKind.AGAIN)
                    marks.append(mark)
        changed = await self._store.lanes.mark(marks)
        if target is not None:
            waiting = await self._waiting(target)
            await self._store.lanes.retry_now(target.number)
            changed += 0 if wanted else min(1, waiting)
        return changed

    async def drop(self, target_id: str, message_ids: Sequence[str] = ()) -> int:
        """Never send what waits for a target, or some of it; how many.

        Raises Refused.
        """
        target = await self.find(target_id)
        if not message_ids:
            changed = await self._drop_waiting(target, "dropped by the operator")
            await self._store.lanes.retry_now(target.number)
            return changed
        wanted = set(message_ids)
        return await self._store.lanes.mark(
            [
                Mark(target.number, delivery.position, MarkKind.SKIP)
                for delivery in await self._reader.waiting(target, _MAX_CHANGED)
                if delivery.message_id in wanted
            ]
        )

    async def _drop_waiting(self, target: Target, reason: str) -> int:
        """End what a lane has not sent; how many messages."""
        dropped = 0
        while some := await self._reader.waiting(target, _PAGE):
            await self._store.lanes.settle(
                [LaneMove(target.number, some[-1].position)],
                [
                    NewOutcome(
                        target=target.number,
                        position=delivery.position,
                        state=OutcomeState.DROPPED,
                        at_ms=self._now_ms(),
                        attempts=delivery.attempts,
                        reason=reason,
                    )
                    for delivery in some
                ],
            )
            dropped += len(some)
        return dropped


def added_document(target: Target) -> Document:
    """A target as it is told when it was added."""
    return {
        "target_id": target.target_id,
        "kind": target.kind,
        "channel_id": target.channel.channel_id,
        "name": target.name,
        "hint": target.hint,
    }


def target_document(target: Target) -> Document:
    """A target as the operator may see it; the time is Unix ms."""
    return {
        "target_id": target.target_id,
        "kind": target.kind,
        "channel_id": target.channel.channel_id,
        "name": target.name,
        "hint": target.hint,
        "state": target.state.value,
        "reason": target.reason,
        "on_failure": target.on_failure,
        "added_by": target.origin.value,
        "created_at": target.created_at_ms,
    }


def _removed_meanwhile() -> Refused:
    return Refused("the target was removed meanwhile", "gone")


def _clean_name(name: str | None) -> str:
    cleaned = " ".join((name or "").split())
    if len(cleaned) > MAX_NAME_CHARS or not cleaned.isprintable():
        raise Refused(
            f"--name has at most {MAX_NAME_CHARS} printable characters",
            "too_long",
            longest=MAX_NAME_CHARS,
        )
    return cleaned
