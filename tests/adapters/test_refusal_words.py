"""The words of each dialect's own refusals, for the operator."""

from __future__ import annotations

import pytest

from adapters.bark import BARK
from adapters.gotify import GOTIFY
from adapters.ntfy import NTFY
from adapters.ntfy.errors import ERRORS
from adapters.serverchan import SERVERCHAN
from pushgo_compat.legacy import Dialect

DIALECTS: list[Dialect] = [BARK, GOTIFY, NTFY, SERVERCHAN]
NOT_ITS_OWN = {
    # The core's refusals have reasons of their own.
    "40000", "40301", "41301", "42901", "50001",
    # A subscriber's bad parameter is an answer, no refusal of a publish.
    "40008", "40016",
    # No publish and no account comes to it.
    "40023",
}  # fmt: skip


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: dialect.source)
def test_both_languages_say_the_same_about_the_value(dialect: Dialect) -> None:
    assert dialect.refusals
    for code, text in dialect.refusals.items():
        for words in text:
            assert words == words.strip(), code
            assert not words.endswith((".", "。")), code
        assert text.en.count("{value}") == text.zh.count("{value}") <= 1, code
        assert not text.zh.isascii(), code


def test_every_number_that_ntfy_refuses_with_has_a_sentence() -> None:
    numbers = set(map(str, ERRORS))
    assert numbers - set(NTFY.refusals) == NOT_ITS_OWN
