"""The ledger: what was acknowledged, stored, streamed and delivered, compared."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

from tests.chaos.channels import Line
from tests.chaos.senders import Sent


@dataclass
class Counts:
    """What came of a run. Everything from ``lost`` on has to be 0."""

    kills: int = 0
    acknowledged: int = 0
    asked_again: int = 0
    """Tries that were refused or not answered."""
    stored: int = 0
    streamed: int = 0
    resumed: int = 0
    """Streams that were taken up again."""
    delivered: int = 0
    repeated: int = 0
    """Arrivals of a message that had arrived at this target before; allowed."""
    seconds: float = 0.0
    lost: int = 0
    """Acknowledged, and not there afterwards."""
    doubled: int = 0
    """Stored more often than their op_id, or their sender's tries, allow."""
    missed: int = 0
    """Left out by a stream."""
    seen_twice: int = 0
    """Shown again by a stream."""
    misplaced: int = 0
    """Shown by a stream in another order than that of reading."""
    undelivered: int = 0
    out_of_order: int = 0
    """First arrivals at a target before an earlier message's."""

    @property
    def faults(self) -> Mapping[str, int]:
        """What must not be, and how often it was."""
        names = [each.name for each in fields(self)]
        wrong = names[names.index("lost") :]
        return {name: count for name in wrong if (count := getattr(self, name))}


@dataclass
class Ledger:
    """Compares, a line at a time."""

    counts: Counts = field(default_factory=Counts)

    def stored(
        self, line: Line, sent: Mapping[str, Sent], read: Sequence[Mapping[str, Any]]
    ) -> None:
        """Compare what senders know with all messages of a line."""
        ids = {message["message_id"] for message in read}
        times = Counter(message["title"] for message in read)
        self.counts.stored += len(read)
        self.counts.doubled += len(read) - len(ids)
        for title, each in sent.items():
            if each.line is not line:
                continue
            if each.message_id is not None:
                self.counts.acknowledged += 1
                self.counts.lost += each.message_id not in ids
            self.counts.asked_again += each.tries - (each.message_id is not None)
            allowed = 1 if each.way == "native" else each.tries
            self.counts.doubled += max(0, times[title] - allowed)

    def streamed(self, seen: Sequence[str], read: Sequence[str], resumed: int) -> None:
        """Compare what a stream has shown with the order of reading."""
        self.counts.streamed += len(seen)
        self.counts.resumed += resumed
        self.counts.missed += len(set(read) - set(seen))
        self.counts.seen_twice += len(seen) - len(set(seen))
        self.counts.misplaced += steps_back(read, seen)

    def delivered(self, arrived: Sequence[str], read: Sequence[str]) -> None:
        """Compare what has arrived at a target with the order of reading."""
        first = list(dict.fromkeys(arrived))
        self.counts.delivered += len(first)
        self.counts.repeated += len(arrived) - len(first)
        self.counts.undelivered += len(set(read) - set(first))
        self.counts.out_of_order += steps_back(read, first)


def steps_back(read: Sequence[str], seen: Iterable[str]) -> int:
    """How often something follows that comes before in the order of reading.

    What was never stored counts too.
    """
    order = {each: place for place, each in enumerate(read)}
    places = [order.get(each, -1) for each in seen]
    return sum(later < earlier for earlier, later in itertools.pairwise(places))
