"""A push is handed on to another Bark server as its sender wrote it."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict, CIMultiDictProxy

from adapters.bark import BARK, BarkDialect
from pushgo_compat.legacy import LegacyRequest, Publish, Translation
from tests.adapters.bark_vectors import VECTORS, Vector
from tests.golden import NOW_MS

MESSAGE_ID = "019d0a6bf1e85c3a9b7e42d1c0ffee42"
JSON = CIMultiDictProxy(CIMultiDict({"Content-Type": "application/json"}))


def translated(sent: Mapping[str, object], dialect: BarkDialect = BARK) -> Translation:
    request = LegacyRequest(
        method="POST",
        path="/KEY",
        headers=JSON,
        body=json.dumps(sent).encode(),
        received_at_ms=NOW_MS,
    )
    call = dialect.open(request)
    assert isinstance(call, Publish)
    return call.translate()


def forwarded(
    sent: Mapping[str, object], dialect: BarkDialect = BARK
) -> Mapping[str, object]:
    """What the message that comes of a push is handed on as, once it was stored."""
    translation = translated(sent, dialect)
    assert translation.message is not None
    view = json.loads(json.dumps(translation.view))
    return dialect.forward(translation.message, view, MESSAGE_ID)


visible = st.characters(exclude_categories=("C", "Z"))
word = st.text(visible, min_size=1, max_size=40)
line = st.lists(word, min_size=1, max_size=3).map(" ".join)
flag = st.sampled_from(["0", "1"])
link = st.text("abcdefghijk/?&=.-_~", max_size=60).map("https://a.example/".__add__)
seconds = st.one_of(
    st.integers(-10, 10**9).map(str),
    st.integers(1, 10**6).map(lambda milliseconds: f"{milliseconds / 1000}"),
).filter(lambda text: "e" not in text and not text.endswith(".0"))
pushes = st.fixed_dictionaries(
    {},
    optional={
        "title": line,
        "subtitle": line,
        "body": st.text(visible | st.just("\n"), min_size=1).filter(str.strip),
        "markdown": line,
        "level": st.sampled_from(["critical", "timeSensitive", "passive", "loud"]),
        "volume": st.integers(0, 10).map(str),
        "badge": st.integers(0, 99).map(str),
        "call": flag,
        "autocopy": flag,
        "isarchive": flag,
        "copy": line,
        "sound": st.sampled_from(["alarm", "minuet.caf"]),
        "icon": link,
        "image": link | st.just("photo.png"),
        "url": link | st.just("weixin://x"),
        "group": line,
        "action": st.sampled_from(["none", "alert"]),
        "category": word,
        "id": word,
        "ttl": seconds,
        "iv": st.text("abc123", min_size=12, max_size=16),
        "ciphertext": st.binary(min_size=17, max_size=60).map(
            lambda raw: base64.b64encode(raw).decode()
        ),
        "x-own": word,
    },
)


@settings(deadline=None, max_examples=400)
@given(pushes, st.booleans())
def test_a_push_that_kept_everything_is_handed_on_as_it_was_written(
    sent: dict[str, str], rejoin_iv: bool
) -> None:
    assert forwarded(sent, BarkDialect(rejoin_iv=rejoin_iv)) == sent


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        pytest.param({}, {}, id="nothing-made-up"),
        pytest.param({"subtitle": "s"}, {"subtitle": "s"}, id="subtitle-alone"),
        pytest.param({"Title": "t", "isArchive": 1}, {"title": "t", "isarchive": "1"},
                     id="names-in-lower-case"),
        pytest.param({"level": "TIMESENSITIVE"}, {"level": "timeSensitive"},
                     id="level-as-the-app-spells-it"),
        pytest.param({"level": "active"}, {}, id="level-that-is-assumed"),
        pytest.param({"title": "a\nb"}, {"title": "a b"}, id="title-of-two-lines"),
        pytest.param({"ttl": 0}, {"ttl": "0"}, id="no-history"),
        pytest.param({"ttl": "soon"}, {}, id="no-number"),
        pytest.param({"icon": "https://a/" + "x" * 600, "body": "b"}, {"body": "b"},
                     id="too-long-for-metadata"),
        pytest.param({"token": "secret", "body": "b"}, {"body": "b"}, id="secret"),
        pytest.param({"truncated": "t", "body": "b"}, {"body": "b"}, id="our-own-list"),
    ],
)  # fmt: skip
def test_what_another_bark_server_gets(
    sent: dict[str, object], wanted: dict[str, object]
) -> None:
    assert forwarded(sent) == wanted


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.ciphertext[:8])
@pytest.mark.parametrize("rejoin_iv", [False, True])
def test_a_ciphertext_is_handed_on_in_barks_own_layout(
    vector: Vector, rejoin_iv: bool
) -> None:
    sent = {"ciphertext": vector.ciphertext, "iv": "abcdefghijkl"}
    assert forwarded(sent, BarkDialect(rejoin_iv=rejoin_iv)) == sent


@pytest.mark.parametrize("delete", ["1", 1, 1.0])
def test_a_delete_is_a_hidden_message_for_barks_own_phones(delete: object) -> None:
    sent = {"delete": delete, "id": "job-7", "body": "", "sound": "x"}
    translation = translated(sent)
    assert translation.hidden
    assert forwarded(sent) == {"delete": "1", "id": "job-7"}


def test_a_delete_stays_hidden_when_a_login_rides_along() -> None:
    request = LegacyRequest(
        method="GET",
        path="/KEY",
        query="delete=1&id=job-7",
        headers=CIMultiDictProxy(CIMultiDict({"Authorization": "Basic YTpi"})),
    )
    call = BARK.open(request)
    assert isinstance(call, Publish)
    translation = call.translate()
    assert translation.hidden
    assert "login" in [note.code for note in translation.notes]


@pytest.mark.parametrize("missing", [{}, {"id": ""}, {"id": " "}, {"id": "x" * 513}])
def test_a_delete_that_names_nothing_sends_nothing(missing: dict[str, str]) -> None:
    assert translated({"delete": "1", **missing}).message is None
