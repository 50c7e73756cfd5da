"""Requests a second of one process against several on the same store (SQLite).

Rounds alternate between the numbers of processes, so that a slow minute hits them
alike. wrk needs a core as well: on two cores the servers have about 1.6 of them.
"""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from statistics import median
from urllib.request import urlopen

import click

from benchmarks.__main__ import shots
from benchmarks.load import Load, run_load
from benchmarks.server import free_port, gateway, make_channel


@click.command()
@click.option("--workers", default="1,2", help="Numbers of processes, commas.")
@click.option("--doors", default="native,bark", help="Which doors, commas.")
@click.option("--rounds", default=5, help="Measured rounds, after one to warm up.")
@click.option("--seconds", default=4, help="Length of one load.")
def main(workers: str, doors: str, rounds: int, seconds: int) -> None:
    """Print the table."""
    numbers = [int(number) for number in workers.split(",")]
    print("| door | workers | requests/s | p50 ms | p99 ms | of the first | errors |")
    print("|---|---|---|---|---|---|---|")
    for door in doors.split(","):
        results: dict[int, list[Load]] = {number: [] for number in numbers}
        for turn in range(rounds + 1):
            for number in numbers:
                load = _load(number, door, seconds if turn else 1)
                if turn:
                    results[number].append(load)
        _print(door, results)


def _load(workers: int, door: str, seconds: int) -> Load:
    """One load of a gateway that has just started: no other one has the cores."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        shot = shots(make_channel(folder))[door]
        port = free_port()
        settings = {"PUSHGO_WORKERS": str(workers)}
        stack.enter_context(gateway(folder, port, settings))
        urlopen(f"http://127.0.0.1:{port}/healthz").close()
        run_load(port, shot, 1)
        return run_load(port, shot, seconds)


def _print(door: str, results: dict[int, list[Load]]) -> None:
    """Medians of the rounds; ratios are taken round by round."""
    first = next(iter(results.values()))
    for number, loads in results.items():
        ratio = median(
            load.per_second / one.per_second
            for load, one in zip(loads, first, strict=True)
        )
        print(
            f"| {door} | {number}"
            f" | {median(load.per_second for load in loads):,.0f}"
            f" | {median(load.p50_ms for load in loads):.1f}"
            f" | {median(load.p99_ms for load in loads):.1f}"
            f" | {ratio:.2f} | {sum(load.errors for load in loads)} |"
        )


if __name__ == "__main__":
    main()
