"""The native wire format: rules that golden cases cannot exhaust."""

from __future__ import annotations

import json
import string
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.errors import InvalidRequest
from pushgo_compat.model import NativeMessage, Severity
from pushgo_compat.schemas import (
    decode_message,
    encode_message,
    load_request,
    parse_json_object,
    parse_query,
)
from pushgo_compat.schemas.message import FIELD_NAMES, _schema_for
from pushgo_compat.web.native.error_texts import SENTENCES

CHANNEL_ID = "06J0FZG1Y8XGG14VTQ4Y3G10MR"
REQUIRED = {"channel_id": CHANNEL_ID, "password": "8-letter", "title": "t"}


def load(**fields: object) -> NativeMessage:
    return load_request({**REQUIRED, **fields}).message


def code_of(read: Callable[[], object]) -> str:
    """The code of the refusal; "" when there is none."""
    try:
        read()
    except InvalidRequest as refused:
        return refused.code
    return ""


def fault(data: dict[str, Any]) -> str:
    return code_of(lambda: load_request(data))


words = st.text(string.ascii_letters + "字é", min_size=1, max_size=20)
messages = st.builds(
    NativeMessage,
    title=words,
    body=st.none() | words,
    op_id=st.none() | st.text(string.ascii_letters + "_:-", min_size=1, max_size=128),
    thing_id=st.none(),
    occurred_at_ms=st.none() | st.integers(10**12, 2**53 - 1),
    severity=st.sampled_from(Severity),
    ttl_ms=st.none() | st.integers(10**12, 2**53 - 1),
    url=st.none() | words,
    images=st.lists(words, max_size=32, unique=True).map(tuple),
    tags=st.lists(words, max_size=32, unique=True).map(tuple),
    ciphertext=st.none() | words,
    metadata=st.dictionaries(
        words,
        words | st.integers(-(2**63), 2**63 - 1) | st.booleans() | st.floats(0, 1),
        max_size=5,
    ),
)


@given(messages)
def test_a_stored_message_reads_back_as_it_was(message: NativeMessage) -> None:
    assert decode_message(encode_message(message)) == message


@given(messages)
def test_a_stored_message_is_a_legal_request(message: NativeMessage) -> None:
    fields = parse_json_object(encode_message(message))
    assert load_request(REQUIRED | fields).message == message


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(FIELD_NAMES) | st.text(), json_values))
def test_any_object_is_read_or_refused_with_a_known_code(data: dict[str, Any]) -> None:
    assert fault(REQUIRED | data) in {"", *SENTENCES}


@given(st.binary())
def test_any_body_is_an_object_or_refused(body: bytes) -> None:
    code = code_of(lambda: parse_json_object(body))
    assert code in {"", "invalid_json_syntax", "invalid_json_data"}


@given(st.text())
def test_any_query_is_read_or_refused(query: str) -> None:
    code = code_of(lambda: load_request(REQUIRED | parse_query(query)))
    assert code in {"", *SENTENCES}


@pytest.mark.parametrize(
    ("given", "milliseconds"),
    [
        (0, 0),
        (1710000000, 1710000000000),
        (1710000000.25, 1710000000250),
        (" 1710000000 ", 1710000000000),
        ("1.71e9", 1710000000000),
        (-(10**12), -(10**12)),
        (2**53 - 1, 2**53 - 1),
    ],
)
def test_a_time_is_kept_as_milliseconds(given: object, milliseconds: int) -> None:
    assert load(occurred_at=given).occurred_at_ms == milliseconds
    assert load(ttl=given).ttl_ms == milliseconds


@pytest.mark.parametrize(
    "broken",
    [True, 2**53, 1e300, "1e999", "+1", "0x10", "١٢٣", "1_0", "-", "9" * 5000, [], {}],
)
def test_what_is_no_time_is_refused(broken: object) -> None:
    assert fault({**REQUIRED, "occurred_at": broken}) == "occurred_at_invalid"
    assert fault({**REQUIRED, "ttl": broken}) == "ttl_invalid"


def test_occurred_at_is_required_with_a_thing_only() -> None:
    code = "occurred_at_required_for_thing_scoped_message"
    assert fault({**REQUIRED, "thing_id": "x"}) == code
    assert fault({**REQUIRED, "thing_id": "x", "occurred_at": " "}) == code
    assert load(thing_id=" ", occurred_at=None).thing_id is None


def test_faults_come_in_the_order_of_the_table() -> None:
    everything_wrong: dict[str, object] = {name: [[]] for name in FIELD_NAMES}
    codes = []
    for name in FIELD_NAMES:
        codes.append(fault(everything_wrong))
        everything_wrong[name] = {**REQUIRED, "occurred_at": 1}.get(name)
    assert codes == [
        "invalid_channel_id",
        "invalid_password",
        "title_required",
        "invalid_json_data",
        "op_id_invalid",
        "thing_id_invalid",
        "occurred_at_invalid",
        "invalid_json_data",
        "ttl_invalid",
        "url_invalid",
        "images_invalid",
        "tags_invalid",
        "invalid_json_data",
        "metadata_invalid",
    ]


@pytest.mark.parametrize(
    "url",
    ["javascript:x", "JAVASCRIPT:x", "\x01javascript:x", "java\nscript:x", "data:,x"],
)
def test_a_url_that_runs_is_refused_however_it_is_disguised(url: str) -> None:
    assert fault({**REQUIRED, "url": url}) == "url_invalid"


def test_metadata_keeps_types_and_counts_trimmed_text() -> None:
    metadata = {" a ": True, "b": 0, "c": 0.5, "d": " x "}
    assert load(metadata=metadata).metadata == {"a": True, "b": 0, "c": 0.5, "d": " x "}


def test_nul_is_found_however_deep_it_lies() -> None:
    for data in ({"a": [{"b": "\0"}]}, {"a": {"\0": 1}}, {"\0": 1}):
        body = json.dumps(data).encode()
        assert code_of(partial(parse_json_object, body)) == "invalid_json_data"


def test_a_password_shows_in_no_repr() -> None:
    assert "8-letter" not in repr(load_request(REQUIRED))


def test_the_schemas_that_are_kept_are_bounded() -> None:
    assert _schema_for.cache_info().maxsize == 256
