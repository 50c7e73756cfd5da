"""What a native stream passes over: what was sent already, and what nobody may see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from pushgo_compat.core.stores.messages import NewMessage, StoredMessage
from pushgo_compat.model import Source
from pushgo_compat.storage.sqlite.store import SqliteStore
from pushgo_compat.web.services import Services
from tests.golden import CHANNEL_ID
from tests.web.conftest import Client, send
from tests.web.streams.test_stream import listen


async def test_a_message_that_is_in_the_backlog_and_live_comes_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = [await send(client)]
    page = SqliteStore.page

    async def send_first(*args: Any, **kwargs: Any) -> Sequence[StoredMessage]:
        if len(sent) == 1:
            sent.append(await send(client))
        return await page(*args, **kwargs)

    monkeypatch.setattr(SqliteStore, "page", send_first)
    async with listen(client, "?since=all") as listener:
        seen = [(await listener.event())["message_id"] for _ in "12"]
        sent.append(await send(client))
        seen.append((await listener.event())["message_id"])
    assert seen == sent


@pytest.mark.parametrize("since", ["", "?since=all"])
async def test_a_hidden_message_is_not_streamed(
    client: Client, services: Services, since: str
) -> None:
    channel = await services.store.channel(CHANNEL_ID)
    assert channel is not None
    generation = await services.store.generation()

    async def hide() -> None:
        row = NewMessage(
            channel.number, generation, Source.NTFY, b'{"title":"no"}', hidden=True
        )
        await services.store.append([row])

    await hide()
    async with listen(client, since) as listener:
        await listener.block()
        await hide()
        shown = await send(client)
        assert (await listener.event())["message_id"] == shown
