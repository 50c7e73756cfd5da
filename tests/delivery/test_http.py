"""What targets over HTTP share: how they ask, and what they read of an answer."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from functools import partial

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from pushgo_compat.delivery.sending.guard import guarded_session, plain_session
from pushgo_compat.delivery.sending.http import Answer, HttpClient
from tests.delivery.samples import NOW_MS

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


async def refuse_packed(request: web.Request) -> web.Response:
    """A provider behind a proxy that packs whatever it may."""
    response = web.json_response({"error": {"message": "no such topic"}}, status=404)
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(web.ContentCoding.gzip)
    return response


@pytest.mark.parametrize(
    "open_session", [plain_session, partial(guarded_session, [LOOPBACK])]
)
async def test_the_reason_of_a_provider_that_packs_its_answers_can_be_read(
    open_session: Callable[[], aiohttp.ClientSession],
) -> None:
    app = web.Application()
    app.router.add_post("/", refuse_packed)
    client = HttpClient(lambda: NOW_MS, open_session)
    async with TestServer(app) as server:
        answer = await client.post(str(server.make_url("/")), b"{}", {})
        await client.close()
    assert isinstance(answer, Answer)
    assert answer.text_of("error", "message") == "no such topic"
