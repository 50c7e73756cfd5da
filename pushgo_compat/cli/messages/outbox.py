"""``outbox``: deliveries that wait, were sent, or have failed."""

from __future__ import annotations

import click

from pushgo_compat.cli.messages.target import targets_of
from pushgo_compat.cli.terminal.confirm import confirm, yes_option
from pushgo_compat.cli.terminal.options import common_options, wants_json
from pushgo_compat.cli.terminal.output import print_list, print_object
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import STATES

_MAX_LIMIT = 10_000


@click.group()
@common_options
def outbox() -> None:
    """The outbox: deliveries that wait or have ended."""


@outbox.command(name="list")
@click.option("--channel", help="Only of this channel.")
@click.option("--target", "target_id", metavar="TARGET", help="Only to this target.")
@click.option("--state", type=click.Choice(STATES), help="Only in this state.")
@click.option(
    "--limit",
    type=click.IntRange(1, _MAX_LIMIT),
    default=100,
    show_default=True,
    help="At most so many.",
)
@common_options
@click.pass_context
def list_(
    context: click.Context,
    /,
    channel: str | None,
    target_id: str | None,
    state: str | None,
    limit: int,
) -> None:
    """List deliveries: those that wait first, then the latest that ended."""

    async def list_them(admin: Administration) -> list[Document]:
        of = None if channel is None else await admin.find_channel(channel)
        return await targets_of(admin).outbox(
            channel=of, target_id=target_id, state=state, limit=limit
        )

    found = administer(list_them)
    if not wants_json(context):
        # A table has one column for both kinds of time; the state says which it is.
        found = [
            {("at" if name == "next_try_at" else name): row[name] for name in row}
            for row in found
        ]
    print_list(found, "nothing waits, and nothing has been sent")


@outbox.command()
@click.option("--target", "target_id", metavar="TARGET", help="Of this target.")
@click.option("--message", "message_ids", multiple=True, help="Only this message.")
@click.option("--all-failed", is_flag=True, help="All that failed, of all targets.")
@common_options
def retry(
    target_id: str | None, message_ids: tuple[str, ...], all_failed: bool
) -> None:
    """Send again what has failed, and try at once what waits."""
    if all_failed == (target_id is not None) or (all_failed and message_ids):
        raise click.UsageError("say --target TARGET [--message M]…, or --all-failed")
    changed = administer(lambda admin: targets_of(admin).retry(target_id, message_ids))
    print_object({"changed": changed})


@outbox.command()
@click.option("--target", "target_id", metavar="TARGET", required=True)
@click.option("--message", "message_ids", multiple=True, help="Only this message.")
@yes_option
@common_options
def drop(target_id: str, message_ids: tuple[str, ...], yes: bool) -> None:
    """Never send what waits for a target."""

    async def ask_and_drop(admin: Administration) -> int:
        found = await targets_of(admin).show(target_id)
        what = f"{len(message_ids) or found['waiting']} messages"
        confirm(f"Never send {what} that wait for {found['name']}?", yes=yes)
        return await targets_of(admin).drop(target_id, message_ids)

    print_object({"changed": administer(ask_and_drop)})
