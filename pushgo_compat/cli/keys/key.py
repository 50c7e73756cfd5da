"""``key``: whose a key is."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.options import (
    SecretText,
    common_options,
    given_dialects,
)
from pushgo_compat.cli.terminal.output import print_object
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.key_check import KeyCheck, KeyFound, KeyKind
from pushgo_compat.core.admin.service import Administration


@click.group()
@common_options
def key() -> None:
    """Keys of old clients."""


@key.command()
@click.argument("text", type=SecretText(), default="-", metavar="[-]")
@common_options
@click.pass_context
def check(context: click.Context, /, text: str) -> None:
    """Tell whose a key is: a key, or a whole curl line, from standard input.

    The exit status is 1 when nothing knows it, or the password is wrong.
    """

    async def find(admin: Administration) -> KeyFound:
        sources = [dialect.source for dialect in given_dialects()]
        return await KeyCheck(admin.store, admin.secret, sources).find(text)

    found = administer(find)
    print_object(found.document())
    if found.kind in (KeyKind.UNKNOWN, KeyKind.WRONG_PASSWORD):
        context.exit(1)
