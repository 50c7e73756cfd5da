"""``alias``: old keys that go on working."""

from __future__ import annotations

from collections.abc import Mapping

import click

from pushgo_compat.cli.options import (
    DIALECTS,
    SecretText,
    SeverityMap,
    common_options,
    parse_credential,
)
from pushgo_compat.cli.output import print_list, print_object, warn
from pushgo_compat.cli.session import administer
from pushgo_compat.core.admin.alias_rules import AliasRequest
from pushgo_compat.model import Severity, Source


@click.group()
@common_options
def alias() -> None:
    """Aliases: old keys that go on working."""


@alias.command()
@click.option("--dialect", type=click.Choice(DIALECTS), required=True)
@click.option("--channel", "channel_id", metavar="ID", required=True)
@click.option(
    "--key",
    type=SecretText(),
    envvar="PUSHGO_ALIAS_KEY",
    help="The old key; - reads it from standard input, * stands for all that nothing"
    " else knows; made when left out.",
)
@click.option(
    "--severity-map",
    "severity_maps",
    type=SeverityMap(),
    multiple=True,
    metavar="FROM=TO,…",
    help="Change severities on the way, such as high=critical,normal=low.",
)
@click.option("--tag", "tags", multiple=True, help="Add a tag to every message.")
@click.option("--send-only", is_flag=True, help="The key never subscribes.")
@click.option("--require-auth", is_flag=True, help="ntfy: the key alone is not enough.")
@click.option(
    "--credential",
    "credentials",
    type=SecretText(),
    envvar="PUSHGO_ALIAS_CREDENTIAL",
    multiple=True,
    metavar="USER:PASSWORD|TOKEN",
    help="An old login that opens it; - reads one from standard input.",
)
@common_options
def add(
    dialect: str,
    channel_id: str,
    key: str | None,
    severity_maps: tuple[Mapping[Severity, Severity], ...],
    tags: tuple[str, ...],
    send_only: bool,
    require_auth: bool,
    credentials: tuple[str, ...],
) -> None:
    """Bind an old key to a channel, or make a new one of the same shape."""
    severity_map: dict[Severity, Severity] = {}
    for pairs in severity_maps:
        severity_map.update(pairs)
    request = AliasRequest(
        dialect=Source(dialect),
        channel_id=channel_id,
        key=key,
        severity_map=severity_map,
        tags=tags,
        send_only=send_only,
        require_auth=require_auth,
        credentials=tuple(map(parse_credential, credentials)),
    )
    added = administer(lambda admin: admin.add_alias(request))
    warn(added.warnings)
    print_object(added.document())


@alias.command(name="list")
@common_options
def list_() -> None:
    """List all aliases, their keys masked."""
    found = administer(lambda admin: admin.list_aliases())
    print_list(
        [summary.document() for summary in found],
        "no aliases yet: pushgo-compat alias add --dialect DIALECT --channel ID",
    )


@alias.command()
@click.argument("alias_id", required=False)
@click.option("--dialect", type=click.Choice(DIALECTS))
@click.option("--key", type=SecretText(), help="- reads it from standard input.")
@common_options
def remove(alias_id: str | None, dialect: str | None, key: str | None) -> None:
    """Unbind a key, named by ALIAS_ID or by --dialect and --key."""
    if alias_id and dialect is None and key is None:
        removed = administer(lambda admin: admin.remove_alias(alias_id))
    elif not alias_id and dialect and key is not None:
        removed = administer(lambda admin: admin.remove_key(Source(dialect), key))
    else:
        raise click.UsageError("name either ALIAS_ID, or --dialect and --key")
    print_object(removed.document())
