"""The rate limit: off by default, a second's worth may burst, and it says when."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgo_compat.core.auth import rate_limit
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.errors import RateLimited


@dataclass
class Seconds:
    now_s: float = 1000.0

    def __call__(self) -> float:
        return self.now_s


def passes(limiter: RateLimiter, who: str, tries: int) -> int:
    passed = 0
    for _ in range(tries):
        try:
            limiter.check_address(who)
        except RateLimited:
            continue
        passed += 1
    return passed


def test_without_a_rate_everything_passes() -> None:
    assert passes(RateLimiter(None), "a", 10_000) == 10_000


def test_a_seconds_worth_may_burst_then_the_rate_counts() -> None:
    clock = Seconds()
    limiter = RateLimiter(5, clock)
    assert passes(limiter, "a", 20) == 5
    clock.now_s += 0.5
    assert passes(limiter, "a", 20) == 2
    clock.now_s += 3600
    assert passes(limiter, "a", 20) == 5


def test_everybody_has_a_limit_of_his_own() -> None:
    limiter = RateLimiter(2, Seconds())
    assert [passes(limiter, who, 5) for who in "abc"] == [2, 2, 2]


def test_a_refused_try_does_not_put_off_the_next() -> None:
    clock = Seconds()
    limiter = RateLimiter(1, clock)
    limiter.check_address("a")
    for _ in range(10):
        clock.now_s += 0.05
        assert passes(limiter, "a", 1) == 0
    clock.now_s += 0.51
    limiter.check_address("a")


def test_an_address_as_a_key_counts_for_nobodys_address() -> None:
    limiter = RateLimiter(1, Seconds())
    limiter.check_key("192.0.2.1")
    with pytest.raises(RateLimited):
        limiter.check_key("192.0.2.1")
    limiter.check_address("192.0.2.1")


def test_an_ipv6_address_counts_by_its_network_of_64_bits() -> None:
    limiter = RateLimiter(1, Seconds())
    limiter.check_address("2001:db8::1")
    with pytest.raises(RateLimited):
        limiter.check_address("2001:db8::ffff:2")
    limiter.check_address("2001:db8:0:1::1")


def test_an_ipv4_address_written_as_ipv6_is_the_same_address() -> None:
    limiter = RateLimiter(1, Seconds())
    limiter.check_address("192.0.2.1")
    with pytest.raises(RateLimited):
        limiter.check_address("::ffff:192.0.2.1")
    limiter.check_address("::ffff:192.0.2.2")


def test_keys_are_not_kept_in_clear_nor_at_their_length() -> None:
    limiter = RateLimiter(1, Seconds())
    limiter.check_key("k" * 100_000)
    assert len(repr(vars(limiter))) < 1000


def test_only_so_many_are_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "MAX_TRACKED", 2)
    limiter = RateLimiter(1, Seconds())
    for who in "abac":
        passes(limiter, who, 1)
    assert passes(limiter, "a", 1) == 0  # seen after b, which was let go
    assert passes(limiter, "b", 1) == 1


@settings(max_examples=500)
@given(st.floats(0.01, 1000), st.lists(st.floats(0, 5), max_size=50))
def test_who_waits_as_told_passes(rate: float, pauses: list[float]) -> None:
    clock = Seconds()
    limiter = RateLimiter(rate, clock)
    for pause_s in pauses:
        clock.now_s += pause_s
        try:
            limiter.check_address("a")
        except RateLimited as refusal:
            clock.now_s += refusal.retry_after_s
            limiter.check_address("a")
