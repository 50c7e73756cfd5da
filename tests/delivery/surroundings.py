"""The gateway's side of senders, for tests."""

from __future__ import annotations

import asyncio
from typing import Any

from pushgo_compat.core.delivery import Surroundings
from tests.delivery.samples import NOW_MS


class Tokens:
    """A token memory in a dict."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    async def recall(self, name: str) -> bytes | None:
        return self.kept.get(name)

    async def keep(self, name: str, value: bytes) -> None:
        self.kept[name] = value


def surroundings(**changes: Any) -> Surroundings:
    """Surroundings at the tests' time; every field may be changed."""
    values = {
        "now_ms": lambda: NOW_MS,
        "tokens": Tokens(),
        "derive_key": lambda purpose: (purpose.encode() * 32)[:32],
        "sleep": asyncio.sleep,
        **changes,
    }
    return Surroundings(**values)
