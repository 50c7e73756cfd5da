"""Digests, tokens and masks made from the secret key."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.core.auth.secrets import SecretKey, make_password, mask
from pushgo_compat.model import Source
from tests.golden import CHANNEL_ID

FIRST, SECOND = SecretKey(b"the first secret"), SecretKey(b"the second secret")


def test_a_short_secret_is_refused_without_showing_it() -> None:
    with pytest.raises(ValueError, match="16 bytes") as caught:
        SecretKey(b"hunter2hunter2!")
    assert "hunter2" not in str(caught.value)


def test_the_secret_does_not_show() -> None:
    assert "first" not in repr(FIRST)


def test_digests_depend_on_secret_dialect_and_key() -> None:
    digests = [
        secret.alias_digest(dialect, key)
        for secret in (FIRST, SECOND)
        for dialect in Source.all()
        for key in ("key", "Key", "", "kéy", "\udcff")
    ]
    assert len({*digests}) == len(digests)
    assert FIRST.alias_digest(Source.NTFY, "key") == digests[5]


def test_digests_of_credentials_tell_tokens_from_logins() -> None:
    pairs = [(None, "s"), ("", "s"), ("u", "s"), ("us", ""), ("u", "S")]
    digests = {FIRST.credential_digest(*pair) for pair in pairs}
    assert len(digests) == len(pairs)


@given(st.integers(0, 2**53))
def test_a_read_token_is_12_letters_and_digits_of_its_number(number: int) -> None:
    token = FIRST.read_token(number)
    assert re.fullmatch(r"[A-Za-z0-9]{12}", token)
    assert FIRST.is_read_token(number, token)
    assert not FIRST.is_read_token(number + 1, token)
    assert not SECOND.is_read_token(number, token)


@pytest.mark.parametrize("token", ["", "密", "\udcff", "x" * 1000])
def test_any_text_may_be_shown_as_a_read_token(token: str) -> None:
    assert not FIRST.is_read_token(1, token)


def test_passwords_are_made_at_random() -> None:
    made = [make_password() for _ in range(100)]
    assert len({*made}) == 100
    assert all(re.fullmatch(r"[a-z0-9]{28}", password) for password in made)


def test_a_mask_shows_the_ends_of_a_long_key() -> None:
    assert mask("jaEUcYvBQ4Qtn2LWYWSQqY") == "jaEU…QqY"


@given(st.text(max_size=80))
def test_a_mask_hides_at_least_half_of_the_key(key: str) -> None:
    hint = mask(key)
    assert len(hint) - 1 <= len(key) / 2
    assert len(hint) <= 8


def test_the_hint_of_a_universal_key_shows_nothing_of_the_password() -> None:
    assert mask(CHANNEL_ID + "geheim78") == f"{CHANNEL_ID[:4]}…"


@pytest.mark.parametrize("prefix", ["SCU", "SCT", "sctp1t"])
def test_nor_does_it_behind_a_prefix_of_serverchan(prefix: str) -> None:
    assert mask(prefix + CHANNEL_ID + "geheim78").endswith("…")
