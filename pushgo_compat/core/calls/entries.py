"""One old call as an operator's list shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.calls.filters import Outcome
from pushgo_compat.core.calls.reasons import Words
from pushgo_compat.core.receipts.receipts import CallRecord
from pushgo_compat.model import Channel, Source

Document = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A call, its keys and secrets masked."""

    dialect: Source
    record: CallRecord = field(repr=False)
    """Client, address, mount, route, key form and hint, request id."""
    outcome: Outcome
    title: str
    """Of an accepted call the message's; "" of one that was refused."""
    status: int
    reply: object = field(repr=False)
    """The answer's body: JSON, else text."""
    duration_ms: int | None
    channel: Channel | None
    """The channel of its key, also where a password for it was wrong."""
    message_ids: Sequence[str] = ()
    verdicts: Mapping[str, int] = field(default_factory=dict)
    """``kept``, ``changed``, ``recorded``, ``lost``: how many fields each."""
    code: str = ""
    """Why it was refused: a code of ``reasons.REASONS``."""
    reason: Words | None = None
    """The same as a sentence."""
    todo: Words | None = None
    """What the operator can do about it."""
    one_in: int = 1
    """Under a flood: the number of calls that this one stands for."""
    fields: Mapping[str, int] = field(default_factory=dict)
    """Names and lengths, of a call of which no value is kept."""

    @property
    def call_id(self) -> str:
        """Its id."""
        return self.record.call_id

    @property
    def channel_id(self) -> str | None:
        """The id of its channel."""
        return None if self.channel is None else self.channel.channel_id

    @property
    def at_ms(self) -> int:
        """When it came, in Unix milliseconds."""
        return call_time_ms(self.record.call_id)

    @property
    def refused_receivers(self) -> int:
        """The keys of a batch that opened nothing."""
        if self.outcome is Outcome.REFUSED or not self.message_ids:
            return 0
        return max(0, self.record.receivers - len(self.message_ids))

    def document(self, *, chinese: bool = False) -> dict[str, object]:
        """For ``calls list``: the receipt without what is long."""
        record = self.record
        reason = self.reason and (self.reason.zh if chinese else self.reason.en)
        return {
            "call_id": self.call_id,
            "request_id": record.request_id or None,
            "at": self.at_ms,
            "duration_ms": self.duration_ms,
            "dialect": self.dialect,
            "mount": record.mount or None,
            "route": record.route,
            "client": record.client,
            "address": record.address or None,
            "dry_run": False,
            "key": {
                "form": record.key_form or None,
                "hint": record.key_hint or None,
                "alias_id": record.alias_id,
            },
            "channel_id": self.channel_id,
            "message_ids": list(self.message_ids),
            "title": self.title or None,
            "outcome": self.outcome,
            "code": self.code or None,
            "reason": reason,
            "reply": {"status": self.status, "body": self.reply},
            "verdicts": dict(self.verdicts),
            "receivers": record.receivers,
            "one_in": self.one_in,
        }
