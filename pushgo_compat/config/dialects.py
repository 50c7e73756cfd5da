"""The settings of the dialects: a listener and host names each, and their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pushgo_compat.config.config import DialectConfig
from pushgo_compat.config.setting import Setting
from pushgo_compat.model import Source
from pushgo_compat.settings import (
    comma_list,
    optional,
    parse_address,
    parse_host_pattern,
)
from pushgo_compat.traits import Traits

ADDR, HOSTS = "addr", "hosts"


Dialects = Mapping[Source, Traits]
"""The dialects that this program has, and their settings."""


def dialect_rows(dialects: Dialects) -> list[Setting]:
    """A listener and host names for each dialect, then what each has of its own."""

    def row(
        source: Source, name: str, parse: Callable[[str], object], text: str
    ) -> Setting:
        return Setting(field_of(source, name), parse, text, "", False, False)

    return [
        *(
            row(
                source,
                ADDR,
                optional(parse_address),
                f"a listener with {traits.name} at its root",
            )
            for source, traits in dialects.items()
        ),
        *(
            row(
                source,
                HOSTS,
                comma_list(parse_host_pattern),
                f"host names with {traits.name} at their root, commas"
                " (*.push.example.com works)",
            )
            for source, traits in dialects.items()
        ),
        *(
            Setting(
                field_of(source, own.name),
                own.parse,
                own.help,
                own.default,
                False,
                own.secret,
            )
            for source, traits in dialects.items()
            for own in traits.settings
        ),
    ]


def field_of(source: Source, name: str) -> str:
    """The row's name of a dialect's setting, such as ``bark_user``."""
    return f"{source}_{name}"


def dialect_configs(
    dialects: Dialects, values: Mapping[str, Any]
) -> dict[Source, DialectConfig]:
    """Values by the names of their rows (``bark_user``), put in order by dialect."""
    return {
        source: DialectConfig(
            addr=values.get(field_of(source, ADDR)),
            hosts=values.get(field_of(source, HOSTS), ()),
            options={
                own.name: values[field_of(source, own.name)]
                for own in traits.settings
                if field_of(source, own.name) in values
            },
        )
        for source, traits in dialects.items()
    }
