"""A Bark delete is kept for Bark's own phones, and nobody else sees anything of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.model import Source
from pushgo_compat.schemas import decode_message
from pushgo_compat.storage import open_store
from tests.gateway import LOGIN, Gateway, Mount
from tests.golden import CHANNEL_ID, KEY
from tests.web.dialect_calls import every_mount


def hidden_messages(gateway: Gateway) -> Sequence[StoredMessage]:
    async def read() -> Sequence[StoredMessage]:
        store = await open_store(gateway.db_url, create=False, clock=gateway.clock)
        try:
            channel = await store.channel(CHANNEL_ID)
            assert channel is not None
            rows = await store.page(channel.number, b"", 0, 1_000_000, hidden=True)
        finally:
            await store.close()
        return [row for row in rows if row.hidden and row.source is Source.BARK]

    return asyncio.run(read())


@every_mount
def test_a_delete_with_an_id_is_stored_hidden_and_answered_as_ever(
    gateway: Gateway, mount: Mount
) -> None:
    stored, seen = len(hidden_messages(gateway)), gateway.count()
    reply = gateway.call(Source.BARK, mount, "GET", f"/{KEY}?id=job-7&delete=1")
    assert reply.status == 200
    assert set(reply.json) == {"code", "message", "timestamp"}
    assert reply.json["message"] == "success"
    assert not reply.message_ids
    *_, newest = rows = hidden_messages(gateway)
    assert len(rows) == stored + 1
    assert decode_message(newest.payload).metadata == {
        "compat.bark.delete": "1",
        "compat.bark.id": "job-7",
    }
    assert gateway.count() == seen
    path = f"/channel/{CHANNEL_ID}/messages/{newest.message_id}"
    assert gateway.native("GET", path, [LOGIN]).status == 404


def test_a_delete_is_not_shown_to_subscribers_of_ntfy(gateway: Gateway) -> None:
    poll = f"/{KEY}/json?poll=1&since=all"
    before = gateway.call(Source.NTFY, Mount.PORT, "GET", poll).body
    gateway.call(Source.BARK, Mount.PORT, "GET", f"/{KEY}?id=job-7&delete=1")
    assert gateway.call(Source.NTFY, Mount.PORT, "GET", poll).body == before


@every_mount
def test_a_delete_without_an_id_stores_nothing(gateway: Gateway, mount: Mount) -> None:
    stored = len(hidden_messages(gateway))
    reply = gateway.call(Source.BARK, mount, "GET", f"/{KEY}?delete=1")
    assert reply.json["message"] == "success"
    assert len(hidden_messages(gateway)) == stored
