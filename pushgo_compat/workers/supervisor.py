"""The supervisor: starts the processes, starts a dead front again, replaces fronts."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from pushgo_compat.core.siblings import METRICS
from pushgo_compat.workers import children
from pushgo_compat.workers.children import Child
from pushgo_compat.workers.frames import Message
from pushgo_compat.workers.questions import Questions
from pushgo_compat.workers.seats import Seats

STOP_WITHIN_S = 40.0
"""A process that was told to stop is killed after so long: connections have 10 s,
deliveries under way theirs."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What runs in the processes, and what the supervisor does beside."""

    fronts: int
    run_front: Callable[[int, socket.socket, socket.socket | None], int]
    """Number of its seat, its line, its link to the writer; its exit status."""
    run_writer: Callable[[socket.socket, socket.socket], int] | None = None
    """Its line, and what it gets the fronts' links by; None: there is no writer."""
    on_serving: Callable[[], None] = lambda: None
    """All fronts serve, for the first time."""
    may_replace: Callable[[], bool] = lambda: True
    """SIGHUP has come: whether the fronts are replaced."""
    is_hung_up: Callable[[], bool] = lambda: False
    """Whether SIGHUP says that the terminal is gone, so that everything stops."""
    on_report: Callable[[Child, Any], None] = lambda *_: None
    on_end: Callable[[Child], None] = lambda _: None
    add: Callable[[str], Sequence[object]] = lambda _: ()
    """What is added to every answer on a topic."""


@dataclass(slots=True)
class _State:
    """What signals and ends of processes have brought about."""

    signals: list[int] = field(default_factory=list)
    status: int | None = None
    """The exit status, once everything is to end."""


