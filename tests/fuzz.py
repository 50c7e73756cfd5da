"""New examples for a number of minutes: ``make fuzz MINUTES=5``.

Each round runs every test that draws, on a seed of its own, which is printed. The first
round that fails is the last one.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
import time

import click

_COMMAND = [sys.executable, *("-m", "pytest", "-n", "2", "--dist", "loadfile")]
_DRAWING = [*("-m", "hypothesis", "--hypothesis-profile", "fuzz")]
_ADVICE = """
Draw the same again:  make fuzz SEED={seed}
Keep what it found:   a request goes into fixtures/fuzz/<dialect>.jsonl (its test prints
                      the line), anything else above its test as @example(…).
"""


@click.command()
@click.option("--minutes", default=5.0, help="When no further round begins.")
@click.option("--seed", type=int, help="One round that draws what this seed drew.")
def main(minutes: float, seed: int | None) -> None:
    """Draw until something breaks or the time is over."""
    end = time.monotonic() + 60 * minutes
    rounds = 0
    while rounds == 0 or (seed is None and time.monotonic() < end):
        rounds += 1
        drawn = secrets.randbelow(2**32) if seed is None else seed
        click.echo(f"round {rounds}, seed {drawn}")
        chosen = f"--hypothesis-seed={drawn}"
        if subprocess.run([*_COMMAND, *_DRAWING, chosen], check=False).returncode:
            click.echo(_ADVICE.format(seed=drawn))
            sys.exit(1)
    click.echo(f"nothing found in {rounds} round(s)")


if __name__ == "__main__":
    main()
