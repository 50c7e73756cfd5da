"""Requests a second of every door, against a bare echo in the same run.

Machines are shared and noisy: the ratio to the echo is the figure to keep, and rounds
alternate between all doors so that a slow minute hits them alike.
"""

from __future__ import annotations

import json
import sys
import tempfile
from statistics import median
from urllib.request import urlopen

import click

from benchmarks.load import Load, Shot, rss_mb, run_load
from benchmarks.server import (
    free_port,
    gateway,
    make_channel,
    more_channels,
    running,
)

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_JSON = {"Content-Type": "application/json"}
_TITLE, _BODY = "Backup done", "Nightly backup of nas-1 finished in 42 minutes."


def shots(channel: dict[str, str]) -> dict[str, Shot]:
    """The same alert in every door's words."""
    key = channel["key"]
    native = {
        "channel_id": channel["channel_id"],
        "password": channel["password"],
        "title": _TITLE,
        "body": _BODY,
        "severity": "high",
        "tags": ["nas", "backup"],
    }
    bark = {"title": _TITLE, "body": _BODY, "level": "timeSensitive", "group": "nas"}
    return {
        "native": Shot("POST", "/message", json.dumps(native), _JSON),
        "ntfy": Shot(
            "POST",
            f"/ntfy/{key}",
            _BODY,
            {"Title": _TITLE, "Priority": "4", "Tags": "nas,backup"},
        ),
        "bark": Shot("POST", f"/bark/{key}", json.dumps(bark), _JSON),
        "serverchan": Shot(
            "POST",
            f"/serverchan/{key}.send",
            "title=Backup+done&desp=Nightly+backup+of+nas-1+finished+in+42+minutes.",
            _FORM,
        ),
    }


@click.command()
@click.option("--rounds", default=5, help="Measured rounds, after one to warm up.")
@click.option("--seconds", default=4, help="Length of one load.")
@click.option("--keys", default=1000, help="Keys that requests are drawn from.")
def main(rounds: int, seconds: int, keys: int) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        channel = make_channel(folder)
        channels = [channel, *more_channels(folder, channel, keys - 1)]
        doors: dict[str, list[Shot]] = {}
        for each in channels:
            for name, shot in shots(each).items():
                doors.setdefault(name, []).append(shot)
        echo_port, port = free_port(), free_port()
        echo = [sys.executable, "-m", "benchmarks.echo", str(echo_port)]
        with running(echo, folder, echo_port), gateway(folder, port) as pid:
            for shot in doors["ntfy"]:  # a key's first use takes a password check
                body = shot.body.encode()
                urlopen(f"http://127.0.0.1:{port}{shot.path}", body).close()
            results: dict[str, list[Load]] = {"echo": [], **{n: [] for n in doors}}
            for number in range(rounds + 1):
                length = seconds if number else 1
                loads = {"echo": run_load(echo_port, doors["native"], length)}
                for name, drawn in doors.items():
                    loads[name] = run_load(port, drawn, length)
                if number:
                    for name, load in loads.items():
                        results[name].append(load)
            print_table(results, rss_mb(pid))


def print_table(results: dict[str, list[Load]], rss: float) -> None:
    """Medians of the rounds; ratios are taken round by round."""
    print("| door | requests/s | p50 ms | p99 ms | of echo | of native | errors |")
    print("|---|---|---|---|---|---|---|")
    for name, loads in results.items():
        of_echo = median(
            load.per_second / echo.per_second
            for load, echo in zip(loads, results["echo"], strict=True)
        )
        of_native = median(
            load.per_second / native.per_second
            for load, native in zip(loads, results["native"], strict=True)
        )
        print(
            f"| {name} | {median(load.per_second for load in loads):,.0f}"
            f" | {median(load.p50_ms for load in loads):.1f}"
            f" | {median(load.p99_ms for load in loads):.1f}"
            f" | {of_echo:.2f} | {of_native:.2f}"
            f" | {sum(load.errors for load in loads)} |"
        )
    print(f"\nRSS of the gateway after the run: {rss:.0f} MB")


if __name__ == "__main__":
    main()
