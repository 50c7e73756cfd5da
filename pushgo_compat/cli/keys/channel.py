"""``channel``: who can be sent to."""

from __future__ import annotations

import click

from pushgo_compat.cli.terminal.confirm import confirm, yes_option
from pushgo_compat.cli.terminal.options import SecretText, common_options
from pushgo_compat.cli.terminal.output import print_list, print_object, warn
from pushgo_compat.cli.terminal.session import administer, administer_with
from pushgo_compat.config.config import Config
from pushgo_compat.core.admin.results import ChannelSummary, Document
from pushgo_compat.core.admin.service import Administration


@click.group()
@common_options
def channel() -> None:
    """Channels, which receive messages; each has one key."""


@channel.command()
@click.option(
    "--name",
    required=True,
    help="Shown to people; the title of a message that has none.",
)
@click.option("--channel-id", help="26 letters and digits; made when left out.")
@click.option(
    "--password",
    type=SecretText(),
    envvar="PUSHGO_CHANNEL_PASSWORD",
    help="8-128 characters, - reads it from standard input; made when left out.",
)
@common_options
def create(name: str, channel_id: str | None, password: str | None) -> None:
    """Make a channel and print its key, once."""
    opened = administer(
        lambda admin: admin.create_channel(name, channel_id, password), create=True
    )
    warn(opened.warnings)
    print_object(opened.document())


@channel.command(name="list")
@common_options
def list_() -> None:
    """List all channels."""
    found = administer(lambda admin: admin.list_channels())
    print_list(
        [summary.document() for summary in found],
        "no channels yet: pushgo-compat channel create --name NAME",
    )


@channel.command()
@click.argument("channel_id", metavar="ID")
@common_options
def show(channel_id: str) -> None:
    """Show one channel."""
    print_object(administer(lambda admin: admin.show_channel(channel_id)).document())


@channel.command()
@click.argument("channel_id", metavar="ID")
@common_options
def rotate_password(channel_id: str) -> None:
    """Replace a channel's password and print its new key, once."""
    opened = administer(lambda admin: admin.rotate_password(channel_id))
    warn(opened.warnings)
    print_object(opened.document())


@channel.command()
@click.argument("channel_id", metavar="ID")
@click.option(
    "--minutes",
    type=click.IntRange(1, 60),
    default=10,
    show_default=True,
    help="How long to wait for a phone.",
)
@common_options
def pair(channel_id: str, minutes: int) -> None:
    """Pair one phone with Bark's app: it gets this channel's messages from then on."""

    async def pair_it(admin: Administration, config: Config) -> Document:
        # Only this command needs delivery, which takes long to load.
        from pushgo_compat.cli.keys.pairing import pair_phone

        return await pair_phone(admin, config, channel_id, minutes)

    print_object(administer_with(Config, pair_it))


@channel.command()
@click.argument("channel_id", metavar="ID")
@click.argument("name")
@common_options
def rename(channel_id: str, name: str) -> None:
    """Give a channel another name; its id, keys and messages stay."""
    renamed = administer(lambda admin: admin.rename_channel(channel_id, name))
    print_object(renamed.document())


@channel.command()
@click.argument("channel_id", metavar="ID")
@click.argument("token_id")
@common_options
def revoke_token(channel_id: str, token_id: str) -> None:
    """End a token that an ntfy login of this channel got; `show` lists them."""
    revoked = administer(lambda admin: admin.revoke_token(channel_id, token_id))
    print_object(revoked.document())


@channel.command()
@click.argument("channel_id", metavar="ID")
@yes_option
@common_options
def delete(channel_id: str, yes: bool) -> None:
    """Remove a channel with its aliases and messages."""

    async def ask_and_delete(admin: Administration) -> ChannelSummary:
        found = await admin.show_channel(channel_id)
        channel = found.channel
        confirm(
            f"Delete channel {channel.name} ({channel.channel_id}), its aliases"
            f" ({found.alias_count}) and all its messages?",
            yes=yes,
        )
        return await admin.delete_channel(channel.channel_id)

    print_object(administer(ask_and_delete).document())
