"""A note names the field that it speaks of, as the sender wrote it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.bark import BARK
from adapters.ntfy import NTFY
from adapters.serverchan import SERVERCHAN
from pushgo_compat.legacy import Dialect, LegacyRefusal, LegacyRequest, Note, Publish
from pushgo_compat.model import Upload
from tests.adapters.bark import test_bark_fuzz
from tests.adapters.ntfy import test_ntfy_properties
from tests.adapters.serverchan import test_serverchan_properties
from tests.golden import KEY, NOW_MS

UPLOAD = Upload(file_id="f", size_bytes=3, head=b"abc", expires_at_ms=NOW_MS + 10_000)
JSON_TYPE = (("Content-Type", "application/json"),)


def post(
    path: str,
    body: bytes = b"",
    query: str = "",
    headers: Sequence[tuple[str, str]] = (),
) -> LegacyRequest:
    return LegacyRequest(
        method="POST",
        path=path,
        query=query,
        headers=CIMultiDictProxy(CIMultiDict(headers)),
        body=body,
        received_at_ms=NOW_MS,
    )


def notes_of(dialect: Dialect, request: LegacyRequest) -> Sequence[Note]:
    """The notes on a request; none where it is refused or sends nothing."""
    try:
        call = dialect.open(request)
        if not isinstance(call, Publish):
            return ()
        if call.begin_upload is not None:
            return call.begin_upload()(UPLOAD).notes
        return call.translate().notes
    except LegacyRefusal:
        return ()


def check(dialect: Dialect, request: LegacyRequest) -> None:
    for note in notes_of(dialect, request):
        assert note.field.strip(), note


@settings(deadline=None, max_examples=300)
@given(test_ntfy_properties.REQUESTS)
@example(post("/", json.dumps({"topic": KEY}).encode(), "filename=0"))
@example(post("/", json.dumps({"topic": KEY, "": 1, " ": 2}).encode()))
def test_every_note_of_ntfy_names_a_field(request: LegacyRequest) -> None:
    check(NTFY, request)


@settings(deadline=None, max_examples=300)
@given(test_bark_fuzz.requests)
@example(post(f"/{KEY}", b'{"": "x", "a": {"": null}}', headers=JSON_TYPE))
def test_every_note_of_bark_names_a_field(request: LegacyRequest) -> None:
    check(BARK, request)


@settings(deadline=None, max_examples=300)
@given(test_serverchan_properties.requests)
@example(post("/k.send", b'{"title": "t", "": "x", "\\u0000": []}', headers=JSON_TYPE))
@example(post("/k.send", b"+=x&%00=y", "title=t"))
def test_every_note_of_serverchan_names_a_field(request: LegacyRequest) -> None:
    check(SERVERCHAN, request)


TOPIC_ONLY = json.dumps({"topic": KEY}).encode()


@pytest.mark.parametrize(
    ("request_", "code", "field"),
    [
        pytest.param(post("/", TOPIC_ONLY, "f=0"), "attach_link", "f", id="json-file"),
        pytest.param(
            post(f"/{KEY}", b"x", "f=0"), "attach_link", "body", id="body-file"
        ),
        pytest.param(
            post(f"/{KEY}", b"x", "f=a%00b&m=c%00d"), "cleaned", "m", id="caption"
        ),
        pytest.param(post(f"/{KEY}", b"", "m=c%00d"), "cleaned", "m", id="parameter"),
        pytest.param(post(f"/{KEY}", b"a\0b", "m=c"), "cleaned", "body", id="body"),
    ],
)
def test_a_note_on_a_text_names_where_it_stood(
    request_: LegacyRequest, code: str, field: str
) -> None:
    notes = notes_of(NTFY, request_)
    fields = [
        note.field for note in notes if note.code == code and "metadata" not in note[2]
    ]
    assert fields == [field]
