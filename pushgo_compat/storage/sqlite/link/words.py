"""What the two ends of a link say to each other: the first part of each value."""

from __future__ import annotations

from enum import IntEnum


class FromFront(IntEnum):
    """What a front says."""

    ROWS = 0
    """Write a batch. One is under way at a time: the next one gathers meanwhile."""
    WORK = 1
    """Run a change: number, function, arguments by place and by name."""
    RELEASE = 2
    """Release what is due: number, time in Unix ms."""
    LISTEN = 3
    """Tell me of these channels and no more of those: number, channels, channels."""
    ASK = 4
    """Ask a service of the writer's process: number, name, arguments."""


class FromWriter(IntEnum):
    """What the writer says."""

    RESULTS = 0
    """What became of the batch."""
    DONE = 1
    """The answer to a number."""
    BUSY = 2
    """The number's work was not done: number, why in a few words."""
    FAILED = 3
    """A fault prevented it: number, the kind of error."""
    LISTENING = 4
    """From here on you are told of the channels of this number's LISTEN."""
    COMMITTED = 5
    """A commit made messages visible: messages, whether it is behind others."""
    MOVED = 6
    """Channels have grown: pairs of channel and position."""
    SAID = 7
    """A service has news: name, value. The latest is said to each new front."""
