"""``serve``: prepare the store, then hand over to the server."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence

import click

from pushgo_compat.cli.running.first_channel import greeting, operator_link
from pushgo_compat.cli.terminal.options import (
    common_options,
    setting_options,
    wants_json,
)
from pushgo_compat.cli.terminal.output import print_object, warn
from pushgo_compat.cli.terminal.session import read_config, with_store
from pushgo_compat.config.config import Config
from pushgo_compat.config.loading import settings_of
from pushgo_compat.core.admin.results import ChannelOpened
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.tokens.admin_token import make_first_admin_token
from pushgo_compat.legacy import Dialect


def build_serve(
    run: Callable[[Config], int], dialects: Sequence[Dialect]
) -> click.Command:
    """The command; ``run`` is the server, which knows what this package may not."""
    rows = settings_of(Config, {d.source: d.traits for d in dialects})

    @click.command()
    @setting_options(row for row in rows if row.field != "db_url")
    @click.option(
        "--first-channel",
        metavar="NAME",
        help="Make a channel when there is none, and print how to send to it.",
    )
    @common_options
    @click.pass_context
    def serve(
        context: click.Context, /, first_channel: str | None, **flags: str | None
    ) -> None:
        """Run the gateway."""
        config = read_config(Config, flags)

        async def prepare(
            admin: Administration,
        ) -> tuple[ChannelOpened | None, str | None]:
            opened, token = None, None
            if first_channel is not None and not await admin.list_channels():
                opened = await admin.create_channel(first_channel)
            # Only to people: what is no terminal may be kept as a log.
            if sys.stdout.isatty() and config.admin_token is None:
                token = await make_first_admin_token(admin.store)
            return opened, token

        opened, token = asyncio.run(with_store(config, prepare, create=True))
        if token is not None:
            click.echo(operator_link(config, token))
        if opened is not None:
            warn(opened.warnings)
            if wants_json(context):
                print_object(opened.document())
            else:
                click.echo(greeting(config, opened, dialects))
        context.exit(run(config))

    return serve
