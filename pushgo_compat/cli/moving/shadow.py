"""``shadow``: let the old server answer beside us until the numbers say it is safe."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.confirm import confirm_on_terminal, yes_option
from pushgo_compat.cli.terminal.options import common_options, wants_json
from pushgo_compat.cli.terminal.output import print_list, print_object, warn
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.shadows import (
    ShadowRequest,
    ShadowStarted,
)


@click.group()
@common_options
def shadow() -> None:
    """Both servers get an alias's calls, until it is safe to move."""


@shadow.command()
@click.argument("alias_id")
@click.option("--old-url", required=True, metavar="URL", help="The old server's root.")
@click.option(
    "--connect",
    metavar="HOST[:PORT]",
    help="Dial this; Host and TLS name stay those of the URL (a move by DNS).",
)
@click.option("--deliver", is_flag=True, help="Our own targets get the messages too.")
@click.option(
    "--timeout",
    "timeout_s",
    type=float,
    default=5.0,
    show_default=True,
    metavar="SECONDS",
    help="How long a client waits for the old server.",
)
@common_options
def start(
    alias_id: str, old_url: str, connect: str | None, deliver: bool, timeout_s: float
) -> None:
    """Ask the old server as well from the next request on, and compare."""
    # Only now: it loads the HTTP client.
    from pushgo_compat.outgoing import leads_back

    request = ShadowRequest(alias_id, old_url, connect, deliver, timeout_s)

    async def begin(admin: Administration) -> ShadowStarted:
        return await admin.shadows().start(request, leads_back)

    started = administer(begin)
    warn(started.warnings)
    print_object(started.document)


@shadow.command()
@click.argument("alias_id", required=False)
@common_options
@click.pass_context
def status(context: click.Context, /, alias_id: str | None) -> None:
    """Show how far the moves are: one with its differences, or all."""
    found = administer(lambda admin: admin.shadows().status(alias_id))
    if alias_id is not None:
        print_object(found[0])
        return
    shown = found if wants_json(context) else [_row(each) for each in found]
    print_list(shown, "no shadows: pushgo-compat shadow start ALIAS_ID --old-url URL")


@shadow.command()
@click.argument("alias_id")
@yes_option
@common_options
def cut_over(alias_id: str, yes: bool) -> None:
    """Ask the old server no more; the figures are kept."""

    async def move(admin: Administration) -> Document:
        if why := await admin.shadows().missing(alias_id):
            warn(["this is not known to be safe:", *why])
            confirm_on_terminal("Cut over all the same?", yes=yes)
        return await admin.shadows().cut_over(alias_id)

    print_object(administer(move))


@shadow.command()
@click.argument("alias_id")
@yes_option
@common_options
def stop(alias_id: str, yes: bool) -> None:
    """Ask the old server no more, and forget the figures."""

    async def end(admin: Administration) -> Document:
        confirm_on_terminal("Forget what was compared?", yes=yes)
        return await admin.shadows().stop(alias_id)

    print_object(administer(end))


def _row(document: Document) -> Document:
    """A line of the table for people."""
    names = (
        "alias_id",
        "phase",
        "old_url",
        "calls",
        "compared",
        "differ",
        "client_visible",
        "old_failed",
        "ours_failed",
        "safe",
    )
    return {name: document[name] for name in names}
