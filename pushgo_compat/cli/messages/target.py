"""``target``: where a channel's messages are delivered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pushgo_compat.cli.terminal.confirm import confirm, yes_option
from pushgo_compat.cli.terminal.options import SecretText, common_options
from pushgo_compat.cli.terminal.output import print_list, print_object
from pushgo_compat.cli.terminal.session import administer, administer_with
from pushgo_compat.config.config import AddressConfig, Config
from pushgo_compat.core.admin.results import Document
from pushgo_compat.core.admin.service import Administration
from pushgo_compat.core.admin.targets import TargetAdministration
from pushgo_compat.core.delivery import Kind, Option, Sent
from pushgo_compat.core.stores.targets import TargetState

_MAX_FILE_BYTES = 64 * 1024


def targets_of(admin: Administration) -> TargetAdministration:
    """Targets of the store at hand; the kinds are loaded only when asked for."""
    from pushgo_compat.delivery.registry import KINDS

    return admin.targets(KINDS)


class _AddGroup(click.Group):
    """``target add KIND``: one command a kind, made from the kind's own options."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        from pushgo_compat.delivery.registry import KINDS

        return list(KINDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        from pushgo_compat.delivery.registry import KINDS

        kind = KINDS.get(cmd_name)
        return None if kind is None else _add_command(kind)


@click.group()
@common_options
def target() -> None:
    """Targets: where a channel's messages are delivered."""


@target.group(cls=_AddGroup)
@common_options
def add() -> None:
    """Add a target of some kind."""


def _add_command(kind: Kind) -> click.Command:
    parameters: list[click.Parameter] = [
        click.Option(
            ["--channel"],
            required=True,
            help="The channel's id, or its name if no other has it.",
        ),
        click.Option(["--name"], help="Shown to people; made when left out."),
        click.Option(
            ["--on-failure"],
            metavar="TARGET",
            help="The target that is told when this one fails for good.",
        ),
        *(_flag(option) for option in kind.options),
    ]

    def run(
        channel: str, name: str | None, on_failure: str | None, **given: object
    ) -> None:
        values = _values(kind, given)

        async def add_it(admin: Administration, config: AddressConfig) -> Document:
            return await targets_of(admin).add(
                kind.name,
                await admin.find_channel(channel),
                _with_own_address(kind, values, config.public_base_url),
                name=name,
                on_failure=on_failure,
            )

        print_object(administer_with(AddressConfig, add_it))

    command = click.Command(
        kind.name, params=parameters, callback=run, help=kind.summary
    )
    return common_options(command)


def _flag(option: Option) -> click.Option:
    name = f"--{option.name}"
    if option.is_flag:
        return click.Option([name], is_flag=True, help=option.help)
    text = option.help + ("  (- reads it from standard input)" if option.secret else "")
    kind: click.ParamType[Any] | None = SecretText() if option.secret else None
    if option.is_file:
        kind = click.Path(exists=True, dir_okay=False)
    return click.Option(
        [name],
        type=kind,
        multiple=option.repeatable,
        required=option.required,
        help=text,
        metavar="FILE" if option.is_file else None,
    )


def _values(kind: Kind, given: Mapping[str, object]) -> dict[str, object]:
    """The flags by the options' own names; files as their text."""
    values: dict[str, object] = {}
    for option in kind.options:
        value = given[option.name.replace("-", "_")]
        if option.is_file and value is not None:
            value = _read_file(Path(str(value)))
        values[option.name] = value
    return values


def _with_own_address(
    kind: Kind, values: Mapping[str, object], base_url: str | None
) -> Mapping[str, object]:
    """The values, with our own address in place of one that was left out."""
    if base_url is None:
        return values
    own = {
        option.name: base_url.rstrip("/") + option.public_path
        for option in kind.options
        if option.public_path is not None and values[option.name] is None
    }
    return {**values, **own}


def _read_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None


@target.command(name="list")
@click.option("--channel", help="Only of this channel.")
@common_options
def list_(channel: str | None) -> None:
    """List targets."""

    async def list_them(admin: Administration) -> list[Document]:
        of = None if channel is None else await admin.find_channel(channel)
        return await targets_of(admin).list_targets(of)

    print_list(
        administer(list_them),
        "no targets yet: pushgo-compat target add KIND --channel ID",
    )


@target.command()
@click.argument("target_id", metavar="TARGET")
@common_options
def show(target_id: str) -> None:
    """Show one target and how much waits for it."""
    print_object(administer(lambda admin: targets_of(admin).show(target_id)))


@target.command()
@click.argument("target_id", metavar="TARGET")
@common_options
def pause(target_id: str) -> None:
    """Send nothing to a target; what comes waits until its age limit."""
    print_object(
        administer(
            lambda admin: targets_of(admin).set_state(target_id, TargetState.PAUSED)
        )
    )


@target.command()
@click.argument("target_id", metavar="TARGET")
@click.option(
    "--from",
    "start",
    type=click.Choice(["now"]),
    help="now: forget what waits.",
)
@common_options
def resume(target_id: str, start: str | None) -> None:
    """Go on with a paused or dropped target."""
    print_object(
        administer(
            lambda admin: targets_of(admin).set_state(
                target_id, TargetState.ACTIVE, from_now=start is not None
            )
        )
    )


@target.command()
@click.argument("target_id", metavar="TARGET")
@yes_option
@common_options
def remove(target_id: str, yes: bool) -> None:
    """Remove a target; what waits for it is never sent."""

    async def ask_and_remove(admin: Administration) -> Document:
        found = await targets_of(admin).show(target_id)
        confirm(
            f"Remove target {found['name']} ({found['target_id']}), for which"
            f" {found['waiting']} messages wait?",
            yes=yes,
        )
        return await targets_of(admin).remove(target_id)

    print_object(administer(ask_and_remove))


@target.command()
@click.argument("target_id", metavar="TARGET")
@common_options
@click.pass_context
def test(context: click.Context, /, target_id: str) -> None:
    """Send one message marked as a test, and print the provider's own answer."""

    async def try_it(admin: Administration, config: Config) -> Document:
        from pushgo_compat.outgoing import send_test

        found = await targets_of(admin).find(target_id)
        outcome = await send_test(
            config, admin.secret, admin.store, found, admin.now_ms()
        )
        return {
            "target_id": found.target_id,
            "kind": found.kind,
            "outcome": type(outcome).__name__.lower(),
            "reason": outcome.remark or None
            if isinstance(outcome, Sent)
            else outcome.reason,
            "provider_id": outcome.provider_id if isinstance(outcome, Sent) else None,
        }

    told = administer_with(Config, try_it)
    print_object(told)
    context.exit(0 if told["outcome"] == "sent" else 1)
