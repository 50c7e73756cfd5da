"""The fast encoder of ntfy's events writes what ``json`` writes, byte for byte."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from adapters.ntfy.event import encode_event

_TEXT = st.text(st.characters(codec=None), max_size=12)
"""Lone surrogates too: they stand for bytes of a header that are not UTF-8."""
_VALUE = st.one_of(_TEXT, st.integers(), st.booleans(), st.none())
_VALUES = st.recursive(
    _VALUE,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(_TEXT, _VALUES, max_size=6))
def test_an_event_is_the_same_bytes_as_compact_json(event: dict[str, object]) -> None:
    text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    assert encode_event(event) == text.encode("utf-8", "replace") + b"\n"
