"""The forms of a key, and fresh ones in the shapes that clients expect."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.core.auth.key_forms import (
    is_password_length,
    make_alias_key,
    make_channel_id,
    parse_channel_id,
    password_candidates,
    split_key,
)
from pushgo_compat.model import CROCKFORD, Source
from tests.dialects import GOTIFY, KEYS
from tests.golden import CHANNEL_ID

CHANNEL_IDS = st.text(sorted(CROCKFORD), min_size=26, max_size=26)


@given(CHANNEL_IDS, st.text(max_size=40))
def test_every_key_with_an_id_in_front_is_split_behind_it(
    channel_id: str, rest: str
) -> None:
    assert split_key(channel_id + rest) == (channel_id, rest)
    assert split_key(channel_id.lower() + rest) == (channel_id, rest)
    assert rest in password_candidates(rest)


@given(CHANNEL_IDS, st.text("ilouILOU!é :%", min_size=1, max_size=1))
def test_no_other_symbol_makes_a_channel_id(channel_id: str, wrong: str) -> None:
    assert parse_channel_id(wrong + channel_id[1:]) is None
    assert parse_channel_id(channel_id[:-1] + wrong) is None


@pytest.mark.parametrize("text", ["", CHANNEL_ID[:-1], CHANNEL_ID + "0", "é" * 26])
def test_an_id_has_26_characters(text: str) -> None:
    assert parse_channel_id(text) is None


@pytest.mark.parametrize(
    ("rest", "candidates"),
    [
        ("secret", ["secret"]),
        (":secret", [":secret", "secret"]),
        ("_secret", ["_secret", "secret"]),
        ("-secret", ["-secret", "secret"]),
        ("--secret", ["--secret", "-secret"]),
        ("%3Asecret", ["%3Asecret", "secret"]),
        (".secret", [".secret"]),
    ],
)
def test_one_separator_may_lead_the_password(rest: str, candidates: list[str]) -> None:
    assert list(password_candidates(rest)) == candidates


def test_a_password_has_8_to_128_characters() -> None:
    legal = [length for length in range(200) if is_password_length("密" * length)]
    assert legal == list(range(8, 129))


def test_fresh_channel_ids_differ_and_are_ids() -> None:
    made = {make_channel_id() for _ in range(100)}
    assert len(made) == 100
    assert all(parse_channel_id(one) == one for one in made)


SHAPES = {
    Source.NTFY: r"[A-Za-z0-9]{24}",  # any topic: [-_A-Za-z0-9]{1,64}
    Source.BARK: r"[A-Za-z0-9]{22}",  # as bark-server makes them
    GOTIFY: r"A[A-Za-z0-9]{14}",
    Source.SERVERCHAN: r"SCT[1-9][0-9]{5}T[A-Za-z0-9]{28}",
}


@pytest.mark.parametrize(("dialect", "shape"), SHAPES.items())
def test_a_fresh_alias_key_has_the_shape_of_its_dialect(
    dialect: Source, shape: str
) -> None:
    made = {make_alias_key(KEYS[dialect]) for _ in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(shape, key) for key in made)
