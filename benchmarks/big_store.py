"""A SQLite store of millions of messages: append, page, purge steps, mmap_size.

Run ``python -m benchmarks.big_store``. It fills a store through the appender, in a
folder that is removed at the end (about 0.65 KB a message). Nothing competes with the
statements that are measured; each purge step is a transaction with its fsync, as in the
writer, and an append that arrives meanwhile waits for one of them at most.
"""

from __future__ import annotations

import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median, quantiles
from typing import NamedTuple, TypeVar

import click

from benchmarks.store import CHANNELS, KINDS, rows_of
from pushgo_compat.storage.ids import first_position_at, system_now_ms
from pushgo_compat.storage.sqlite.delivery.lanes import (
    PURGE_OUTCOMES,
    purge_outcomes_step,
)
from pushgo_compat.storage.sqlite.engine.connection import connect, migrate
from pushgo_compat.storage.sqlite.messages import messages
from pushgo_compat.storage.sqlite.messages.append import Appender
from pushgo_compat.storage.sqlite.messages.messages import Span

T = TypeVar("T")

COMMITS = 300
PAGES = 400
PAGE_ROWS = 100
MAPS_MB = (0, 256, 4096)
DAY_MS = 86_400_000
DAYS = 90
_FILL_COMMITS = 512


def fill(db: sqlite3.Connection, count: int) -> int:
    """Fill with old calls over 90 days; the time of the last one (ms).

    Each eighth has an op_id and a push number, each message a delivery.
    """
    appender = Appender(db)
    db.execute("PRAGMA synchronous = OFF")
    db.execute("UPDATE state SET generation = 1")
    plain = KINDS["old call with its receipt"]
    rare = {"op_id": True, "receipt": True, "numbered": True}
    commits = count // 32
    end_ms = system_now_ms()
    for number in range(commits):
        if number % _FILL_COMMITS == 0:
            if number:
                db.execute("COMMIT")
            db.execute("BEGIN IMMEDIATE")
        at_ms = end_ms - DAYS * DAY_MS * (commits - number) // commits
        rows = rows_of(rare if number % 8 == 0 else plain, number)
        appender.write(rows, at_ms)
    db.execute("COMMIT")
    db.execute(
        "INSERT INTO outcomes (position, target, state, at, attempts)"
        " SELECT position, 1, 0, 0, 1 FROM positions"
    )
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.execute("PRAGMA synchronous = FULL")
    return end_ms


class Took(NamedTuple):
    """How long something took: by the clock, and of this thread's processor time."""

    wall_ms: float
    cpu_ms: float


Step = Callable[[sqlite3.Connection], object]


def timed(work: Callable[[], T]) -> tuple[Took, T]:
    """Do something, and how long it took."""
    wall_s, cpu_s = time.perf_counter(), time.thread_time()
    result = work()
    return (
        Took(
            (time.perf_counter() - wall_s) * 1e3,
            (time.thread_time() - cpu_s) * 1e3,
        ),
        result,
    )


def committed(db: sqlite3.Connection, step: Step) -> tuple[Took, object]:
    """One step in a durable transaction."""

    def work() -> object:
        db.execute("BEGIN IMMEDIATE")
        result = step(db)
        db.execute("COMMIT")
        return result

    return timed(work)


def line(name: str, times: list[Took]) -> None:
    """One line of the table."""
    cells = [f"{len(times)}"]
    for each in ([one.wall_ms for one in times], [one.cpu_ms for one in times]):
        p99 = (
            quantiles(each, n=100, method="inclusive")[98] if len(each) > 1 else each[0]
        )
        cells += [f"{median(each):.2f}", f"{p99:.2f}", f"{max(each):.2f}"]
    click.echo(f"| {name} | {' | '.join(cells)} |")


def append(db: sqlite3.Connection, appender: Appender, number: int) -> Took:
    """A commit of 32 rows."""
    rows = rows_of(KINDS["old call with its receipt"], number)
    return committed(db, lambda _: appender.write(rows, system_now_ms()))[0]


