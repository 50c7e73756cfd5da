"""``alias``: old keys that go on working."""

from __future__ import annotations

from collections.abc import Mapping

import click

from pushgo_compat.cli.terminal.confirm import confirm_on_terminal, yes_option
from pushgo_compat.cli.terminal.options import (
    DialectName,
    SecretText,
    SeverityMap,
    common_options,
)
from pushgo_compat.cli.terminal.output import print_list, print_object, warn
from pushgo_compat.cli.terminal.session import administer
from pushgo_compat.core.admin.alias_rules import AliasRequest, parse_credential
from pushgo_compat.core.admin.results import AliasAdded
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.stores.access.aliases import AliasChange
from pushgo_compat.core.stores.access.unknown_keys import UnknownKey
from pushgo_compat.model import Severity, Source


@click.group()
@common_options
def alias() -> None:
    """Aliases: old keys that go on working."""


@alias.command()
@click.option(
    "--dialect",
    type=DialectName(),
    help="The dialect of the old key; not needed with --unknown.",
)
@click.option("--channel", "channel_id", metavar="ID", required=True)
@click.option(
    "--key",
    type=SecretText(),
    envvar="PUSHGO_ALIAS_KEY",
    help="The old key; - reads it from standard input. * takes every key that nothing"
    " else knows. Without --key a new one is made.",
)
@click.option(
    "--unknown",
    "unknown_id",
    metavar="UNKNOWN_ID",
    help="A key that a client has shown; see pushgo-compat unknown list.",
)
@click.option("--note", default="", help="What alias list shows beside it.")
@click.option(
    "--severity-map",
    "severity_maps",
    type=SeverityMap(),
    multiple=True,
    metavar="FROM=TO,…",
    help="Change severities on the way, such as high=critical,normal=low.",
)
@click.option("--tag", "tags", multiple=True, help="Add a tag to every message.")
@click.option(
    "--send-only", is_flag=True, help="The key only sends; it cannot subscribe."
)
@click.option(
    "--require-auth", is_flag=True, help="ntfy: the key needs a login beside it."
)
@click.option(
    "--credential",
    "credentials",
    type=SecretText(),
    envvar="PUSHGO_ALIAS_CREDENTIAL",
    multiple=True,
    metavar="USER:PASSWORD|TOKEN",
    help="An old login that opens it; - reads one from standard input.",
)
@yes_option
@common_options
def add(  # noqa: PLR0913 - click hands over an argument for each option
    *,
    dialect: Source | None,
    channel_id: str,
    key: str | None,
    unknown_id: str | None,
    note: str,
    severity_maps: tuple[Mapping[Severity, Severity], ...],
    tags: tuple[str, ...],
    send_only: bool,
    require_auth: bool,
    credentials: tuple[str, ...],
    yes: bool,
) -> None:
    """Bind an old key to a channel, or make a new one of the same shape."""
    if unknown_id is not None and key is not None:
        raise click.UsageError("name the key by either --key or --unknown")
    severity_map: dict[Severity, Severity] = {}
    for pairs in severity_maps:
        severity_map.update(pairs)

    async def bind(admin: Administration) -> AliasAdded:
        seen = None if unknown_id is None else await admin.unknown.find(unknown_id)
        whose = dialect if dialect or seen is None else seen.dialect
        if whose is None:
            raise click.UsageError("a key without --unknown needs --dialect")
        request = AliasRequest(
            dialect=whose,
            channel_id=channel_id,
            key=key,
            unknown=seen,
            note=note,
            severity_map=severity_map,
            tags=tags,
            send_only=send_only,
            require_auth=require_auth,
            credentials=tuple(map(parse_credential, credentials)),
        )
        if seen is not None:
            _show(seen)
            confirm_on_terminal(f"Bind {seen.hint} to {channel_id}?", yes=yes)
        return await admin.add_alias(request)

    added = administer(bind)
    warn(added.warnings)
    print_object(added.document())


def _show(seen: UnknownKey) -> None:
    """Say who uses a key before it is bound; a guesser's keys are listed as well."""
    client = seen.client or "a client without a name"
    address = seen.address or "an unknown address"
    warn([f"{seen.hint}: calls {seen.count}, the latest by {client} from {address}"])


@alias.command(name="list")
@click.option("--dialect", type=DialectName(), help="Only of this dialect.")
@click.option("--channel", metavar="ID", help="Only of this channel.")
@common_options
def list_(dialect: Source | None, channel: str | None) -> None:
    """List aliases, their keys masked, with their last use."""
    found = administer(lambda admin: admin.list_aliases(dialect, channel))
    filtered = dialect is not None or channel is not None
    print_list(
        [summary.document() for summary in found],
        "no such aliases"
        if filtered
        else "no aliases yet: pushgo-compat alias add --dialect DIALECT --channel ID",
    )


@alias.command()
@click.argument("alias_id")
@click.option("--note", help="What alias list shows beside it.")
@click.option("--tag", "tags", multiple=True, help="In place of its tags; '' for none.")
@click.option(
    "--severity-map",
    type=SeverityMap(),
    metavar="FROM=TO,…",
    help="In place of its severities; '' for none.",
)
@click.option("--send-only/--no-send-only", default=None, help="Only sends.")
@common_options
def change(
    alias_id: str,
    note: str | None,
    tags: tuple[str, ...],
    severity_map: Mapping[Severity, Severity] | None,
    send_only: bool | None,
) -> None:
    """Change what an alias does; its key stays bound."""
    wanted = AliasChange(
        note=note,
        tags=tuple(tag for tag in tags if tag) if tags else None,
        severity_map=severity_map,
        send_only=send_only,
    )
    if wanted == AliasChange():
        raise click.UsageError("nothing to change: see --help")
    changed = administer(lambda admin: admin.change_alias(alias_id, wanted))
    print_object(changed.document())


@alias.command()
@click.argument("alias_id", required=False)
@click.option("--dialect", type=DialectName())
@click.option("--key", type=SecretText(), help="- reads it from standard input.")
@common_options
def remove(alias_id: str | None, dialect: Source | None, key: str | None) -> None:
    """Unbind a key, named by ALIAS_ID or by --dialect and --key."""
    if alias_id and dialect is None and key is None:
        removed = administer(lambda admin: admin.remove_alias(alias_id))
    elif not alias_id and dialect and key is not None:
        removed = administer(lambda admin: admin.remove_key(dialect, key))
    else:
        raise click.UsageError("name either ALIAS_ID, or --dialect and --key")
    print_object(removed.document())
