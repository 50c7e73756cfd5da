"""Questions before what cannot be undone (README.md, "Commands")."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

C = TypeVar("C", bound=Callable[..., Any])


def yes_option(command: C) -> C:
    """Add ``--yes``."""
    return click.option("--yes", is_flag=True, help="Do not ask.")(command)


def has_terminal() -> bool:
    """Whether standard input and output are a terminal."""
    return sys.stdin.isatty()


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something is destroyed; raises ClickException unless agreed.

    Without a terminal ``--yes`` is required.
    """
    if yes:
        return
    if not has_terminal():
        raise click.ClickException(
            f"{question} There is no terminal to ask on: say --yes"
        )
    confirm_on_terminal(question, yes=False)


def confirm_on_terminal(question: str, *, yes: bool) -> None:
    """Ask on a terminal; raises ClickException unless agreed."""
    if yes or not has_terminal():
        return
    # On stderr: stdout is for the JSON document.
    if not click.confirm(question, err=True):
        raise click.ClickException("nothing was changed")
