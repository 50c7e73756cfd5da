"""A refused publish is worded from what opening it found: nothing is parsed twice."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

import adapters.bark
import adapters.ntfy.publish
from adapters.bark import BARK
from adapters.ntfy import NTFY
from pushgo_compat.errors import ChannelNotFound
from pushgo_compat.legacy import Dialect, LegacyReply, LegacyRequest, Publish
from tests.golden import CHANNEL_ID, PASSWORD

JSON = CIMultiDictProxy(CIMultiDict({"Content-Type": "application/json"}))


def refused(dialect: Dialect, path: str, body: object) -> LegacyReply:
    request = LegacyRequest(
        method="POST", path=path, headers=JSON, body=json.dumps(body).encode()
    )
    call = dialect.open(request)
    assert isinstance(call, Publish)
    assert call.refused is not None
    with pytest.MonkeyPatch.context() as patch:
        # Whoever parses again fails.
        patch.delattr(adapters.bark, "read_parameters")
        patch.delattr(adapters.ntfy.publish, "parse_json_publish")
        return call.refused(ChannelNotFound())


def test_bark_repeats_the_key_that_stood_in_the_body() -> None:
    reply = refused(BARK, "/push", {"device_key": "stranger", "body": "x"})
    assert reply.status == 400
    assert b"failed to get [stranger] device token" in reply.body


@pytest.mark.parametrize(
    ("topic", "status", "code"),
    [("stranger", 403, 40301), (f"{CHANNEL_ID}#{PASSWORD}", 400, 40009)],
)
def test_ntfy_judges_the_topic_that_stood_in_the_json(
    topic: str, status: int, code: int
) -> None:
    reply = refused(NTFY, "/", {"topic": topic, "message": "x"})
    assert (reply.status, json.loads(reply.body)["code"]) == (status, code)
