"""What readers cost: searches and bodies are worked on one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import pytest

from pushgo_compat.core.stores.history import HistoryStore
from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.errors import RateLimited
from pushgo_compat.web.pages.content import rich_text
from pushgo_compat.web.pages.inbox.search import MOST_ASKED, Searches, Wanted


class SlowStore:
    """Without messages; counts how many read at once, and waits to be let go."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.reading = 0
        self.most = 0

    async def page(self, *_: object, **__: object) -> Sequence[StoredMessage]:
        self.reading += 1
        self.most = max(self.most, self.reading)
        await self.let_go.wait()
        self.reading -= 1
        return []


def test_readers_search_one_after_the_other_and_only_so_many_wait() -> None:
    async def work() -> tuple[int, list[Any]]:
        store, searches = SlowStore(), Searches()
        asked = [
            asyncio.create_task(
                searches.find(cast("HistoryStore", store), 1, Wanted("x"), None, 50)
            )
            for _ in range(MOST_ASKED + 2)
        ]
        await asyncio.wait(asked[-1:])  # which is refused
        store.let_go.set()
        return store.most, await asyncio.gather(*asked, return_exceptions=True)

    most, results = asyncio.run(work())
    assert most == 1
    refused = [isinstance(result, RateLimited) for result in results]
    assert refused == [False] * MOST_ASKED + [True] * 2


def test_a_body_that_many_ask_for_at_once_is_worked_on_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rendered: list[str] = []
    plain = rich_text._plain

    def count(text: str) -> Any:
        rendered.append(text)
        return plain(text)

    monkeypatch.setattr(rich_text, "_plain", count)

    async def work() -> list[str]:
        texts = rich_text.RichTexts()
        asked = [texts.render("id", "a body", markdown=False) for _ in range(5)]
        return [str(text) for text in await asyncio.gather(*asked)]

    assert asyncio.run(work()) == ["a body"] * 5
    assert rendered == ["a body"]
