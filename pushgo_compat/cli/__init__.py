"""The command line: ``serve``, and what an operator does to channels and aliases."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import click

from pushgo_compat import __version__
from pushgo_compat.cli.keys.alias import alias
from pushgo_compat.cli.keys.channel import channel
from pushgo_compat.cli.keys.key import key
from pushgo_compat.cli.keys.unknown import unknown
from pushgo_compat.cli.messages.message import send, watch
from pushgo_compat.cli.messages.outbox import outbox
from pushgo_compat.cli.messages.target import target
from pushgo_compat.cli.moving.calls import calls
from pushgo_compat.cli.moving.scan import scan
from pushgo_compat.cli.moving.shadow import shadow
from pushgo_compat.cli.moving.store import store
from pushgo_compat.cli.moving.translate import translate
from pushgo_compat.cli.running.admin_token import admin_token
from pushgo_compat.cli.running.backup import backup, restore
from pushgo_compat.cli.running.serve import build_serve
from pushgo_compat.cli.running.stats import stats
from pushgo_compat.cli.terminal.options import common_options
from pushgo_compat.config.config import Config
from pushgo_compat.legacy import Dialect
from pushgo_compat.logs import log_to_stderr


def build_cli(
    serve: Callable[[Config], int], dialects: Sequence[Dialect]
) -> click.Group:
    """All commands; ``serve`` runs the server until it stops, for an exit status."""
    settings = {"help_option_names": ["-h", "--help"], "obj": dialects}

    *others, last = (dialect.traits.name for dialect in dialects)
    purpose = f"Calls of {', '.join(others)} and {last} become PushGo messages."

    @click.group(context_settings=settings, help=purpose)
    @click.version_option(__version__, prog_name="pushgo-compat")
    @common_options
    def cli() -> None:
        log_to_stderr()

    cli.add_command(build_serve(serve, dialects))
    cli.add_command(channel)
    cli.add_command(alias)
    cli.add_command(unknown)
    cli.add_command(target)
    cli.add_command(outbox)
    cli.add_command(calls)
    cli.add_command(shadow)
    cli.add_command(key)
    cli.add_command(stats)
    cli.add_command(admin_token)
    cli.add_command(send)
    cli.add_command(watch)
    cli.add_command(translate)
    cli.add_command(scan)
    cli.add_command(backup)
    cli.add_command(restore)
    cli.add_command(store)
    return cli
