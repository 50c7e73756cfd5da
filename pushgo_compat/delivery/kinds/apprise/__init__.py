"""The kind ``apprise``: a hundred services, through the library of that name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pushgo_compat.core.delivery import (
    Checked,
    Option,
    Sender,
    Surroundings,
    TargetRefused,
)
from pushgo_compat.delivery.kinds.apprise.address import read_url
from pushgo_compat.delivery.sending.extras import require_extra
from pushgo_compat.delivery.sending.options import require, text
from pushgo_compat.model import Source


@dataclass(frozen=True, slots=True)
class AppriseKind:
    """See ``core.delivery.Kind``."""

    name: str = "apprise"
    summary: str = "A hundred services, through the library of that name."
    options: Sequence[Option] = (
        Option(
            name="apprise-url",
            help="An Apprise URL, such as discord://…",
            required=True,
            secret=True,
        ),
    )
    dialect: Source | None = None
    in_flight: int = 4
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flag; the library itself must know the URL."""
        require_extra("apprise", "apprise")
        require(given, self.options)
        address = read_url(text(given, "apprise-url"))
        from pushgo_compat.delivery.kinds.apprise.transport import is_known

        if not is_known(address.url):
            raise TargetRefused(
                f"apprise does not know this {address.scheme}:// URL: see its own pages"
                " for what the service needs"
            )
        return Checked(
            configuration={"url": address.url, "scheme": address.scheme},
            address=address.url,
            hint=f"{address.scheme}://…",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender; only then is the library loaded, which is an extra."""
        from pushgo_compat.delivery.kinds.apprise.transport import AppriseSender

        return AppriseSender()


APPRISE = AppriseKind()
