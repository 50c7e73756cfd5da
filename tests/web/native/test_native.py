"""``/message`` beside its fields: tokens, repeats, sizes, headers."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from pushgo_compat.core.auth.rate_limit import RateLimiter
from pushgo_compat.errors import ServerBusy
from pushgo_compat.model import NativeMessage, Receipt
from pushgo_compat.web.preferred_language import prefers_chinese
from pushgo_compat.web.services import Services
from tests.golden import CHANNEL_ID, PASSWORD
from tests.web.conftest import LOGIN, Client, OpenClient, send, with_settings

MESSAGE = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"}
JSON = {"Content-Type": "application/json"}


async def test_a_repeat_is_answered_with_the_first_message(client: Client) -> None:
    message = MESSAGE | {"op_id": "once"}
    first = await client.post("/message", json=message)
    again = await client.post("/message", json=message | {"title": "other"})
    assert (await again.json())["data"] == (await first.json())["data"]
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_concurrent_repeats_make_one_message(client: Client) -> None:
    ids = await asyncio.gather(*(send(client, op_id="once") for _ in range(20)))
    assert len(set(ids)) == 1


async def test_an_op_id_counts_for_its_thing_only(client: Client) -> None:
    plain = await send(client, op_id="once")
    of_thing = await send(client, op_id="once", thing_id="x", occurred_at=1)
    assert plain != of_thing


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Basic Z2F0ZQ==", 401),
        ("Bearer gate", 200),
        ("bEARER gate", 200),
    ],
)
async def test_the_gateway_token_comes_before_everything(
    services: Services,
    open_client: OpenClient,
    authorization: str | None,
    status: int,
) -> None:
    client = await open_client(with_settings(services, token="gate"))
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await client.post("/message", json=MESSAGE, headers=headers)
    assert response.status == status
    if status == 401:
        answer = await client.post("/message", data=b"{", headers=headers)
        assert (await answer.json())["error_code"] == "authentication_failed"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    read = await client.get(f"/channel/{CHANNEL_ID}/messages", headers=LOGIN)
    assert read.status == 200


async def test_no_cache_keeps_what_a_get_answered(client: Client) -> None:
    for path in ("/message", f"/channel/{CHANNEL_ID}/messages"):
        response = await client.get(path, headers=LOGIN)
        assert response.headers["Cache-Control"] == "no-store"


async def test_head_sends_nothing(client: Client) -> None:
    query = {"channel_id": CHANNEL_ID, "password": PASSWORD, "title": "t"}
    response = await client.head("/message", params=query)
    assert response.status == 405
    assert response.headers["Allow"] == "GET, POST"
    page = await client.get(f"/channel/{CHANNEL_ID}/messages", headers=LOGIN)
    assert (await page.json())["data"]["messages"] == []


async def test_wrong_password_and_unknown_channel_look_alike(client: Client) -> None:
    wrong = await client.post("/message", json=MESSAGE | {"password": "not-this-one"})
    unknown = await client.post("/message", json=MESSAGE | {"channel_id": "0" * 26})
    assert (wrong.status, await wrong.read()) == (unknown.status, await unknown.read())
    assert set(wrong.headers) == set(unknown.headers)


async def test_a_chunked_body_is_refused_while_it_comes(client: Client) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1000

    response = await client.post("/message", data=endless(), headers=JSON)
    assert response.status == 413
    assert (await response.json())["error_code"] == "request_too_large"


async def test_a_compressed_body_counts_as_what_it_holds(client: Client) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    small = gzip.compress(json.dumps(MESSAGE).encode())
    assert (await client.post("/message", data=small, headers=headers)).status == 200
    bomb = gzip.compress(b" " * 1_000_000)
    assert (await client.post("/message", data=bomb, headers=headers)).status == 413


async def test_a_body_that_is_not_what_its_encoding_says(client: Client) -> None:
    headers = JSON | {"Content-Encoding": "gzip"}
    response = await client.post("/message", data=b"{}", headers=headers)
    assert response.status == 400
    assert (await response.json())["error_code"] == "invalid_json_syntax"


async def test_a_sane_request_id_is_kept(client: Client) -> None:
    for theirs, kept in [("job-42.a_B", True), ("a b", False), ("x" * 65, False)]:
        response = await client.get("/nowhere", headers={"X-Request-Id": theirs})
        assert (response.headers["X-Request-Id"] == theirs) is kept


async def test_a_refusal_speaks_chinese_to_who_prefers_it(client: Client) -> None:
    headers = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"}
    answer = await (await client.get("/nowhere", headers=headers)).json()
    assert answer["error"] == "没有这个接口。"


@pytest.mark.parametrize(
    ("accept_language", "chinese"),
    [
        ("", False),
        ("*", False),
        ("zh", True),
        ("zh-Hans-CN", True),
        ("en, zh", False),
        ("zh, en", True),
        ("en;q=0.5, zh;q=0.9", True),
        ("de, zh;q=0.1", True),
        ("zh;q=0", False),
        ("zh;q=x, en;q=0.1", False),
    ],
)
def test_languages_are_weighed(accept_language: str, chinese: bool) -> None:
    assert prefers_chinese(accept_language) is chinese


async def test_the_unknown_field_is_named(client: Client) -> None:
    response = await client.post("/message", json=MESSAGE | {"messsage": 1})
    assert "messsage" in (await response.json())["error"]


class BusyMessages:
    """A core that cannot make anything durable."""

    async def submit_native(
        self, channel_id: str, password: str, message: NativeMessage, **_: object
    ) -> Receipt:
        raise ServerBusy(message_id="0" * 32, op_id="op-" + "0" * 32, retry_after_s=3)


async def test_busy_tells_the_ids_and_when_to_come_back(
    services: Services, open_client: OpenClient
) -> None:
    busy = replace(services, messages=BusyMessages())  # type: ignore[arg-type]  # a stand-in
    client = await open_client(busy)
    response = await client.post("/message", json=MESSAGE)
    assert response.status == 503
    assert response.headers["Retry-After"] == "3"
    answer = await response.json()
    assert answer["error_code"] == "server_busy"
    assert answer["data"] == {
        "channel_id": CHANNEL_ID,
        "op_id": "op-" + "0" * 32,
        "message_id": "0" * 32,
        "accepted": False,
    }


async def test_a_rate_limit_tells_when_to_come_back(
    services: Services, open_client: OpenClient
) -> None:
    limiter = RateLimiter(1, clock_s=lambda: 0.0)
    client = await open_client(replace(services, limiter=limiter))
    assert (await client.post("/message", json=MESSAGE)).status == 200
    response = await client.post("/message", json=MESSAGE)
    assert response.status == 429
    assert int(response.headers["Retry-After"]) >= 1


class BrokenMessages:
    """A core with a fault whose text quotes the request."""

    async def submit_native(
        self, channel_id: str, password: str, message: NativeMessage, **_: object
    ) -> Receipt:
        raise RuntimeError(password)


async def test_a_fault_of_ours_leaks_nothing(
    services: Services, open_client: OpenClient, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = replace(services, messages=BrokenMessages())  # type: ignore[arg-type]  # a stand-in
    client = await open_client(broken)
    response = await client.post("/message", json=MESSAGE)
    assert response.status == 500
    assert PASSWORD not in await response.text()
    logged = "".join(capsys.readouterr())
    assert "RuntimeError" in logged
    assert PASSWORD not in logged


@settings(
    max_examples=200,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    path=st.lists(
        st.sampled_from(["message", "channel", CHANNEL_ID, "messages", "stream", "%0A"])
        | st.binary(max_size=8).map(lambda b: "".join(f"%{byte:02X}" for byte in b)),
        max_size=5,
    ),
    query=st.text("abct=&%0=1", max_size=20),
    body=st.binary(max_size=50) | st.sampled_from([b"{}", b"[]", b'{"title":1}']),
)
async def test_any_request_gets_a_shaped_answer(
    client: Client, method: str, path: list[str], query: str, body: bytes
) -> None:
    url = URL(f"{client.make_url('/')}{'/'.join(path)}?{query}", encoded=True)
    response = await client.session.request(method, url, data=body, headers=JSON)
    assert response.status < 500
    assert response.headers["X-Request-Id"]
    if (method, url.raw_path) == ("GET", "/"):  # the start page
        assert response.content_type == "text/html"
        return
    answer = await response.json()
    assert set(answer) == {"success", "data", "error", "error_code"}
