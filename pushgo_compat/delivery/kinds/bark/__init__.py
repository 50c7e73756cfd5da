"""The kind ``bark``: a phone that is registered at another bark-server."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.delivery import (
    Checked,
    Option,
    Sender,
    Surroundings,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.bark.transport import BarkSender
from pushgo_compat.delivery.sending.options import host_of, http_url, require, text
from pushgo_compat.model import Source

_SHOWN_CHARS = 4


@dataclass(frozen=True, slots=True)
class Bark:
    """See ``core.delivery.Kind``."""

    name: str = "bark"
    summary: str = "A phone that is registered at another bark-server."
    options: Sequence[Option] = (
        Option(
            name="url", help="The server, such as https://api.day.app", required=True
        ),
        Option(
            name="device-key",
            help="The phone's key there.",
            required=True,
            secret=True,
        ),
        Option(name="user", help="The server's user, with --password."),
        Option(name="password", help="The server's password.", secret=True),
    )
    dialect: Source | None = Source.BARK
    in_flight: int = 16
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags."""
        require(given, self.options)
        url, key = http_url(given), text(given, "device-key")
        user, password = text(given, "user"), text(given, "password")
        if bool(user) != bool(password):
            raise TargetRefused("--user and --password go together")
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        return Checked(
            configuration={
                "url": url,
                "device_key": key,
                "authorization": f"Basic {login}" if user else "",
            },
            address=f"{url} {key}",
            hint=f"{host_of(url)} {key[: min(_SHOWN_CHARS, len(key) // 4)]}…",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return BarkSender(surroundings)


BARK = Bark()
