"""The kind ``apns``: an app of the operator's own, through Apple."""

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
from pushgo_compat.delivery.sending.apns.token import load_key
from pushgo_compat.delivery.sending.extras import require_extra
from pushgo_compat.delivery.sending.options import http_url, require, text
from pushgo_compat.model import Source

PRODUCTION = "https://api.push.apple.com"
SANDBOX = "https://api.sandbox.push.apple.com"
_DEVICE_TOKEN = re.compile(r"[0-9a-f]{32,200}")
_ID = re.compile(r"[A-Z0-9]{10}")
_TOPIC = re.compile(r"[A-Za-z0-9.-]{1,200}")


@dataclass(frozen=True, slots=True)
class Apns:
    """See ``core.delivery.Kind``."""

    name: str = "apns"
    summary: str = "An app of your own on iPhones, through Apple."
    options: Sequence[Option] = (
        Option(name="device-token", help="The phone's token, hex.", required=True),
        Option(name="topic", help="The app's bundle id.", required=True),
        Option(
            name="key-file",
            help="The team's .p8 signing key.",
            required=True,
            is_file=True,
        ),
        Option(name="key-id", help="The key's id, 10 characters.", required=True),
        Option(name="team-id", help="The team's id, 10 characters.", required=True),
        Option(name="sandbox", help="A development build of the app.", is_flag=True),
        Option(name="endpoint", help="Another host than Apple's."),
    )
    dialect: Source | None = None
    in_flight: int = 500
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags; the signing key is kept, its file may go."""
        require_extra("apns", "h2")
        require(given, self.options)
        device_token = text(given, "device-token").lower().replace(" ", "")
        if not _DEVICE_TOKEN.fullmatch(device_token):
            raise TargetRefused("--device-token must be the phone's token in hex")
        for name in ("key-id", "team-id"):
            if not _ID.fullmatch(text(given, name)):
                raise TargetRefused(f"--{name} must be 10 capital letters and digits")
        if not _TOPIC.fullmatch(text(given, "topic")):
            raise TargetRefused("--topic must be a bundle id such as com.example.app")
        pem = text(given, "key-file")
        try:
            load_key(pem)
        except ValueError as error:
            raise TargetRefused(f"--key-file holds no signing key: {error}") from None
        endpoint = SANDBOX if given.get("sandbox") else PRODUCTION
        if text(given, "endpoint"):
            endpoint = http_url(given, "endpoint")
        return Checked(
            configuration={
                "device_token": device_token,
                "topic": text(given, "topic"),
                "key_pem": pem,
                "key_id": text(given, "key-id"),
                "team_id": text(given, "team-id"),
                "endpoint": endpoint,
                "added_at_ms": now_ms,
            },
            address=f"{endpoint} {text(given, 'topic')} {device_token}",
            hint=f"{text(given, 'topic')} …{device_token[-4:]}",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender; only then is HTTP/2 loaded, which is an extra."""
        from pushgo_compat.delivery.kinds.apns.transport import ApnsSender

        return ApnsSender(surroundings)


APNS = Apns()
