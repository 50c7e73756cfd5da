"""``python -m tests.chaos``: everything that is killed, again and again, and a table.

    python -m tests.chaos --kills 50 --only PostgreSQL

Each row is one run of its own. The last column says what must not be; it ends with 1
where that is anything. Runs that count other things follow as lines.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path

import aiohttp
import click

from tests.chaos.ledger import Counts
from tests.chaos.scenes import SCENES, Scene
from tests.chaos.submits import submit_at_once
from tests.delivery import chaos as targets
from tests.postgres import TestServer, running_postgres

COLUMNS = (
    "kills",
    "acknowledged",
    "asked_again",
    "stored",
    "streamed",
    "resumed",
    "delivered",
    "repeated",
    "seconds",
)
A_KILL_S = 30.0
"""A run that takes longer for each of its kills is stuck."""
BEGIN_S = 300.0
WELL, WRONG = "nothing", "see the figures"

Work = Callable[[Path, aiohttp.ClientSession, TestServer], Awaitable[str]]
"""One run; the rest of its row, which ends with ``nothing`` where all is well."""


async def scene(
    play: Scene,
    kills: int,
    folder: Path,
    session: aiohttp.ClientSession,
    postgres: TestServer,
) -> str:
    """Kill, and show what was counted."""
    counts: Counts = await play(folder, session, postgres, kills)
    numbers = " | ".join(str(getattr(counts, name)) for name in COLUMNS)
    faults = ", ".join(f"{count} {name}" for name, count in counts.faults.items())
    return f"{numbers} | {faults or WELL}"


async def submits(
    count: int, folder: Path, session: aiohttp.ClientSession, postgres: TestServer
) -> str:
    """Submit each of a tenth of so many operations ten times, all at once."""
    result = await submit_at_once(folder, session, postgres, count // 10, 10)
    operations = len(result.ids)
    is_well = (
        result.answers == {200: count}
        and result.new == operations == len(result.stored) == len(result.arrived)
        and set(result.stored) == set(result.arrived)
    )
    return f"{result} | {WELL if is_well else WRONG}"


async def unreliable_targets(
    messages: int,
    count: int,
    kills: int,
    on_postgres: bool,
    folder: Path,
    session: aiohttp.ClientSession,
    postgres: TestServer,
) -> str:
    """Targets of every kind that fail, in tests/delivery/chaos.py."""
    url = await postgres.new_database() if on_postgres else None
    tally = await targets.run(folder, messages, count, kills, url)
    return f"{tally} | {WRONG if tally.is_bad else WELL}"


def play_all(runs: Sequence[tuple[str, float, Work]]) -> bool:
    """Do one after another, each on a store of its own; whether all went well."""
    all_well = True
    for name, limit_s, work in runs:
        with running_postgres() as postgres, tempfile.TemporaryDirectory() as folder:
            try:
                row = asyncio.run(_play(work, limit_s, Path(folder), postgres))
            except Exception as error:
                traceback.print_exception(error)
                row = type(error).__name__
        click.echo(f"| {name} | {row} |")
        all_well = all_well and row.endswith(WELL)
    return all_well


async def _play(work: Work, limit_s: float, folder: Path, postgres: TestServer) -> str:
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        asyncio.timeout(limit_s),
        aiohttp.ClientSession(connector=connector) as session,
    ):
        return await work(folder, session, postgres)


@click.command()
@click.option("--kills", default=50, help="Kills in each run.")
@click.option("--submits", "submitted", default=10_000, help="Submits at once.")
@click.option("--messages", default=5_000, help="To each of the failing targets.")
@click.option("--targets", "count", default=20, help="Targets that fail.")
@click.option("--only", default="", help="Runs whose name has this in it.")
def main(kills: int, submitted: int, messages: int, count: int, only: str) -> None:
    """Kill processes under load on both stores, and print what became of it."""
    runs: list[tuple[str, float, Work]] = [
        (name, BEGIN_S + A_KILL_S * kills, partial(scene, play, kills))
        for name, play in SCENES.items()
    ]
    runs.append(
        ("PostgreSQL: submits at once", BEGIN_S * 2, partial(submits, submitted))
    )
    for store in ("SQLite", "PostgreSQL"):
        work = partial(
            unreliable_targets, messages, count, kills, store == "PostgreSQL"
        )
        runs.append((f"{store}: targets that fail", 1800, work))
    wanted = [each for each in runs if only in each[0]]
    click.echo(f"| run | {' | '.join(COLUMNS)} | must not be |")
    click.echo("|---" * (len(COLUMNS) + 2) + "|")
    if not play_all(wanted):
        sys.exit(1)


if __name__ == "__main__":
    main()
