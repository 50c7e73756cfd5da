"""A field of a stored request is found again: where it stood, and what it said."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pushgo_compat.core.receipts.sent_fields import (
    MAX_VALUE_CHARS,
    SentFields,
    StoredRequest,
)
from pushgo_compat.legacy import Place, Reading

ALL = tuple(Place)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"content-type": 'multipart/form-data; boundary="b b"'}


def stored(
    route: str = "POST /{key}",
    target: str = "/k",
    headers: dict[str, str] | None = None,
    body: str = "",
) -> StoredRequest:
    return StoredRequest(route, target, headers or {}, body)


def find(request: StoredRequest, name: str, *places: Place) -> list[tuple[str, str]]:
    fields = SentFields(request, Reading(places or ALL))
    return [(str(f.place), f.value) for f in fields.named(name)]


def test_a_path_is_read_by_the_pattern_of_its_route() -> None:
    request = stored("GET /{key}/{title}/{body}", "/jaEU…SqY/a+b/c%2Fd/?x=1")
    assert find(request, "title") == [("path", "a b")]
    assert find(request, "body") == [("path", "c/d")]


def test_the_last_part_of_a_path_may_have_no_name_of_its_own() -> None:
    request = stored("PUT /{topic}/{sequence_id}/clear", "/up…ts/door/clear")
    assert find(request, "path") == [("path", "door")]


def test_a_path_that_was_hidden_gives_nothing() -> None:
    assert find(stored("GET /{key}/{body}", "…"), "body", Place.PATH) == []


def test_headers_and_query_are_read_as_sent() -> None:
    request = stored(target="/k?t=a%20b&x", headers={"X-Title": "T"})
    assert find(request, "X-Title") == [("header", "T")]
    assert find(request, "t", Place.QUERY) == [("query", "a b")]
    assert find(request, "x", Place.QUERY) == [("query", "")]


def test_a_form_is_read_by_its_type() -> None:
    assert find(stored(headers=FORM, body="a=1%202&b="), "a", Place.FORM) == [
        ("form", "1 2")
    ]
    body = '--b b\r\ncontent-disposition: form-data; name="a"\r\n\r\nx=1\r\n--b b--'
    assert find(stored(headers=PARTS, body=body), "a", Place.FORM) == [("form", "x=1")]


@pytest.mark.parametrize(
    ("body", "name", "value"),
    [
        ('{"a": "x", "b": [1, true]}', "a", "x"),
        ('{"a": "x", "b": [1, true]}', "b", "[1,true]"),
        ('{"ext": {"url": "u"}}', "url", "u"),
        ('{"extras": {"a::b": {"c": {"d": 2}}}}', "a::b.c.d", "2"),
        ('{"a": "x", "b": "half a va', "b", "half a va"),
        ('{"a": "x", "b": {"c": 1, …', "a", "x"),
        ('{"a" "x"}', "a", None),
        ("[1]", "a", None),
        ('{"a": "\\ud800x"}', "a", "\ufffdx"),
    ],
)
def test_json_is_read_as_far_as_it_goes(body: str, name: str, value: str) -> None:
    expected = [] if value is None else [("JSON", value)]
    assert find(stored(body=body), name, Place.JSON) == expected


def test_a_body_may_be_one_field() -> None:
    assert find(stored(body="hello"), "body", Place.BODY) == [("body", "hello")]


def test_the_place_that_counts_most_comes_first() -> None:
    request = stored(target="/k?title=q", headers={"title": "h"})
    assert find(request, "title", Place.HEADER, Place.QUERY) == [
        ("header", "h"),
        ("query", "q"),
    ]
    assert find(request, "title", Place.QUERY) == [("query", "q")]


def test_of_a_name_that_was_sent_twice_the_one_that_counts_comes_first() -> None:
    request = stored(target="/k?a=1&a=2", headers=FORM, body="a=3&a=4")
    for last_counts, values in ((False, "1234"), (True, "2143")):
        reading = Reading((Place.QUERY, Place.FORM), last_counts=last_counts)
        fields = SentFields(request, reading).named("a")
        assert "".join(field.value for field in fields) == values


def test_fields_may_stand_deep_in_json() -> None:
    request = stored(body='{"id": 1, "params": {"arguments": {"id": 2}}}')
    reading = Reading((Place.JSON,), root=("params", "arguments"))
    assert [f.value for f in SentFields(request, reading).named("id")] == ["2"]
    broken = stored(body='{"id": 1, "params": {"arguments": {"id": 2')
    assert not SentFields(broken, reading).named("id")


def test_a_name_in_another_case_is_found_where_none_is_written_alike() -> None:
    request = stored(target="/k?title=q&Title=t")
    assert find(request, "Title", Place.QUERY) == [("query", "t")]
    assert len(find(request, "TITLE", Place.QUERY)) == 2


def test_a_value_is_cut() -> None:
    ((_, value),) = find(stored(body="x" * 4096), "body", Place.BODY)
    assert len(value) == MAX_VALUE_CHARS


@given(st.text(), st.text(), st.sampled_from([FORM, PARTS, {}]))
def test_any_request_can_be_read(
    target: str, body: str, headers: dict[str, str]
) -> None:
    fields = SentFields(
        stored("GET /{key}/{body}", target, headers, body), Reading(ALL)
    )
    json.dumps([field.value for field in fields.named("body")])


@given(st.recursive(st.none(), lambda inner: st.dictionaries(st.text(), inner)))
def test_any_document_can_be_read(document: object) -> None:
    SentFields(stored(body=json.dumps(document)), Reading((Place.JSON,)))
