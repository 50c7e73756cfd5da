"""What a template may cost at most: every function, called until the budget is spent.

Draws arguments that are long, deep or wrong, and prints the dearest render of each
function. ntfy gives a template a tenth of a second.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC

import click

import adapters.ntfy.templates
from adapters.golang.outside import Outside
from adapters.golang.sprig import SPRIG, dates_at, random_from
from adapters.golang.template.builtins import BUILTINS
from adapters.golang.template.faults import TemplateFault
from adapters.golang.template.functions import Kind
from adapters.golang.time import Clock

_OUTSIDE = Outside(random_bytes=random.randbytes, monotonic_s=time.monotonic)
_CLOCK = Clock(1_700_000_000_000, UTC, _OUTSIDE)
_DATA: Mapping[str, object] = {
    "map": {f"k{n}": n + 0.5e9 for n in range(2000)},
    "nulls": [None] * 8000,
    "floats": [1.234567e300] * 2000,
    "long": "a" * 8000,
    "wide": "ä" * 4000,
    "words": "a b\n" * 2000,
    "lists": [[]] * 2000,
    "digits": "9" * 300,
    "verbs": "%d" * 500,
    "json": "[" + "1," * 2000 + "1]",
    "spans": "1h" * 128,
    "deep": {"a": {"b": 1}},
}
_OF_ANY = [*(f"$.{name}" for name in _DATA), "1", "1e300", "now", '"a"']
_TEXTS = [f"$.{name}" for name, value in _DATA.items() if isinstance(value, str)]
_PATTERNS = (
    "(?:a?){200}b",
    "(?i)[a-zß-ÿ]{400}",
    "(a|b)*a(a|b){9}$|a",
    r"\\pL+|\\PL",
    "(a{0,900})b",
    "a.*b|a",
    "((a*)*)*|",
)
"""Dear to compile, to search for, or found everywhere."""
_ARGUMENTS: Mapping[Kind, list[str]] = {
    Kind.TEXT: [*_TEXTS, '""', '"a"', '"%"', '"1"', *(f'"{p}"' for p in _PATTERNS)],
    Kind.INT: ["0", "1", "-1", "999", "7000"],
    Kind.FLOAT: ["0.5", "1e300"],
    Kind.BOOL: ["true"],
    Kind.MAP: ["$.map", "$.deep", "(dict)"],
    Kind.TIME: ["now"],
}
_MORE = (0, 1, 2, 30)


@click.command()
@click.option("--rounds", default=10, help="Draws of arguments for each function.")
@click.option("--seed", default=1, help="Of the draws.")
@click.option("--rows", default=15, help="Functions shown, the dearest first.")
def main(rounds: int, seed: int, rows: int) -> None:
    """Print the table."""
    draw = random.Random(seed)
    source = json.dumps(_DATA)
    drawn = random_from(_OUTSIDE.random_bytes)
    functions = {**SPRIG, **dates_at(_CLOCK), **drawn, **BUILTINS}
    dearest: dict[str, tuple[float, str]] = {}
    for name, function in sorted(functions.items()):
        for _ in range(rounds):
            kinds = list(function.parameters)
            kinds += [function.rest] * draw.choice(_MORE) if function.rest else []
            arguments = [draw.choice(_ARGUMENTS.get(kind, _OF_ANY)) for kind in kinds]
            call = " ".join((name, *arguments))
            template = f"{{{{range until 10000}}}}{{{{$x := {call}}}}}{{{{end}}}}"
            seen = _milliseconds(template, source), call[:60]
            dearest[name] = max(dearest.get(name, seen), seen)
    print("| ms | call |\n|---|---|")
    for spent_ms, call in sorted(dearest.values(), reverse=True)[:rows]:
        print(f"| {spent_ms:.0f} | `{call}` |")


def _milliseconds(template: str, source: str) -> float:
    """The processor's time for one render, however it ends."""
    begun = time.process_time()
    with suppress(TemplateFault):
        adapters.ntfy.templates.render(template, source, _CLOCK)
    return (time.process_time() - begun) * 1000


if __name__ == "__main__":
    main()
