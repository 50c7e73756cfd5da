"""How many calls came an hour: counted here, written every few seconds.

The counts are exact but for the last seconds before a kill.
"""

from __future__ import annotations

from pushgo_compat.core.stores.old_calls.calls import CallStore, HourCount
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import Source

MS_AN_HOUR = 3_600_000
_ACCEPTED, _REFUSED, _LOSSY = range(3)


class CallCounts:
    """In memory first; a call costs no commit of its own.

    Whoever runs the server calls ``flush`` every few seconds.
    """

    def __init__(self, store: CallStore) -> None:
        self._store = store
        self._fresh: dict[tuple[int, Source], list[int]] = {}
        self._current: dict[Source, list[int]] = {}
        """Those of the hour that begins at ``_hour_ms``."""
        self._hour_ms = 0

    def accepted(self, source: Source, at_ms: int, *, lossy: bool = False) -> None:
        """Count an accepted call; ``lossy``: a field of it was lost."""
        found = self._current.get(source)
        if found is None or not 0 <= at_ms - self._hour_ms < MS_AN_HOUR:
            found = self._of(source, at_ms)
        found[_ACCEPTED] += 1
        if lossy:
            found[_LOSSY] += 1

    def refused(self, source: Source, at_ms: int) -> None:
        """Count a refused call."""
        self._of(source, at_ms)[_REFUSED] += 1

    def _of(self, source: Source, at_ms: int) -> list[int]:
        """The counts of a source in the hour of this time."""
        hour = at_ms // MS_AN_HOUR
        if hour * MS_AN_HOUR != self._hour_ms:
            self._hour_ms = hour * MS_AN_HOUR
            self._current = {}
        found = self._fresh.setdefault((hour, source), [0, 0, 0])
        self._current[source] = found
        return found

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh, self._current = self._fresh, {}, {}
        try:
            await self._store.add_counts(
                [HourCount(*place, *counts) for place, counts in taken.items()]
            )
        except ServerBusy:
            for place, counts in self._fresh.items():
                before = taken.get(place, [0, 0, 0])
                taken[place] = [a + b for a, b in zip(before, counts, strict=True)]
            self._fresh, self._current = taken, {}
            raise
