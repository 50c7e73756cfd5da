"""The breaker: five failures, one probe at a time, a pause for an operator."""

from __future__ import annotations

import random

from pushgo_compat.core.delivery import Retry
from pushgo_compat.delivery.lanes.backoff import LONGEST_S, SHORTEST_S, retry_after_s
from pushgo_compat.delivery.lanes.breaker import PAUSED_PROBE_MS, Breaker, Change
from pushgo_compat.delivery.sending.apns.outcomes import outcome_of


def draw() -> random.Random:
    return random.Random(7)


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(5):
        breaker.failed(0, "down", draw())
    return breaker


def test_five_failures_in_a_row_open_it() -> None:
    breaker = Breaker()
    changes = [breaker.failed(0, "down", draw()) for _ in range(6)]
    assert changes == [None] * 4 + [Change.OPENED, None]
    assert not breaker.may_send(1)


def test_a_success_between_failures_keeps_it_closed() -> None:
    breaker = Breaker()
    for _ in range(20):
        for _ in range(4):
            assert breaker.failed(0, "down", draw()) is None
        assert breaker.succeeded() is None
    assert breaker.may_send(0)


def test_one_probe_goes_out_at_a_time() -> None:
    breaker = opened()
    due = breaker.probe_at_ms
    assert 5_000 <= due <= 6_000
    assert not breaker.may_send(due - 1)
    assert breaker.may_send(due)
    breaker.started()
    assert not breaker.may_send(due)
    breaker.abandoned()
    assert breaker.may_send(due)


def test_probes_come_twice_as_late_up_to_five_minutes() -> None:
    breaker = opened()
    waits = []
    now_ms = 0
    for _ in range(9):
        waits.append(breaker.probe_at_ms - now_ms)
        now_ms = breaker.probe_at_ms
        breaker.started()
        breaker.failed(now_ms, "down", draw())
    assert all(5_000 * 2**n <= wait for n, wait in enumerate(waits[:6]))
    assert all(300_000 <= wait <= 360_000 for wait in waits[6:])


def test_one_success_closes_it() -> None:
    breaker = opened()
    breaker.started()
    assert breaker.succeeded() is Change.CLOSED
    assert breaker.may_send(0)
    assert breaker.reason is None


def test_a_provider_that_names_a_time_is_left_alone_until_then() -> None:
    breaker = Breaker()
    assert breaker.failed(0, "quota", draw(), 3_600) is Change.OPENED
    assert breaker.probe_at_ms >= 3_600_000


def test_a_provider_that_counts_tokens_is_asked_twice_as_late_up_to_20_minutes() -> (
    None
):
    refused = outcome_of(429, "TooManyProviderTokenUpdates")
    assert isinstance(refused, Retry)
    breaker = Breaker()
    waits = []
    now_ms = 0
    for _ in range(8):
        breaker.started()
        breaker.failed(
            now_ms, refused.reason, draw(), refused.after_s, refused.longest_s
        )
        waits.append((breaker.probe_at_ms - now_ms) / 60_000)
        now_ms = breaker.probe_at_ms
    assert waits == [1, 2, 4, 8, 16, 20, 20, 20]


def test_a_wrong_credential_pauses_and_a_change_probes_at_once() -> None:
    breaker = Breaker()
    assert breaker.misconfigured(0, "wrong key") is Change.PAUSED
    assert breaker.misconfigured(0, "wrong key") is None
    assert breaker.is_paused
    assert not breaker.may_send(PAUSED_PROBE_MS - 1)
    breaker.probe_soon()
    assert breaker.may_send(1)


def test_the_back_off_is_random_below_a_growing_bound() -> None:
    for attempts in range(1, 30):
        waits = [retry_after_s(attempts, None, random.Random(n)) for n in range(50)]
        assert min(waits) >= SHORTEST_S
        assert max(waits) <= min(LONGEST_S, 2.0**attempts)
        assert len(set(waits)) > 25 or attempts < 2


def test_what_the_provider_asked_for_is_a_floor() -> None:
    assert retry_after_s(1, 40.0, draw()) == 40.0
