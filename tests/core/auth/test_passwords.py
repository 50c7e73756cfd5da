"""Passwords: the rule, the hash, what a broken store must not hide."""

from __future__ import annotations

import pytest
from argon2.exceptions import InvalidHashError

from pushgo_compat.core.auth.passwords import (
    clean_password,
    dummy_hash,
    hash_password,
    verify_password,
)


def test_a_password_verifies_against_its_own_hash_only() -> None:
    made = hash_password("correct horse")
    assert made.startswith("$argon2id$")
    assert "horse" not in made
    assert verify_password(made, "correct horse")
    assert not verify_password(made, "correct horsf")


def test_two_hashes_of_one_password_differ() -> None:
    assert hash_password("correct horse") != hash_password("correct horse")


def test_a_broken_hash_raises_instead_of_refusing() -> None:
    with pytest.raises(InvalidHashError):
        verify_password("not a hash", "correct horse")


def test_broken_bytes_in_a_login_match_nothing() -> None:
    assert not verify_password(hash_password("correct horse"), "correct\udcff")


def test_the_dummy_is_one_hash_that_nothing_opens() -> None:
    assert dummy_hash() is dummy_hash()
    assert not verify_password(dummy_hash(), "")


@pytest.mark.parametrize("password", ["12345678", "x" * 128, "  padded88  ", "密" * 8])
def test_legal_passwords_are_trimmed_and_kept(password: str) -> None:
    assert clean_password(password) == password.strip()


@pytest.mark.parametrize(
    "password", ["", "1234567", "  1234567  ", "x" * 129, "12345678\0", "1234567\udcff"]
)
def test_passwords_that_no_request_could_carry_are_refused(password: str) -> None:
    with pytest.raises(ValueError, match="a password"):
        clean_password(password)
