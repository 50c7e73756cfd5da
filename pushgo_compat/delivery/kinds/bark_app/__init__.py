"""The kind ``bark-app``: phones with Bark's own app, paired with this gateway."""

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
from pushgo_compat.delivery.sending.extras import require_extra
from pushgo_compat.delivery.sending.options import require, text
from pushgo_compat.model import Source

MAX_DEVICE_TOKEN_BYTES = 160
"""Longest device token that bark-server accepts (route_register.go)."""
_DEVICE_TOKEN = re.compile(rf"[0-9A-Za-z]{{1,{MAX_DEVICE_TOKEN_BYTES}}}")


@dataclass(frozen=True, slots=True)
class BarkApp:
    """See ``core.delivery.Kind``."""

    name: str = "bark-app"
    summary: str = "A phone with Bark's own app; pairing finds its token by itself."
    options: Sequence[Option] = (
        Option(
            name="device-token",
            help="The phone's token, hex; pairing (channel pair) finds it by itself.",
            required=True,
        ),
    )
    dialect: Source | None = Source.BARK
    in_flight: int = 500
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags, or what a phone registered."""
        require_extra("apns", "h2")
        require(given, self.options)
        device_token = text(given, "device-token")
        if not _DEVICE_TOKEN.fullmatch(device_token):
            raise TargetRefused("--device-token must be the phone's token in hex")
        return Checked(
            configuration={"device_token": device_token, "added_at_ms": now_ms},
            address=device_token,
            hint=f"…{device_token[-4:]}",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender; only then is HTTP/2 loaded, which is an extra."""
        from pushgo_compat.delivery.kinds.bark_app.transport import BarkAppSender

        return BarkAppSender(surroundings)


BARK_APP = BarkApp()
