"""``unknown``: keys of calls that opened nothing, to be bound as aliases."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.confirm import confirm, yes_option
from pushgo_compat.cli.terminal.options import common_options, wants_json
from pushgo_compat.cli.terminal.output import print_list, print_object
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.service import Administration


@click.group()
@common_options
def unknown() -> None:
    """Unknown keys of old clients, to be bound as aliases."""


@unknown.command(name="list")
@common_options
@click.pass_context
def list_(context: click.Context) -> None:
    """List keys that old clients showed and nothing knows, the latest first.

    A server writes them every 5 seconds.
    """
    found = administer(lambda admin: admin.unknown.list())
    print_list(
        [summary.document() for summary in found],
        "no unknown keys; a server writes new ones every 5 seconds",
    )
    if found and not wants_json(context):
        click.echo("\nBind a key to a channel:\n")
        for summary in found:
            key = summary.unknown
            click.echo(
                f"  pushgo-compat alias add --dialect {key.dialect}"
                f" --unknown {key.unknown_id} --channel ID"
            )


@unknown.command()
@click.argument("unknown_ids", metavar="[UNKNOWN_ID]...", nargs=-1)
@yes_option
@common_options
def forget(unknown_ids: tuple[str, ...], yes: bool) -> None:
    """Forget some of these keys, or all; a key that is still used comes back."""

    async def forget_them(admin: Administration) -> int:
        if not unknown_ids:
            count = len(await admin.unknown.list())
            confirm(f"Forget all unknown keys ({count})?", yes=yes)
        return await admin.unknown.forget(unknown_ids or None)

    print_object({"forgotten": administer(forget_them)})
