"""How many calls came an hour: counted here, written every few seconds.

The counts are exact but for the last seconds before a kill.
"""

from __future__ import annotations

from pushgo_compat.core.stores.calls import CallStore, HourCount
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

    def accepted(self, source: Source, at_ms: int, *, lossy: bool = False) -> None:
        """Count an accepted call; ``lossy``: a field of it was lost."""
        place = at_ms // MS_AN_HOUR, source
        found = self._fresh.get(place)
        if found is None:
            found = self._fresh[place] = [0, 0, 0]
        found[_ACCEPTED] += 1
        if lossy:
            found[_LOSSY] += 1

    def refused(self, source: Source, at_ms: int) -> None:
        """Count a refused call."""
        place = at_ms // MS_AN_HOUR, source
        self._fresh.setdefault(place, [0, 0, 0])[_REFUSED] += 1

    async def flush(self) -> None:
        """Write what came since the last flush, in one commit; nothing when idle.

        Raises ServerBusy when that fails; the next flush tries again.
        """
        if not self._fresh:
            return
        taken, self._fresh = self._fresh, {}
        try:
            await self._store.add_counts(
                [HourCount(*place, *counts) for place, counts in taken.items()]
            )
        except ServerBusy:
            for place, counts in self._fresh.items():
                before = taken.get(place, [0, 0, 0])
                taken[place] = [a + b for a, b in zip(before, counts, strict=True)]
            self._fresh = taken
            raise
