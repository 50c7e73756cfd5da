"""The kind ``pushgo``: PushGo's apps, through the hosted or another gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.delivery import (
    Checked,
    Option,
    Sender,
    Surroundings,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.pushgo.transport import PushGoSender
from pushgo_compat.delivery.sending.options import host_of, http_url, require, text
from pushgo_compat.model import Source

_CHANNEL_ID = re.compile(r"[0-9A-Za-z]{26}")


@dataclass(frozen=True, slots=True)
class PushGo:
    """See ``core.delivery.Kind``."""

    name: str = "pushgo"
    summary: str = "PushGo's apps, through the hosted or another gateway."
    options: Sequence[Option] = (
        Option(
            name="url",
            help="The gateway, such as https://gateway.pushgo.dev",
            required=True,
        ),
        Option(name="to", help="The channel's id there.", required=True),
        Option(
            name="password",
            help="The channel's password there.",
            required=True,
            secret=True,
        ),
        Option(name="token", help="The gateway's token, if it has one.", secret=True),
    )
    dialect: Source | None = None
    in_flight: int = 64
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags."""
        require(given, self.options)
        url = http_url(given)
        channel_id = text(given, "to").upper()
        if not _CHANNEL_ID.fullmatch(channel_id):
            raise TargetRefused("--to must be a channel id of 26 letters and digits")
        return Checked(
            configuration={
                "url": url,
                "to": channel_id,
                "password": text(given, "password"),
                "token": text(given, "token"),
            },
            address=f"{url} {channel_id}",
            hint=f"{host_of(url)} {channel_id[:4]}…",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return PushGoSender(surroundings)


PUSHGO = PushGo()
