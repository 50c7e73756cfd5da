"""A feed that writes down what it hears."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from pushgo_compat.core.stores.messages import StoredMessage


class Listener:
    """Listens to some channels of one process, which alone writes."""

    def __init__(self) -> None:
        self._channels: frozenset[int] = frozenset()
        self._changed: Callable[[int], None] = lambda channel: None
        self.heard: list[StoredMessage] = []

    @property
    def channels(self) -> Collection[int]:
        return self._channels

    def listen(self, *channels: int) -> None:
        """Listen to these channels and no others."""
        changed = self._channels ^ frozenset(channels)
        self._channels = frozenset(channels)
        for channel in changed:
            self._changed(channel)

    def on_listening(self, changed: Callable[[int], None]) -> None:
        self._changed = changed

    def committed(
        self, messages: Sequence[StoredMessage], *, behind_others: bool = False
    ) -> None:
        self.heard += messages

    def moved(self, channel: int, position: bytes) -> None:
        raise AssertionError("nobody else writes")
