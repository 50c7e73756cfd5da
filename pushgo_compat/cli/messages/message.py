"""``send`` and ``watch``: a channel's messages from the shell."""

from __future__ import annotations

import sys

import click

from pushgo_compat.cli.terminal.options import (
    common_options,
    given_dialects,
    wants_json,
)
from pushgo_compat.cli.terminal.output import print_object
from pushgo_compat.cli.terminal.session import administer, watch_store
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.live import Hub
from pushgo_compat.model import Severity


@click.command()
@click.option(
    "--channel",
    metavar="ID",
    required=True,
    help="The channel's id, or its name if no other has it.",
)
@click.option("--title", help="The channel's name when left out.")
@click.option(
    "--severity",
    type=click.Choice([str(severity) for severity in Severity]),
    default=str(Severity.NORMAL),
    show_default=True,
)
@click.argument("text", required=False)
@common_options
def send(channel: str, title: str | None, severity: str, text: str | None) -> None:
    """Send TEXT (Markdown) to a channel; - reads it from standard input."""
    if text is None and title is None:
        raise click.UsageError(
            "nothing to send: give TEXT, - for standard input, or --title"
        )
    body = _standard_input() if text == "-" else text

    async def send_it(admin: Administration) -> Document:
        found = await admin.find_channel(channel)
        return await admin.messages().send(found, title, body, Severity(severity))

    print_object(administer(send_it))


def _standard_input() -> str:
    return sys.stdin.buffer.read().decode("utf-8", "surrogateescape").rstrip("\n")


@click.command()
@click.option(
    "--channel",
    metavar="ID",
    required=True,
    help="The channel's id, or its name if no other has it.",
)
@click.option(
    "--since",
    metavar="SINCE",
    help="Begin after this message_id, at these Unix milliseconds, or with all;"
    " now when left out.",
)
@common_options
@click.pass_context
def watch(context: click.Context, channel: str, since: str | None) -> None:
    """Print a channel's messages as they come, until Ctrl-C."""
    from pushgo_compat.cli.messages.watching import Watch

    hub = Hub()
    derived = {d.source: d.derived_metadata for d in given_dialects()}
    watching = Watch(hub, derived, as_json=wants_json(context))
    watch_store(lambda admin: watching.run(admin, channel, since), hub)
