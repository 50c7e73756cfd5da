"""``stats``: the numbers of the operator's overview."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.options import (
    common_options,
    given_dialects,
    wants_json,
)
from pushgo_compat.cli.terminal.output import print_list, print_object
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.calls.stats import Numbers, Stats
from pushgo_compat.model import Source


@click.command()
@common_options
@click.pass_context
def stats(context: click.Context) -> None:
    """Show how many calls came, and what waits for the operator."""

    async def read(admin: Administration) -> Numbers:
        sources = [*(dialect.source for dialect in given_dialects()), Source.NATIVE]
        return await Stats(admin.store, sources, admin.now_ms).read()

    numbers = administer(read)
    document = numbers.document()
    if wants_json(context):
        print_object(document)
        return
    print_list(
        [
            {
                "door": each.source,
                "hour accepted": each.hour.accepted,
                "hour refused": each.hour.refused,
                "day accepted": each.day.accepted,
                "day refused": each.day.refused,
            }
            for each in numbers.dialects
        ],
        "",
    )
    click.echo()
    print_object({n: v for n, v in document.items() if n != "dialects"})
