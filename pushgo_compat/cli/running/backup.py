"""``backup`` and ``restore``: one consistent copy of what the gateway keeps."""

from __future__ import annotations

import signal
from pathlib import Path
from types import FrameType

import click

from pushgo_compat.cli.terminal.options import common_options
from pushgo_compat.cli.terminal.output import print_object, warn
from pushgo_compat.cli.terminal.session import now_ms, read_config, worded
from pushgo_compat.config.config import FilesConfig

_DIR = click.Path(path_type=Path)


@click.command()
@click.argument("folder", metavar="DIR", type=_DIR)
@click.option("--without-files", is_flag=True, help="Leave uploaded files out.")
@common_options
def backup(folder: Path, without_files: bool) -> None:
    """Copy store, secret key and uploaded files into DIR; a server may be running."""
    from pushgo_compat.backup.make import make_backup

    config = read_config(FilesConfig, {})
    signal.signal(signal.SIGTERM, end_as_ctrl_c)
    with worded(config):
        made = make_backup(config, folder, now_ms(), with_files=not without_files)
    warn(made.warnings)
    print_object(made.document())


@click.command()
@click.argument("folder", metavar="DIR", type=_DIR)
@click.option(
    "--new-secret-key",
    is_flag=True,
    help="Make a new secret key where the old one is lost; aliases and targets"
    " are lost with it.",
)
@common_options
def restore(folder: Path, new_secret_key: bool) -> None:
    """Make the store from a backup in DIR; nothing that exists is overwritten."""
    from pushgo_compat.backup.restore import restore_backup

    config = read_config(FilesConfig, {})
    signal.signal(signal.SIGTERM, end_as_ctrl_c)
    with worded(config):
        restored = restore_backup(config, folder, accept_new_key=new_secret_key)
    warn(restored.warnings)
    print_object(restored.document())


def end_as_ctrl_c(number: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C does: what was begun is removed on the way out."""
    raise SystemExit(128 + number)
