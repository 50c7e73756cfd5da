"""Processes that the supervisor has forked, and its lines to them."""

from __future__ import annotations

import logging
import os
import selectors
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress

from pushgo_compat.workers.frames import Message, Unpacker, pack

_READ_BYTES = 256 * 1024
_WATCHED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)


class Child:
    """One process."""

    def __init__(self, pid: int, line: socket.socket, name: str) -> None:
        self.pid = pid
        self.name = name
        """As the log has it: ``front 1``, ``writer``."""
        self.line = line
        self.started_s = time.monotonic()
        self.is_ready = False
        self.kill_at_s: float | None = None
        """When it is killed, unless it has ended."""
        self._unpacker = Unpacker()
        self._unsent = bytearray()

    def send(self, message: Message) -> None:
        """Send what the socket takes; the rest when it takes more."""
        self._unsent += pack(message)
        self.flush()

    def flush(self) -> None:
        """Go on sending. Nothing is raised for a process that has gone."""
        try:
            while self._unsent:
                del self._unsent[: self.line.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._unsent.clear()  # its end is told by the system

    @property
    def events(self) -> int:
        """What the selector has to look for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self._unsent else 0)

    def receive(self) -> Iterator[Message] | None:
        """The messages that have come; None: its end of the line is closed."""
        try:
            data = self.line.recv(_READ_BYTES)
        except BlockingIOError:
            return iter(())
        except OSError:
            return None
        return self._unpacker.feed(data) if data else None

    def remaining(self) -> Iterator[Message]:
        """What a process has said before it ended."""
        while (messages := self.receive()) is not None:
            found = list(messages)
            if not found:
                return
            yield from found

    def kill(self) -> None:
        """End it at once."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


def fork(
    name: str,
    run: Callable[[socket.socket], int],
    forget: Callable[[], None],
) -> Child:
    """Start a process that does ``run`` with its end of the line: its exit status.

    ``forget`` closes in the new process what belongs to the supervisor alone. SIGINT
    and SIGHUP, which a terminal sends to every process, are the supervisor's.
    """
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    sys.stderr.flush()
    # A signal that comes before the new process has handlers of its own waits.
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)
    pid = os.fork()
    if pid == 0:
        _be_a_child(run, forget, ours, theirs)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
    theirs.close()
    return Child(pid, ours, name)


def _be_a_child(
    run: Callable[[socket.socket], int],
    forget: Callable[[], None],
    ours: socket.socket,
    theirs: socket.socket,
) -> None:
    """Never returns: what is above on the stack is the supervisor's."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        ours.close()
        forget()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _WATCHED)
        status = run(theirs)
    except BaseException:
        traceback.print_exc()
    finally:
        with suppress(BaseException):
            logging.shutdown()
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def ended() -> Iterator[tuple[int, int]]:
    """Processes that have ended: pid and status, negative for a signal."""
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            yield pid, os.waitstatus_to_exitcode(status)
