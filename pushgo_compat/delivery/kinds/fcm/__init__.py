"""The kind ``fcm``: an Android app of the operator's own, through Firebase."""

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
from pushgo_compat.delivery.kinds.fcm.account import TOKEN_ENDPOINT, read_account
from pushgo_compat.delivery.kinds.fcm.transport import FcmSender
from pushgo_compat.delivery.sending.options import http_url, require, text
from pushgo_compat.model import Source

ENDPOINT = "https://fcm.googleapis.com"
MAX_TOKEN_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Fcm:
    """See ``core.delivery.Kind``."""

    name: str = "fcm"
    summary: str = "An app of your own on Android, through Firebase."
    options: Sequence[Option] = (
        Option(
            name="service-account",
            help="The service account's JSON key file.",
            required=True,
            is_file=True,
        ),
        Option(
            name="token",
            help="The app's registration token.",
            required=True,
            secret=True,
        ),
        Option(name="endpoint", help="Another host than Google's."),
        Option(name="token-endpoint", help="Another token endpoint than Google's."),
    )
    dialect: Source | None = None
    in_flight: int = 64
    wakes_only: bool = False

    def check(self, given: Mapping[str, object], now_ms: int) -> Checked:
        """Read the flags; the account's key is kept, its file may go."""
        require(given, self.options)
        try:
            account = read_account(text(given, "service-account"))
        except ValueError as error:
            raise TargetRefused(f"--service-account: {error}") from None
        token = text(given, "token")
        if len(token) > MAX_TOKEN_CHARS or not token.isascii() or " " in token:
            raise TargetRefused("--token must be the app's registration token")
        endpoint = http_url(given, "endpoint") if text(given, "endpoint") else ENDPOINT
        token_endpoint = TOKEN_ENDPOINT
        if text(given, "token-endpoint"):
            token_endpoint = http_url(given, "token-endpoint")
        return Checked(
            configuration={
                "project_id": account.project_id,
                "client_email": account.client_email,
                "private_key": account.private_key,
                "token": token,
                "endpoint": endpoint,
                "token_endpoint": token_endpoint,
            },
            address=f"{account.project_id} {token}",
            hint=f"{account.project_id} …{token[-4:]}",
        )

    def start(self, surroundings: Surroundings) -> Sender:
        """Make the sender."""
        return FcmSender(surroundings)


FCM = Fcm()
