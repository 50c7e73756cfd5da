"""The one reader of Basic, as strict as each door asks."""

from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from pushgo_compat.basic_login import read_basic


def test_a_pair_is_read_up_to_the_first_colon() -> None:
    assert read_basic(b64encode(b"user:pass:word").decode()) == ("user", "pass:word")
    assert read_basic(" " + b64encode(b":").decode() + " ") == ("", "")


@pytest.mark.parametrize("encoded", ["", "dXNlcg==", "%%%", "é", "dTpw\n!"])
@pytest.mark.parametrize("forgiving", [False, True])
def test_what_is_no_pair_is_none(encoded: str, forgiving: bool) -> None:
    assert read_basic(encoded, forgiving=forgiving) is None


def test_padding_and_the_urls_alphabet_are_forgiven_only_on_demand() -> None:
    encoded = urlsafe_b64encode(b"u:>>>???").decode().rstrip("=")
    assert read_basic(encoded) is None
    assert read_basic(encoded, forgiving=True) == ("u", ">>>???")


def test_bytes_that_are_not_utf_8_are_read_as_asked() -> None:
    encoded = b64encode(b"u:\xff").decode()
    assert read_basic(encoded) is None
    assert read_basic(encoded, errors="replace") == ("u", "\ufffd")
    assert read_basic(encoded, errors="surrogateescape") == ("u", "\udcff")
