"""The kind ``webhook``: any HTTP receiver, signed by Standard Webhooks."""

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
from pushgo_compat.delivery.kinds.webhook.payload import make_secret, read_secret
from pushgo_compat.delivery.kinds.webhook.transport import WebhookSender
from pushgo_compat.delivery.sending.options import (
    host_of,
    http_url,
    require,
    text,
    texts,
)
from pushgo_compat.model import Source

_HEADER = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}):[ \t]*([ -~]{0,1024})")
_OURS = frozenset(
    {
        "content-length",
        "content-type",
        "host",
        "transfer-encoding",
        "webhook-id",
        "webhook-signature",
        "webhook-timestamp",
        "x-pushgo-via",
    }
)


@dataclass(frozen=True, slots=True)
class Webhook:
    """See ``core.delivery.Kind``."""

    name: str = "webhook"
    summary: str = "Any HTTP receiver, signed by Standard Webhooks."
    options: Sequence[Option] = (
        Option(name="url", help="Where events are posted.", required=True),
        Option(
            name="secret",
            help="The signing secret, whsec_…; one is made when none is given.",
            secret=True,
        ),
        Option(
            name="header",
            help="A header to send along, 'Name: value'.",
            repeatable=True,
        ),
    )
    dialect: Source | None = None
    in_flight: int = 64
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags."""
        require(given, self.options)
        url = http_url(given)
        secret = text(given, "secret")
        made = None if secret else make_secret()
        try:
            read_secret(made or secret)
        except ValueError:
            raise TargetRefused(
                "--secret must be whsec_ and Base64 of 24 to 64 bytes; leave it out to"
                " have one made"
            ) from None
        headers = dict(map(_read_header, texts(given, "header")))
        return Checked(
            configuration={
                "url": url,
                "secrets": [made or secret],
                "headers": headers,
            },
            address=url,
            hint=host_of(url),
            made_secret=made,
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return WebhookSender(surroundings)


def _read_header(line: str) -> tuple[str, str]:
    found = _HEADER.fullmatch(line)
    if found is None or found[1].lower() in _OURS:
        raise TargetRefused(
            "--header must be 'Name: value', and none that the gateway sends itself"
        )
    return found[1], found[2]


WEBHOOK = Webhook()