def pages(path: Path, newest_ms: int, map_mb: int) -> Iterator[tuple[str, list[Took]]]:
    """Pages from the end, and from random places, on a fresh reader's connection."""
    rng = random.Random(1)
    with closing(connect(path, readonly=True)) as db:
        db.execute(f"PRAGMA mmap_size = {map_mb * 1024 * 1024}")
        for name, newest_first in (("the newest", True), ("anywhere", False)):
            times = []
            for _ in range(PAGES):
                after = b""
                if not newest_first:
                    back_ms = rng.randrange(DAYS * DAY_MS)
                    after = first_position_at(newest_ms - back_ms)
                page = partial(
                    messages.page,
                    db,
                    rng.randrange(CHANNELS) + 1,
                    Span(after, 0, None),
                    PAGE_ROWS,
                    newest_first,
                    False,
                )
                times.append(timed(page)[0])
            yield name, times


def purge(db: sqlite3.Connection, before_ms: int, most: int) -> None:
    """Steps of every kind, as ``SqliteStore.purge`` makes them, and appends between."""
    before = first_position_at(before_ms)
    appender = Appender(db)
    steps: dict[str, list[Took]] = {}
    appends: list[Took] = []

    def run(name: str, step: Step) -> object:
        took, result = committed(db, step)
        steps.setdefault(name, []).append(took)
        if len(appends) < COMMITS:
            appender.forget()
            appends.append(append(db, appender, len(appends)))
        return result

    for channel in messages.channel_numbers(db):
        step: Step = partial(messages.purge_step, channel=channel, before=before)
        run_out(lambda step=step: run("messages", step), most)  # type: ignore[misc]
    last: tuple[int, str, str] | None = None

    def next_operations(db: sqlite3.Connection) -> object:
        nonlocal last
        last = messages.purge_operations_step(db, before, last)
        return last

    numbers: Step = partial(messages.purge_numbers_step, before=before, least=0)
    outcomes: Step = partial(purge_outcomes_step, before=before, limit=PURGE_OUTCOMES)
    run_out(lambda: run("operations", next_operations), CHANNELS * most)
    run_out(lambda: run("push numbers", numbers), CHANNELS * most)
    run_out(lambda: run("outcomes", outcomes), CHANNELS * most)
    for name, times in steps.items():
        line(f"purge step: {name}", times)
    line("append of 32 after a purge step", appends)


def run_out(step: Callable[[], object], most: int) -> None:
    """Repeat a step until nothing is left for it."""
    for _ in range(most):
        if not step():
            return


@click.command()
@click.option("--messages", "count", default=5_000_000, help="Messages in the store.")
@click.option("--folder", help="Where the store lies meanwhile; else /tmp.")
@click.option("--steps", default=20, help="Purge steps a channel.")
def main(count: int, folder: str | None, steps: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory(dir=folder) as place:
        path = Path(place, "store.db")
        migrate(path)
        with closing(connect(path)) as db:
            started_s = time.perf_counter()
            newest_ms = fill(db, count)
            took_s = time.perf_counter() - started_s
            size_gb = path.stat().st_size / 1e9
            click.echo(f"{count:,} messages in {took_s:.0f} s, {size_gb:.2f} GB\n")
            head = "p50 | p99 | most"
            click.echo(f"| What | times | ms: {head} | processor ms: {head} |")
            click.echo("|---|" + "---|" * 7)
            appender = Appender(db)
            line("append of 32", [append(db, appender, n) for n in range(COMMITS)])
            for map_mb in MAPS_MB:
                for name, times in pages(path, newest_ms, map_mb):
                    line(f"page of {PAGE_ROWS}, {name}, map {map_mb} MB", times)
            purge(db, newest_ms - 60 * DAY_MS, steps)


if __name__ == "__main__":
    main()
