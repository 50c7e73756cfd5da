"""A limit that several processes share holds for all of them together."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pushgo_compat.core.auth.rate_limit import OwnBuckets, RateLimiter
from pushgo_compat.core.auth.shared_buckets import SharedBuckets
from pushgo_compat.errors import RateLimited

_FORKS = """
import os
from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.core.auth.shared_buckets import SharedBuckets
from pushgo_compat.errors import RateLimited

limiter = RateLimiter(100, lambda: 1.0, SharedBuckets)
read, write = os.pipe()
for _ in range(4):
    if os.fork() == 0:
        passed = 0
        for _ in range(200):
            try:
                limiter.check_key("key")
                passed += 1
            except RateLimited:
                pass
        os.write(write, b"%d\\n" % passed)
        os._exit(0)
for _ in range(4):
    os.wait()
os.close(write)
print(sum(map(int, os.read(read, 1000).split())))
"""


def test_forked_processes_have_one_limit_together() -> None:
    # A fork of pytest itself would have its threads, and end in its fixtures.
    done = subprocess.run(
        (sys.executable, "-c", _FORKS), check=True, capture_output=True, text=True
    )

    assert done.stdout.strip() == "100"


def test_shared_buckets_count_as_those_of_one_process_do() -> None:
    own, shared = OwnBuckets(), SharedBuckets()
    places = [bytes([number]) * 16 for number in (1, 2, 3)]
    for step in range(60):
        given = places[step % 3], 100 + step * 0.13, 2.0, 2.0
        assert shared.take(*given) == pytest.approx(own.take(*given))


def test_a_caller_comes_back_when_it_is_told_to() -> None:
    now_s = 5.0
    limiter = RateLimiter(0.5, lambda: now_s, SharedBuckets)
    limiter.check_address("192.0.2.1")
    with pytest.raises(RateLimited) as refused:
        limiter.check_address("192.0.2.1")
    assert refused.value.retry_after_s == 2

    now_s += 2
    limiter.check_address("192.0.2.1")


def test_of_too_many_callers_the_one_that_was_quiet_longest_is_forgotten() -> None:
    buckets = SharedBuckets()
    first = bytes(15) + b"\xff"
    assert buckets.take(first, 0.5, 0.001, 1.0) == 1
    for number in range(1, 9):  # a set has eight places
        buckets.take(bytes(15) + bytes([number]), float(number), 0.001, 1.0)

    assert buckets.take(first, 9.0, 0.001, 1.0) == 1
    assert buckets.take(bytes(15) + b"\x08", 9.0, 0.001, 1.0) < 1


def test_a_refused_key_takes_nothing_of_its_address() -> None:
    limiter = RateLimiter(2, lambda: 5.0, SharedBuckets)
    limiter.check_key("spent")
    limiter.check_key("spent")

    assert not limiter.admits("192.0.2.1", "spent")
    assert limiter.admits("192.0.2.1", "fresh")
    assert limiter.admits("192.0.2.1", "fresh")
    assert not limiter.admits("192.0.2.1", "other")
