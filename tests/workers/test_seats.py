"""Seats: who is started, who is told to leave, and when; without real processes."""

from __future__ import annotations

import socket

import pytest

from pushgo_compat.workers.children import Child
from pushgo_compat.workers.seats import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    START_WITHIN_S,
    STEADY_AFTER_S,
    Seats,
)

NOW_S = 1000.0


class Started:
    """What seats have started and told."""

    def __init__(self, count: int = 2) -> None:
        self.children: list[Child] = []
        self.told: list[tuple[Child, str]] = []
        self.numbers: list[int] = []
        self.seats = Seats(count, self._start, self._tell)

    def _start(self, number: int) -> Child:
        ours, theirs = socket.socketpair()
        theirs.close()
        child = Child(1 + len(self.children), ours, f"front {number + 1}")
        ours.close()
        child.started_s = NOW_S
        self.children.append(child)
        self.numbers.append(number)
        return child

    def _tell(self, child: Child, kind: str) -> None:
        self.told.append((child, kind))

    def ready(self, *numbers: int) -> None:
        for number in numbers:
            self.children[number].is_ready = True
            self.seats.ready(self.children[number])

    def end(self, number: int, now_s: float = NOW_S, status: int = -9) -> None:
        self.seats.ended(self.children[number], status, now_s)


@pytest.fixture
def started() -> Started:
    """Two fronts that serve."""
    started = Started()
    started.seats.start_first()
    started.ready(0, 1)
    return started


def test_the_others_are_started_when_the_first_serves() -> None:
    started = Started(3)
    started.seats.start_first()
    assert started.numbers == [0]

    started.ready(0)

    assert started.numbers == [0, 1, 2]
    assert not started.seats.are_all_ready
    started.ready(1, 2)
    assert started.seats.are_all_ready


def test_a_front_that_dies_again_and_again_waits_longer_each_time(
    started: Started,
) -> None:
    pauses = []
    now_s = NOW_S
    for _ in range(12):
        started.end(len(started.children) - 1, now_s)
        due_s = started.seats.due_s
        assert due_s is not None
        pauses.append(due_s - now_s)
        now_s = due_s
        started.seats.look(now_s)
        started.children[-1].started_s = now_s
        started.ready(len(started.children) - 1)

    assert pauses[:3] == pytest.approx([0, FIRST_PAUSE_S, 2 * FIRST_PAUSE_S])
    assert pauses[-1] == pytest.approx(LONGEST_PAUSE_S)
    assert set(started.numbers[2:]) == {1}


def test_a_front_that_has_run_for_a_while_is_started_at_once(started: Started) -> None:
    started.end(1)
    started.seats.look(NOW_S)
    started.ready(2)
    started.end(2, NOW_S + STEADY_AFTER_S)

    assert started.seats.due_s == NOW_S + STEADY_AFTER_S


def test_fronts_are_replaced_one_by_one_and_leave_when_the_new_one_serves(
    started: Started,
) -> None:
    old = started.children[:2]
    started.seats.replace_all()
    assert started.numbers == [0, 1, 0]
    assert started.told == []

    started.ready(2)
    assert started.told == [(old[0], "drain")]
    assert len(started.children) == 3

    started.end(0, status=0)
    assert started.numbers == [0, 1, 0, 1]
    started.ready(3)
    started.end(1, status=0)

    assert started.told == [(old[0], "drain"), (old[1], "drain")]
    assert started.seats.due_s is None
    assert started.seats.are_all_ready


def test_the_old_fronts_stay_when_a_new_one_does_not_start(started: Started) -> None:
    started.seats.replace_all()
    started.end(2, status=1)

    assert started.told == []
    assert len(started.children) == 3
    assert started.seats.are_all_ready


def test_a_new_front_takes_the_seat_of_one_that_died_meanwhile(
    started: Started,
) -> None:
    started.seats.replace_all()
    started.end(0)
    assert started.seats.due_s == NOW_S + START_WITHIN_S  # nobody else is started

    started.ready(2)

    assert started.numbers == [0, 1, 0, 1]
    assert started.told == []


def test_an_order_during_an_order_replaces_all_once_more(started: Started) -> None:
    started.seats.replace_all()
    started.seats.replace_all()
    assert len(started.children) == 3

    started.ready(2)
    started.end(0, status=0)
    started.ready(3)
    started.end(2, status=0)
    started.ready(4)
    started.end(1, status=0)

    assert started.seats.are_all_ready
    assert sorted(started.numbers[2:]) == [0, 0, 1]


def test_a_front_that_is_only_starting_is_replaced_when_it_serves(
    started: Started,
) -> None:
    started.end(0)
    started.seats.look(NOW_S)
    started.seats.replace_all()
    assert len(started.children) == 3

    started.ready(2)

    assert started.numbers == [0, 1, 0, 0]


def test_a_front_that_takes_too_long_to_serve_is_killed(started: Started) -> None:
    started.end(0)
    started.seats.look(NOW_S)
    started.seats.look(NOW_S + START_WITHIN_S)

    assert started.children[2].kill_at_s is not None
