"""The reading routes: logins, pages, one message, deletion, health."""

from __future__ import annotations

from dataclasses import replace

import pytest
from aiohttp import encode_basic_auth

from pushgo_compat.errors import ServerBusy
from pushgo_compat.web.services import Services
from tests.golden import CHANNEL_ID, NOW_MS, PASSWORD
from tests.web.conftest import LOGIN, Client, Clock, OpenClient, send

MESSAGES = f"/channel/{CHANNEL_ID}/messages"
ROUTES = (MESSAGES, f"{MESSAGES}/{'0' * 32}", f"/channel/{CHANNEL_ID}/stream")


def login(user: str, password: str) -> dict[str, str]:
    return {"Authorization": encode_basic_auth(user, password)}


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    "authorization", [None, "Bearer x", "Basic", "Basic %", "Basic eA==", "Basic /w=="]
)
async def test_a_login_that_is_none_asks_for_one(
    client: Client, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    response = await client.get(path, headers=headers)
    assert response.status == 401
    assert (await response.json())["error_code"] == "authentication_failed"
    assert response.headers["WWW-Authenticate"].startswith("Basic")


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize(
    ("user", "password"),
    [
        (CHANNEL_ID, "not-this-one"),
        (CHANNEL_ID, ""),
        ("0" * 26, PASSWORD),
        ("somebody", PASSWORD),
    ],
)
async def test_a_login_that_does_not_fit_finds_no_channel(
    client: Client, path: str, user: str, password: str
) -> None:
    response = await client.get(path, headers=login(user, password))
    assert response.status == 404
    assert (await response.json())["error_code"] == "channel_not_found"


async def test_another_channels_path_is_not_found(client: Client) -> None:
    for other in ("0" * 26, "x", "%0A"):
        response = await client.get(f"/channel/{other}/messages", headers=LOGIN)
        assert (await response.json())["error_code"] == "channel_not_found"


async def test_channel_ids_are_read_in_any_case(client: Client) -> None:
    headers = login(CHANNEL_ID.lower(), PASSWORD)
    path = f"/channel/{CHANNEL_ID.lower()}/messages"
    assert (await client.get(path, headers=headers)).status == 200


async def test_a_message_shows_what_was_sent_and_no_more(client: Client) -> None:
    message_id = await send(client, body="b", tags=["x"])
    answer = await (await client.get(f"{MESSAGES}/{message_id}", headers=LOGIN)).json()
    assert answer["data"] == {
        "message": {
            "channel_id": CHANNEL_ID,
            "message_id": message_id,
            "op_id": f"op-{message_id}",
            "occurred_at": NOW_MS,
            "title": "t",
            "severity": "normal",
            "body": "b",
            "tags": ["x"],
            "accepted_at": NOW_MS,
            "source": "native",
        },
        "receipt": None,
        "deliveries": [],
    }


async def test_pages_continue_where_the_last_one_ended(client: Client) -> None:
    sent = [await send(client) for _ in range(5)]
    seen: list[str] = []
    since = "all"
    for _ in range(4):
        query = {"since": since, "limit": "2"}
        page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
        seen += [message["message_id"] for message in page["data"]["messages"]]
        since = page["data"]["next"]
    assert seen == sent
    assert since == sent[-1]


async def test_an_empty_page_gives_back_what_came(client: Client) -> None:
    for since, following in ((None, "all"), ("all", "all"), ("17", "17")):
        query = {} if since is None else {"since": since}
        page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
        assert page["data"] == {"messages": [], "next": following}


async def test_newest_first_goes_back_page_by_page(client: Client) -> None:
    sent = [await send(client) for _ in range(5)]
    seen: list[str] = []
    query = {"order": "desc", "limit": "2"}
    for _ in range(4):
        page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
        seen += [message["message_id"] for message in page["data"]["messages"]]
        query["before"] = page["data"]["next"]
    assert seen == sent[::-1]
    assert query["before"] == sent[0]


async def test_newest_first_without_more_shows_the_newest_hundred(
    client: Client,
) -> None:
    sent = [await send(client) for _ in range(103)]
    query = {"order": "desc"}
    page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
    assert [m["message_id"] for m in page["data"]["messages"]] == sent[:2:-1]
    assert page["data"]["next"] == sent[3]


async def test_newest_first_ends_at_since_and_begins_at_before(
    client: Client, clock: Clock
) -> None:
    sent = []
    for _ in range(5):
        clock.now_ms += 10
        sent.append(await send(client))

    async def places(**query: str) -> list[int]:
        response = await client.get(MESSAGES, params=query, headers=LOGIN)
        data = (await response.json())["data"]
        return [sent.index(message["message_id"]) for message in data["messages"]]

    assert await places(order="desc", since=sent[1]) == [4, 3, 2]
    assert await places(order="desc", since=str(clock.now_ms - 10)) == [4, 3]
    assert await places(order="desc", since="all", before=sent[2]) == [1, 0]
    assert await places(order="desc", since=sent[0], before=sent[3]) == [2, 1]
    assert await places(order="asc", since=sent[0], before=sent[3]) == [1, 2]
    assert await places(order="", before="", since="", limit="") == [0, 1, 2, 3, 4]
    removed = await client.delete(f"{MESSAGES}/{sent[2]}", headers=LOGIN)
    assert removed.status == 200
    assert await places(order="desc", before=sent[2]) == [1, 0]


async def test_newest_first_in_an_empty_channel_has_nothing_to_go_on_from(
    client: Client,
) -> None:
    query = {"order": "desc"}
    page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
    assert page["data"] == {"messages": [], "next": None}


async def test_since_a_time_includes_that_time(client: Client, clock: Clock) -> None:
    await send(client)
    clock.now_ms += 1000
    later = await send(client)
    query = {"since": str(clock.now_ms)}
    page = await (await client.get(MESSAGES, params=query, headers=LOGIN)).json()
    assert [m["message_id"] for m in page["data"]["messages"]] == [later]


async def test_since_works_after_a_deleted_message(client: Client) -> None:
    first, second = await send(client), await send(client)
    removed = await client.delete(f"{MESSAGES}/{first}", headers=LOGIN)
    assert removed.status == 200
    page = await client.get(MESSAGES, params={"since": first}, headers=LOGIN)
    messages = (await page.json())["data"]["messages"]
    assert [message["message_id"] for message in messages] == [second]


async def test_a_deleted_message_is_gone_but_its_op_id_is_taken(client: Client) -> None:
    message_id = await send(client, op_id="once")
    path = f"{MESSAGES}/{message_id}"
    assert (await client.delete(path, headers=LOGIN)).status == 200
    for response in (
        await client.get(path, headers=LOGIN),
        await client.delete(path, headers=LOGIN),
    ):
        assert response.status == 404
        assert (await response.json())["error_code"] == "message_not_found"
    assert await send(client, op_id="once") == message_id


async def test_a_message_past_its_ttl_is_listed(client: Client) -> None:
    message_id = await send(client, ttl=1)
    page = await (await client.get(MESSAGES, headers=LOGIN)).json()
    assert [m["message_id"] for m in page["data"]["messages"]] == [message_id]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("since=x", "since_invalid"),
        ("since=-1", "since_invalid"),
        ("since=" + "f" * 32, "since_invalid"),
        ("since=" + "9" * 40, "since_invalid"),
        ("limit=0", "limit_invalid"),
        ("limit=501", "limit_invalid"),
        ("limit=1.5", "limit_invalid"),
        ("limit=x", "limit_invalid"),
        ("before=all", "before_invalid"),
        ("before=17", "before_invalid"),
        ("before=" + "f" * 32, "before_invalid"),
        ("order=desc&before=x", "before_invalid"),
        ("order=newest", "order_invalid"),
        ("order=DESC", "order_invalid"),
        ("offset=3", "unknown_field"),
        ("order=desc&Since=all", "unknown_field"),
        ("since=x&before=x&limit=x&order=x", "since_invalid"),
        ("before=x&limit=x&order=x", "before_invalid"),
        ("order=x&limit=x", "limit_invalid"),
        ("since=x&x=1", "unknown_field"),
    ],
)
async def test_a_bad_page_is_refused(client: Client, query: str, code: str) -> None:
    response = await client.get(f"{MESSAGES}?{query}", headers=LOGIN)
    assert response.status == 400
    assert (await response.json())["error_code"] == code


