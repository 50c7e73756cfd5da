"""The stream: from now on or resumed, without a gap or a repeat."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import ClientPayloadError, ClientResponse

from pushgo_compat.core.auth.passwords import hash_password
from pushgo_compat.web.services import Services
from pushgo_compat.web.streams import open_stream, patience
from tests.golden import CHANNEL_ID, NOW_MS
from tests.web.conftest import (
    LOGIN,
    Client,
    Clock,
    OpenClient,
    send,
    with_settings,
)

STREAM = f"/channel/{CHANNEL_ID}/stream"


class Listener:
    """Reads events off an open stream."""

    def __init__(self, response: ClientResponse) -> None:
        self.response = response

    async def block(self) -> str:
        """The lines up to the next blank one; "" at the end of the stream.

        It has no last chunk.
        """
        async with asyncio.timeout(10):
            lines = []
            try:
                while line := (await self.response.content.readline()).decode():
                    if line == "\n":
                        break
                    lines.append(line)
            except ClientPayloadError:
                return ""
        return "".join(lines)

    async def event(self) -> Mapping[str, Any]:
        """The data of the next event."""
        while (block := await self.block()).startswith(":"):
            pass
        event, message_id, data = block.removesuffix("\n").split("\n")
        assert event == "event: message"
        fields: dict[str, Any] = json.loads(data.removeprefix("data: "))
        assert message_id == f"id: {fields['message_id']}"
        return fields


@asynccontextmanager
async def listen(
    client: Client, query: str = "", last_event_id: str | None = None
) -> AsyncIterator[Listener]:
    headers = dict(LOGIN)
    if last_event_id is not None:
        headers["Last-Event-ID"] = last_event_id
    async with client.get(STREAM + query, headers=headers) as response:
        assert response.status == 200
        yield Listener(response)


async def test_a_stream_starts_now(client: Client) -> None:
    await send(client, title="before")
    async with listen(client) as listener:
        await listener.block()
        message_id = await send(client, title="after")
        event = await listener.event()
    assert (event["title"], event["message_id"]) == ("after", message_id)
    assert (event["op_id"], event["source"]) == (f"op-{message_id}", "native")


async def test_a_stream_tells_proxies_not_to_hold_it_back(client: Client) -> None:
    async with listen(client) as listener:
        headers = listener.response.headers
    assert headers["Content-Type"] == "text/event-stream"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Request-Id"]


async def test_a_resumed_stream_sends_the_backlog_then_what_comes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pushgo_compat.web.streams.history.PAGE_ROWS", 2)
    sent = [await send(client) for _ in range(6)]
    async with listen(client, f"?since={sent[0]}") as listener:
        seen = [(await listener.event())["message_id"] for _ in sent[1:]]
        last = await send(client)
        seen.append((await listener.event())["message_id"])
    assert seen == [*sent[1:], last]


async def test_last_event_id_wins_over_since(client: Client) -> None:
    sent = [await send(client) for _ in range(3)]
    async with listen(client, "?since=all", last_event_id=sent[1]) as listener:
        assert (await listener.event())["message_id"] == sent[2]


async def test_a_stream_resumes_from_a_time(client: Client, clock: Clock) -> None:
    await send(client)
    clock.now_ms += 1000
    later = await send(client)
    async with listen(client, f"?since={clock.now_ms}") as listener:
        assert (await listener.event())["message_id"] == later


async def test_a_stream_resumes_after_a_deleted_message(client: Client) -> None:
    first, second = await send(client), await send(client)
    await client.delete(f"/channel/{CHANNEL_ID}/messages/{first}", headers=LOGIN)
    async with listen(client, last_event_id=first) as listener:
        assert (await listener.event())["message_id"] == second


async def test_messages_that_come_while_resuming_come_once(client: Client) -> None:
    sent = [await send(client) for _ in range(20)]
    async with listen(client, "?since=all") as listener:
        sent += await asyncio.gather(*(send(client) for _ in range(200)))
        seen = [(await listener.event())["message_id"] for _ in sent]
        last = await send(client)
        assert (await listener.event())["message_id"] == last
    assert sorted(seen) == sorted(sent)
    assert seen == sorted(seen)


@pytest.mark.parametrize("since", ["x", "f" * 32])
async def test_an_unknown_start_is_refused(client: Client, since: str) -> None:
    by_query = await client.get(f"{STREAM}?since={since}", headers=LOGIN)
    by_header = await client.get(STREAM, headers={**LOGIN, "Last-Event-ID": since})
    for response in (by_query, by_header):
        assert response.status == 400
        assert (await response.json())["error_code"] == "since_invalid"


async def test_expired_messages_are_not_streamed(client: Client) -> None:
    await send(client, ttl=NOW_MS - 1)
    async with listen(client, "?since=all") as listener:
        await listener.block()
        await send(client, ttl=NOW_MS - 1)
        alive = await send(client, ttl=NOW_MS + 1)
        assert (await listener.event())["message_id"] == alive


async def test_a_time_to_come_hides_nothing_that_comes_before_it(
    client: Client,
) -> None:
    async with listen(client, f"?since={NOW_MS + 3_600_000}") as listener:
        await listener.block()
        message_id = await send(client)
        assert (await listener.event())["message_id"] == message_id


async def test_an_idle_stream_carries_comments(
    services: Services, open_client: OpenClient
) -> None:
    client = await open_client(with_settings(services, heartbeat_s=0.01))
    async with listen(client) as listener:
        for _ in range(3):
            assert await listener.block() == ":\n"


async def test_a_new_password_ends_the_stream(
    services: Services, open_client: OpenClient
) -> None:
    client = await open_client(services)
    async with listen(client) as listener:
        await listener.block()
        await services.store.set_password(CHANNEL_ID, hash_password("another-one"))
        assert await listener.block() == ""
        with pytest.raises(ClientPayloadError):
            await listener.response.content.read()


async def test_a_reader_who_is_too_slow_is_dropped_and_resumes(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with listen(client) as listener:
        await listener.block()
        with monkeypatch.context() as patched:
            patched.setattr(open_stream, "MAX_UNSENT_BYTES", -1)
            missed = await send(client)
            assert await listener.block() == ""
    async with listen(client, f"?since={NOW_MS}") as listener:
        assert (await listener.event())["message_id"] == missed


async def test_a_reader_who_takes_nothing_is_cut_off(
    services: Services, open_client: OpenClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = await open_client(with_settings(services, heartbeat_s=0.01))
    async with listen(client) as listener:
        await listener.block()
        monkeypatch.setattr(patience, "STALLED_AFTER_S", -1)
        while block := await listener.block():
            assert block == ":\n"


async def test_open_streams_do_not_hold_up_a_stopping_server(client: Client) -> None:
    async with listen(client) as listener:
        await listener.block()
        async with asyncio.timeout(5):
            await client.server.close()


async def test_an_event_is_one_line_of_data(client: Client) -> None:
    async with listen(client) as listener:
        await listener.block()
        await send(client, body="one\r\ntwo\u2028three")
        assert (await listener.event())["body"] == "one\r\ntwo\u2028three"
