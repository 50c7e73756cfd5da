"""The readiness check looks at the store once a second, however often it is asked."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from pushgo_compat.core.readiness import Readiness
from pushgo_compat.errors import ServerBusy


@dataclass
class Disk:
    """Counts commits; full while a test says so."""

    reason: str = ""
    now_s: float = 100.0
    looks: int = 0
    gate: asyncio.Event = field(default_factory=asyncio.Event)

    async def commit(self) -> None:
        self.looks += 1
        await self.gate.wait()
        if self.reason:
            raise ServerBusy(detail=self.reason)

    def monotonic(self) -> float:
        return self.now_s


@pytest.fixture
def disk() -> Disk:
    disk = Disk()
    disk.gate.set()
    return disk


async def test_within_a_second_the_last_answer_is_given_again(disk: Disk) -> None:
    readiness = Readiness(disk.commit, disk.monotonic)
    for elapsed_s in (0.0, 0.5, 0.49):
        disk.now_s += elapsed_s
        await readiness.check()
    assert disk.looks == 1
    disk.now_s += 0.01
    await readiness.check()
    assert disk.looks == 2


async def test_a_refusal_has_its_reason_for_a_second_and_then_is_over(
    disk: Disk,
) -> None:
    readiness = Readiness(disk.commit, disk.monotonic)
    disk.reason = "disk full"
    for _ in range(2):
        with pytest.raises(ServerBusy) as refused:
            await readiness.check()
        assert refused.value.detail == "disk full"
    assert disk.looks == 1
    disk.reason = ""
    disk.now_s += 1
    await readiness.check()


async def test_who_asks_at_the_same_moment_shares_one_look(disk: Disk) -> None:
    readiness = Readiness(disk.commit, disk.monotonic)
    disk.gate.clear()
    asking = [asyncio.ensure_future(readiness.check()) for _ in range(20)]
    await asyncio.sleep(0)
    disk.gate.set()
    await asyncio.gather(*asking)
    assert disk.looks == 1
