"""Message ids: unique in their leading 71 bits, growing, telling the time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.storage.ids import (
    ID_BYTES,
    RANDOM_BITS,
    IdMaker,
    first_position_at,
    time_of,
)
from tests.golden import NOW_MS

MS = st.integers(0, 2**48 - 1)


def leading_bits(message_id: bytes) -> int:
    return int.from_bytes(message_id, "big") >> RANDOM_BITS


def test_the_leading_71_bits_of_100_000_ids_differ_and_grow() -> None:
    maker = IdMaker()
    made = [one for turn in range(1000) for one in maker.make(NOW_MS + turn % 7, 100)]
    assert {len(one) for one in made} == {ID_BYTES}
    leading = [leading_bits(one) for one in made]
    assert all(before < after for before, after in pairwise(leading))
    assert made == sorted(made)


def test_the_last_57_bits_cannot_be_guessed() -> None:
    tails = [one[-7:] for one in IdMaker().make(NOW_MS, 10_000)]
    assert len({*tails}) == len(tails)


def test_two_makers_seldom_meet_in_one_millisecond() -> None:
    firsts = [leading_bits(IdMaker().make(NOW_MS, 1)[0]) for _ in range(100)]
    assert len({*firsts}) > 90


@given(st.lists(st.tuples(MS, st.integers(0, 5)), max_size=20))
def test_ids_grow_whatever_the_clock_does(turns: list[tuple[int, int]]) -> None:
    maker, made = IdMaker(), []
    for now_ms, count in turns:
        new = maker.make(now_ms, count)
        assert len(new) == count
        assert all(time_of(one) >= now_ms for one in new)
        made += new
    assert [leading_bits(one) for one in made] == sorted(
        {leading_bits(one) for one in made}
    )


@given(MS, MS)
def test_ids_go_on_after_the_newest_in_the_store(stored_ms: int, now_ms: int) -> None:
    (newest,) = IdMaker().make(stored_ms, 1)
    maker = IdMaker()
    maker.go_on_after(newest)
    (after,) = maker.make(now_ms, 1)
    maker.go_on_after(newest)
    assert newest < after < maker.make(now_ms, 1)[0]


@given(MS)
def test_an_id_stands_in_its_own_millisecond(now_ms: int) -> None:
    (made,) = IdMaker().make(now_ms, 1)
    assert time_of(made) == now_ms
    assert first_position_at(now_ms) <= made < first_position_at(now_ms + 1)


@given(st.integers())
def test_any_time_has_a_first_position(unix_ms: int) -> None:
    assert len(first_position_at(unix_ms)) == ID_BYTES
