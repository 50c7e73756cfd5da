"""Requests a second by the number of connections, kept alive or not, and of instances.

Run ``python -m benchmarks.many`` for one server on SQLite; ``--instances 1,2,3`` for as
many on one PostgreSQL (that of the tests' wheel, with fsync), each with a load of its
own. Rounds alternate; medians are shown. Start-up is from the process's start to the
first connection that is taken.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from statistics import median

import click

from benchmarks.load import CONNECTIONS, Load, Shot, rss_mb, run_load
from benchmarks.server import database, free_port, gateway, make_channel

_CLOSE = {"Connection": "close"}


def native(channel: Mapping[str, str]) -> Shot:
    """A message of its own sender."""
    fields = {name: channel[name] for name in ("channel_id", "password")}
    body = json.dumps({**fields, "title": "Backup done", "severity": "high"})
    return Shot("POST", "/message", body, {"Content-Type": "application/json"})


def ntfy(channel: Mapping[str, str]) -> Shot:
    """An old call."""
    return Shot("POST", f"/ntfy/{channel['key']}", "Backup done", {"Title": "NAS"})


SHOTS: Mapping[str, Callable[[Mapping[str, str]], Shot]] = {
    "native": native,
    "ntfy": ntfy,
}


def row(cells: list[object], loads: list[Load]) -> None:
    """One line of a table."""
    figures = [
        f"{median(load.per_second for load in loads):,.0f}",
        f"{median(load.p50_ms for load in loads):.1f}",
        f"{median(load.p99_ms for load in loads):.1f}",
        f"{sum(load.errors for load in loads)}",
    ]
    click.echo(f"| {' | '.join(map(str, [*cells, *figures]))} |")


def by_connections(counts: list[int], seconds: int, rounds: int) -> None:
    """The table of one server."""
    with tempfile.TemporaryDirectory() as folder:
        channel, port = make_channel(folder), free_port()
        started_s = time.perf_counter()
        with gateway(folder, port):
            click.echo(f"start-up: {time.perf_counter() - started_s:.2f} s\n")
            cases = [
                (door, count, kept)
                for door in SHOTS
                for kept in (True, False)
                for count in counts
            ]
            loads: dict[tuple[str, int, bool], list[Load]] = {c: [] for c in cases}
            for number in range(rounds + 1):
                for case in cases:
                    door, count, kept = case
                    shot = SHOTS[door](channel)
                    if not kept:
                        shot = replace(shot, headers={**(shot.headers or {}), **_CLOSE})
                    load = run_load(port, shot, seconds if number else 1, count)
                    if number:
                        loads[case].append(load)
        click.echo(
            "| door | kept | connections | requests/s | p50 ms | p99 ms | errors |"
        )
        click.echo("|---|---|---|---|---|---|---|")
        for (door, count, kept), found in loads.items():
            row([door, "yes" if kept else "no", count], found)


def by_instances(counts: list[int], seconds: int, rounds: int) -> None:
    """The table of servers on one PostgreSQL."""
    click.echo("| instances | start-up s | requests/s | p50 | p99 | errors | MB each |")
    click.echo("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder, database() as settings:
        shot = native(make_channel(folder, settings))
        for count in counts:
            ports = [free_port() for _ in range(count)]
            with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
                started_s = time.perf_counter()
                pids = [
                    stack.enter_context(gateway(folder, port, settings))
                    for port in ports
                ]
                start_s = (time.perf_counter() - started_s) / count
                together = []
                for number in range(rounds + 1):
                    length = seconds if number else 1
                    share = CONNECTIONS // count
                    found = list(
                        pool.map(
                            lambda port, length=length, share=share: run_load(
                                port, shot, length, share
                            ),
                            ports,
                        )
                    )
                    if number:
                        together.append(
                            Load(
                                sum(load.per_second for load in found),
                                median(load.p50_ms for load in found),
                                max(load.p99_ms for load in found),
                                sum(load.errors for load in found),
                            )
                        )
                rss = median(map(rss_mb, pids))
            load = together
            click.echo(
                f"| {count} | {start_s:.2f}"
                f" | {median(each.per_second for each in load):,.0f}"
                f" | {median(each.p50_ms for each in load):.1f}"
                f" | {median(each.p99_ms for each in load):.1f}"
                f" | {sum(each.errors for each in load)} | {rss:.0f} |"
            )


@click.command()
@click.option("--connections", default="1,8,64,256")
@click.option("--instances", help="How many on PostgreSQL, each: 1,2,3.")
@click.option("--seconds", default=3, help="Length of one load.")
@click.option("--rounds", default=3, help="Measured rounds, after one to warm up.")
def main(connections: str, instances: str | None, seconds: int, rounds: int) -> None:
    """Print the table."""
    if instances:
        by_instances([int(each) for each in instances.split(",")], seconds, rounds)
    else:
        by_connections([int(each) for each in connections.split(",")], seconds, rounds)


if __name__ == "__main__":
    main()
