"""One row of the table of settings, and how a field of a config declares it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import NamedTuple, TypeVar, cast

T = TypeVar("T")

KEY = "setting"
"""Where the metadata of a field has its row."""


class Setting(NamedTuple):
    """One row of the table."""

    field: str
    parse: Callable[[str], object]
    help: str
    default: str
    empty_means_off: bool
    """Empty text is a value here; elsewhere it counts as unset."""
    secret: bool
    """No flag, as flags show in the list of processes; not in ``repr`` either."""

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return variable_of(self.field)

    @property
    def flag(self) -> str:
        """Its name on the command line."""
        return f"--{self.field.replace('_', '-')}"


def setting(
    parse: Callable[[str], T],
    help: str,
    *,
    default: str = "",
    empty_means_off: bool = False,
    secret: bool = False,
) -> T:
    """Declare a field of a config: its parser, its help, its default."""
    row = Setting("", parse, help, default, empty_means_off, secret)
    declared: object = dataclasses.field(
        default_factory=lambda: parse(default),
        repr=not secret,
        metadata={KEY: row},
    )
    return cast("T", declared)  # to a reader, and to mypy, the field has its value


def variable_of(field: str) -> str:
    """The name in the environment of a field of ``Config``."""
    return f"PUSHGO_{field.upper()}"