@pytest.mark.parametrize("path", ROUTES)
async def test_a_parameter_that_no_route_knows_is_named(
    client: Client, path: str
) -> None:
    response = await client.get(f"{path}?order_by=x", headers=LOGIN)
    assert response.status == 400
    answer = await response.json()
    assert answer["error_code"] == "unknown_field"
    assert "order_by" in answer["error"]
    assert (await client.get(f"{path}?order_by=x")).status == 401


@pytest.mark.parametrize("message_id", ["x", "F" * 32, "%0A", "0" * 32])
async def test_an_unknown_message_is_not_found(client: Client, message_id: str) -> None:
    response = await client.get(f"{MESSAGES}/{message_id}", headers=LOGIN)
    assert (await response.json())["error_code"] == "message_not_found"


async def test_health_needs_no_key(client: Client) -> None:
    for path in ("/healthz", "/readyz"):
        response = await client.get(path)
        assert (response.status, (await response.json())["success"]) == (200, True)


async def test_a_store_that_cannot_write_is_not_ready(
    services: Services, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse() -> None:
        raise ServerBusy(detail="disk full")

    monkeypatch.setattr(services.store, "check_writable", refuse)
    client = await open_client(replace(services))
    for language, reason in (("en", "(disk full)"), ("zh", "(磁盘已满)")):
        headers = {"Accept-Language": language}
        response = await client.get("/readyz", headers=headers)
        assert response.status == 503
        answer = await response.json()
        assert answer["error_code"] == "server_busy"
        assert answer["error"].endswith(reason)
    assert (await client.get("/healthz")).status == 200


async def test_metrics_count_messages_and_refusals(client: Client) -> None:
    await send(client)
    await client.get("/nowhere")
    text = await (await client.get("/metrics")).text()
    assert 'pushgo_messages_accepted_total{source="native"} 1.0' in text
    refused = 'pushgo_requests_refused_total{code="route_not_found",source="native"} 1'
    assert refused in text
    assert CHANNEL_ID not in text
