"""The kind ``ntfy``: a topic on another ntfy server."""

from __future__ import annotations

import base64
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
from pushgo_compat.delivery.kinds.ntfy.transport import NtfySender
from pushgo_compat.delivery.sending.options import host_of, http_url, require, text
from pushgo_compat.model import Source

_TOPIC = re.compile(r"[-_A-Za-z0-9]{1,64}")
_SHOWN_CHARS = 4


@dataclass(frozen=True, slots=True)
class Ntfy:
    """See ``core.delivery.Kind``."""

    name: str = "ntfy"
    summary: str = "A topic on another ntfy server."
    options: Sequence[Option] = (
        Option(name="url", help="The server, such as https://ntfy.sh", required=True),
        Option(name="topic", help="The topic there.", required=True),
        Option(name="token", help="An access token, tk_…", secret=True),
        Option(name="user", help="A user, with --password."),
        Option(name="password", help="The user's password.", secret=True),
    )
    dialect: Source | None = Source.NTFY
    in_flight: int = 8
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags."""
        require(given, self.options)
        url, topic = http_url(given), text(given, "topic")
        if not _TOPIC.fullmatch(topic):
            raise TargetRefused("--topic must be 1 to 64 letters, digits, - or _")
        authorization = _authorization(given)
        return Checked(
            configuration={
                "url": url,
                "topic": topic,
                "authorization": authorization,
            },
            address=f"{url}/{topic}",
            hint=f"{host_of(url)}/{topic[:_SHOWN_CHARS]}…",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return NtfySender(surroundings)


def _authorization(given: Mapping[str, object]) -> str:
    token, user = text(given, "token"), text(given, "user")
    password = text(given, "password")
    if token and (user or password):
        raise TargetRefused("give --token, or --user and --password, not both")
    if bool(user) != bool(password):
        raise TargetRefused("--user and --password go together")
    if token:
        return f"Bearer {token}"
    if not user:
        return ""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


NTFY = Ntfy()
