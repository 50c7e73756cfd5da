"""Times on the command line."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from pushgo_compat.settings import parse_duration

_FIRST_MS = 100_000_000_000
"""Smaller numbers are seconds: in milliseconds they would lie in 1973."""


class Moment(click.ParamType[int]):
    """A time in Unix milliseconds: a number, an ISO date, or how long ago (``24h``)."""

    name = "time"

    def convert(
        self,
        value: object,
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        """Read it; without a zone it is UTC."""
        text = str(value).strip()
        if text.isascii() and text.isdigit():
            number = int(text)
            return number if number >= _FIRST_MS else number * 1000
        try:
            return time.time_ns() // 1_000_000 - int(parse_duration(text) * 1000)
        except ValueError:
            pass
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.fail(
                f"{text!r} is no time: 24h (ago), 2026-11-25T10:00, Unix seconds or ms",
                param,
                ctx,
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return int(moment.timestamp() * 1000)
