"""The short way of a native message's fields takes only what the schema takes."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pushgo_compat.errors import InvalidRequest
from pushgo_compat.schemas.fields import MAX_TIME_MS
from pushgo_compat.schemas.message import FIELD_NAMES, accept_request, check_request

CHANNEL_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MR"
A_SEED = 40
"""Documents made from one seed: Hypothesis alone takes 9 ms to draw one."""
SEEDS = 100 if settings.get_current_profile_name() == "same" else 2_500
"""4,000 documents in ``make test``, the same each time; 100,000 in a round of ``make
fuzz``."""
_LETTERS = "aZ9_:- \t\n\0.é字,"
_ODD_NUMBERS: tuple[float, ...] = (
    0,
    -1,
    999_999_999_999,
    10**12,
    1e12,
    1.5,
    -0.0,
    2**63,
    1e300,
)
_ODD_NUMBERS += (MAX_TIME_MS, MAX_TIME_MS + 1, -MAX_TIME_MS, -MAX_TIME_MS - 1)
_EDGES = (63, 64, 65, 127, 128, 129, 512, 513, 2048, 2049)


def _text(rng: Random) -> str:
    if not rng.randrange(8):
        return "a" * rng.choice(_EDGES)
    return "".join(rng.choices(_LETTERS, k=rng.randrange(8)))


def _word(rng: Random) -> str:
    return "".join(rng.choices("aZ9_:-", k=rng.randrange(1, 9)))


def _number(rng: Random) -> object:
    number = rng.choice([*_ODD_NUMBERS, rng.randrange(2 * 10**12), rng.random()])
    return rng.choice([number, number, str(number), f" {number} "])


def _scalar(rng: Random) -> object:
    return rng.choice([None, True, False, _number(rng), _text(rng), _text(rng)])


def _list(rng: Random) -> object:
    if not rng.randrange(8):
        return [f"t{i}" for i in range(rng.choice([31, 32, 33]))]
    make = rng.choice([_word, _text, _scalar])
    return [make(rng) for _ in range(rng.randrange(4))]


def _object(rng: Random) -> object:
    return {_text(rng): _scalar(rng) for _ in range(rng.randrange(4))}


def _anything(rng: Random) -> object:
    return rng.choice([_scalar, _list, _object, _number])(rng)


def _one_of(*values: object) -> Callable[[Random], object]:
    return lambda rng: rng.choice(values)


_GOOD: dict[str, Callable[[Random], object]] = {
    "channel_id": _one_of(CHANNEL_ID, CHANNEL_ID.lower()),
    "password": _one_of("8-letter", "  padded password  ", "a" * 128),
    "title": _one_of("t", " Backup ", "字"),
    "body": _text,
    "op_id": _word,
    "thing_id": _word,
    "occurred_at": _number,
    "severity": _one_of("critical", "HIGH", " low ", "loud", ""),
    "ttl": _number,
    "url": _one_of("https://a", "javascript:1", "java\tscript:1", " data:x", "a:b"),
    "images": _list,
    "tags": _list,
    "ciphertext": _one_of(" ", "", "c1ph3r"),
    "metadata": _object,
}


def _document(rng: Random) -> dict[str, object]:
    """Mostly good fields, sometimes one spoilt, unknown or missing, in any order."""
    names = {"channel_id", "password", "title"}
    names |= set(rng.sample(FIELD_NAMES, rng.randrange(7)))
    order = rng.sample(sorted(names), len(names))
    data = {name: _GOOD[name](rng) for name in order}
    match rng.randrange(6):
        case 0:
            data[rng.choice(order)] = _anything(rng)
        case 1:
            data[rng.choice(["unknown", "Title", ""])] = _scalar(rng)
        case 2:
            del data[rng.choice(order)]
        case _:
            pass
    return data


def test_every_field_of_the_schema_is_tried() -> None:
    assert tuple(_GOOD) == FIELD_NAMES


@pytest.mark.timeout(900)
@settings(max_examples=SEEDS)
@given(st.integers(0, 2**64 - 1))
def test_the_short_way_accepts_what_the_schema_accepts_and_reads_it_alike(
    seed: int,
) -> None:
    rng = Random(seed)
    for _ in range(A_SEED):
        data = _document(rng)
        accepted = accept_request(data)
        try:
            checked = check_request(data)
        except InvalidRequest:
            assert accepted is None, data
        else:
            # Also the other way round: the slow way would be right, but dear.
            assert accepted is not None, data
            assert accepted == checked, data
            # 1 is neither True nor 1.0.
            assert repr(accepted.message) == repr(checked.message), data


def test_a_request_shows_no_password() -> None:
    accepted = accept_request(
        {"channel_id": CHANNEL_ID, "password": "8-letter", "title": "t"}
    )
    assert accepted is not None
    assert "8-letter" not in repr(accepted)
