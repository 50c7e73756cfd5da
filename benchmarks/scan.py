"""``scan`` against ``grep -r`` on the same tree, the cache warm.

100,000 files of source text, one in a thousand with old calls; run
``python -m benchmarks.scan``. The ratio is the figure to keep: at most ten.
"""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import click

from benchmarks.server import CLI

_LINES = "def handle(request):\n    return respond(request, status=200)  # a line\n"
_CALL = "#!/bin/sh\ncurl -d done https://ntfy.sh/topic-of-the-benchmark\n"
_ROUNDS = 5
_FOLDER_FILES, _ONE_IN = 200, 1000


def _fill(folder: Path, count: int, size: int) -> None:
    text = (_LINES * (size // len(_LINES) + 1))[:size]
    for number in range(count):
        place = folder / f"d{number // _FOLDER_FILES}"
        place.mkdir(exist_ok=True)
        is_call = number % _ONE_IN == 0
        name = f"f{number}.sh" if is_call else f"f{number}.py"
        (place / name).write_text(_CALL if is_call else text)


class _Took(NamedTuple):
    wall_s: float
    cpu_s: float
    """Of the processor: what a busy machine does not change."""


def _run(command: list[str]) -> _Took:
    start, before = time.perf_counter(), os.times()
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL)
    after = os.times()
    cpu_s = after.children_user + after.children_system
    cpu_s -= before.children_user + before.children_system
    return _Took(time.perf_counter() - start, cpu_s)


@click.command()
@click.option("--files", default=100_000, help="Files of the tree.")
@click.option("--size", default=4096, help="Bytes of a file.")
@click.option("--path", help="Another tree.")
def main(files: int, size: int, path: str | None) -> None:
    """Print both times and their ratio."""
    with tempfile.TemporaryDirectory() as made:
        if path is None:
            _fill(Path(made), files, size)
        tree = path or made
        scan, grep = [*CLI, "scan", tree, "--json"], ["grep", "-rl", "ntfy", tree]
        _run(grep)
        rounds = [(_run(scan), _run(grep)) for _ in range(_ROUNDS)]
    for name in _Took._fields:
        pairs = [(getattr(one, name), getattr(other, name)) for one, other in rounds]
        scan_s, grep_s = (median(each) for each in zip(*pairs, strict=True))
        ratio = median(one / other for one, other in pairs)
        click.echo(
            f"{name}: scan {scan_s:.2f}, grep -r {grep_s:.2f}, ratio {ratio:.1f}"
        )
    peak_mb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    click.echo(f"peak memory {peak_mb:.0f} MB")


if __name__ == "__main__":
    main()
