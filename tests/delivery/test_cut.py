"""Payloads fit their limit: body first, never inside a character."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.delivery.sending.cut import DoesNotFit, clip_utf8, fit_body


@given(st.text(max_size=400), st.integers(min_value=40, max_value=500))
def test_whatever_the_body_the_limit_holds_and_the_rest_stays(
    body: str, limit: int
) -> None:
    fields = {"title": "T", "body": body}
    encoded, cut = fit_body(fields, orjson.dumps, limit)
    assert len(encoded) <= limit
    shown = orjson.loads(encoded)
    assert shown["title"] == "T"
    if cut:
        assert body.startswith(shown["body"].removesuffix("…").rstrip())
    else:
        assert shown["body"] == body


def test_optional_fields_go_one_by_one_when_the_body_is_not_enough() -> None:
    fields = {"title": "T", "body": "b" * 50, "images": ["x" * 50], "tags": ["t"]}
    encoded, cut = fit_body(fields, orjson.dumps, 50, then_drop=("images", "tags"))
    assert orjson.loads(encoded) == {"title": "T", "body": "…", "tags": ["t"]}
    assert cut == "body cut, images dropped"


def test_what_never_fits_is_said_so() -> None:
    with pytest.raises(DoesNotFit):
        fit_body({"title": "T" * 100}, orjson.dumps, 50, then_drop=("images",))


@pytest.mark.parametrize(
    ("text", "limit", "clipped"),
    [
        ("abc", 3, "abc"),
        ("abc", 2, "ab"),
        ("汉字", 5, "汉"),
        ("汉", 2, ""),
        ("a", -1, ""),
    ],
)
def test_text_is_clipped_on_a_character_border(
    text: str, limit: int, clipped: str
) -> None:
    assert clip_utf8(text, limit) == clipped
