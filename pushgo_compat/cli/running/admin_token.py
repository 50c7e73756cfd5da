"""``admin-token``: the token of the operator's pages."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.options import common_options
from pushgo_compat.cli.terminal.output import print_object, warn
from pushgo_compat.cli.terminal.session import administer_with
from pushgo_compat.config.config import AdminTokenConfig
from pushgo_compat.core.admin.alias_rules import Refused
from pushgo_compat.core.admin.results import AdminTokenMade
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.auth.tokens.admin_token import make_admin_token


@click.command("admin-token")
@common_options
def admin_token() -> None:
    """Make a new token for the operator's pages and print it, once."""

    async def make(admin: Administration, config: AdminTokenConfig) -> AdminTokenMade:
        if config.admin_token is not None:
            raise Refused(
                "PUSHGO_ADMIN_TOKEN is set, and no other token opens the pages: change"
                " it there, or unset it"
            )
        return AdminTokenMade(token=await make_admin_token(admin.store))

    made = administer_with(AdminTokenConfig, make)
    warn(["the token before this one opens nothing from now on"])
    print_object(made.document())