class Supervisor:
    """Runs until it is told to stop, or until it cannot go on."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._state = _State()
        self._selector = selectors.DefaultSelector()
        self._children: dict[int, Child] = {}
        self._writer: Child | None = None
        self._links: socket.socket | None = None
        """Hands fronts' links to the writer."""
        self._questions = Questions(plan.add)
        self._seats = Seats(plan.fronts, self._start_front, self._told_to_end)
        self._is_serving = False

    def run(self) -> int:
        """The exit status: 0 told to stop, 1 a process could not start or go on."""
        wake, waker = socket.socketpair()
        wake.setblocking(False)
        waker.setblocking(False)
        self._wake = wake, waker
        self._selector.register(wake, selectors.EVENT_READ)
        signal.set_wakeup_fd(waker.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._note_signal)
        if self._plan.run_writer is not None:
            self._start_writer(self._plan.run_writer)
        else:
            self._seats.start_first()
        try:
            while self._state.status is None or self._children:
                self._turn()
        finally:
            signal.set_wakeup_fd(-1)
            for child in self._children.values():
                child.kill()
        return self._state.status or 0

    # ------------------------------------------------------------------- one turn

    def _turn(self) -> None:
        self._wait()
        self._take_signals()
        self._reap()
        now_s = time.monotonic()
        self._questions.look(now_s)
        for child in self._children.values():
            if child.kill_at_s is not None and child.kill_at_s <= now_s:
                log.error("a process did not stop and is killed", process=child.name)
                child.kill_at_s = None
                child.kill()
        if self._state.status is None:
            self._seats.look(now_s)
        elif self._writer is not None and len(self._children) == 1:
            self._stop_writer(self._writer)

    def _wait(self) -> None:
        for child in self._children.values():
            with suppress(KeyError):
                self._selector.modify(child.line, child.events, child)
        due = [self._questions.until_s, self._seats.due_s]
        due += [child.kill_at_s for child in self._children.values()]
        times = [each for each in due if each is not None]
        timeout = max(0.0, min(times) - time.monotonic()) if times else None
        for key, _ in self._selector.select(timeout):
            if key.data is None:
                with suppress(BlockingIOError):
                    self._wake[0].recv(4096)
            else:
                self._serve(key.data)

    def _serve(self, child: Child) -> None:
        child.flush()
        messages = child.receive()
        if messages is None:
            with suppress(KeyError):
                self._selector.unregister(child.line)
            return
        for message in messages:
            self._take(child, message)

    def _take(self, child: Child, message: Message) -> None:
        match message.kind:
            case "ready":
                self._now_ready(child)
            case "report":
                self._plan.on_report(child, message.value)
            case "answer":
                if message.topic == METRICS and message.value is not None:
                    # What was shown counts as reported: it never falls.
                    self._plan.on_report(child, message.value)
                self._questions.take(child, message)
            case "ask":
                others = {
                    each
                    for each in self._children.values()
                    if each is not child and each.is_ready
                }
                self._questions.ask(child, message, others, time.monotonic())
            case _:
                log.error("a process said something unknown", process=child.name)

    def _now_ready(self, child: Child) -> None:
        child.is_ready = True
        if child is self._writer:
            self._seats.start_first()
            return
        self._seats.ready(child)
        if not self._is_serving and self._seats.are_all_ready:
            self._is_serving = True
            self._plan.on_serving()

    # -------------------------------------------------------------------- signals

    def _note_signal(self, number: int, _: object) -> None:
        self._state.signals.append(number)

    def _take_signals(self) -> None:
        while self._state.signals:
            number = self._state.signals.pop(0)
            if number in (signal.SIGTERM, signal.SIGINT):
                self._stop(0)
            elif number == signal.SIGHUP and self._state.status is None:
                if self._plan.is_hung_up():
                    self._stop(0)
                elif self._plan.may_replace():
                    self._seats.replace_all()

    def _stop(self, status: int) -> None:
        """Tell the fronts to end, behind them the writer."""
        if self._state.status is not None:
            return
        self._state.status = status
        if status == 0:
            log.info("stopping")
        for child in self._children.values():
            if child is not self._writer:
                self._told_to_end(child, "stop")

    def _told_to_end(self, child: Child, kind: str) -> None:
        child.send(Message(kind))
        child.kill_at_s = time.monotonic() + STOP_WITHIN_S

    # ------------------------------------------------------------------ processes

    def _reap(self) -> None:
        for pid, status in children.ended():
            child = self._children.pop(pid, None)
            if child is None:
                continue
            for message in child.remaining():
                self._take(child, message)
            with suppress(KeyError, ValueError):
                self._selector.unregister(child.line)
            child.line.close()
            self._questions.forget(child)
            self._plan.on_end(child)
            if child is self._writer:
                self._writer_ended(status)
            elif self._state.status is None:
                self._front_ended(child, status)

    def _writer_ended(self, status: int) -> None:
        self._writer = None
        if self._state.status is None:
            log.error("the writer has ended, so everything stops", status=status)
            self._stop(1)

    def _front_ended(self, child: Child, status: int) -> None:
        if not self._is_serving and not child.is_ready:
            self._stop(1)  # it has told why it cannot start
            return
        self._seats.ended(child, status, time.monotonic())

    def _start_front(self, number: int) -> Child:
        link = None
        if self._links is not None:
            link, other = socket.socketpair()
            with other, suppress(OSError):  # a dead writer is told by its end
                socket.send_fds(self._links, [b"F"], [other.fileno()])
        child = children.fork(
            f"front {number + 1}",
            lambda line: self._plan.run_front(number, line, link),
            self._forget,
        )
        if link is not None:
            link.close()
        self._watch(child)
        return child

    def _start_writer(
        self, run_writer: Callable[[socket.socket, socket.socket], int]
    ) -> None:
        self._links, theirs = socket.socketpair()
        ours = self._links

        def run(line: socket.socket) -> int:
            ours.close()
            return run_writer(line, theirs)

        self._writer = children.fork("writer", run, self._forget)
        theirs.close()
        self._watch(self._writer)

    def _stop_writer(self, writer: Child) -> None:
        """All fronts have ended: nobody needs it any more."""
        if writer.kill_at_s is None and self._links is not None:
            self._links.close()
            with suppress(ProcessLookupError):
                os.kill(writer.pid, signal.SIGTERM)
            writer.kill_at_s = time.monotonic() + STOP_WITHIN_S

    def _watch(self, child: Child) -> None:
        self._children[child.pid] = child
        self._selector.register(child.line, child.events, child)

    def _forget(self) -> None:
        """In a new process: close what is the supervisor's.

        A line of another process that stayed open here would hide the supervisor's end
        from that process.
        """
        self._selector.close()
        for end in self._wake:
            end.close()
        for child in self._children.values():
            child.line.close()
        if self._links is not None and self._writer is not None:
            self._links.close()
