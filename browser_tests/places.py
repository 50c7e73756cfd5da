"""Every page, and who may see it."""

from __future__ import annotations

from typing import NamedTuple

from browser_tests.operator_data import ALIAS_ID, TARGET_ID, UNKNOWN_ID
from browser_tests.visitor import Visitor
from tests.golden import CHANNEL_ID

_IDS = {
    "CHANNEL": CHANNEL_ID,
    "TARGET": TARGET_ID,
    "ALIAS": ALIAS_ID,
    "UNKNOWN": UNKNOWN_ID,
}


class Place(NamedTuple):
    """One page."""

    path: str
    door: str = ""
    """"inbox" or "admin": who has to sign in first."""

    def visit(self, visitor: Visitor) -> None:
        """Sign in where that is needed, and go there."""
        if self.door == "inbox":
            visitor.enter_inbox()
        elif self.door == "admin":
            visitor.enter_admin()
        path = self.path
        if "NEWEST" in path:
            newest = visitor.gateway.page("all")[-1]["message_id"]
            path = path.replace("NEWEST", newest)
        for name, known_id in _IDS.items():
            path = path.replace(name, known_id)
        for outcome in ("accepted", "refused"):
            if outcome.upper() in path:
                visitor.open(f"/admin/calls?outcome={outcome}")
                row = visitor.page.locator("a.cover").first
                call_id = (row.get_attribute("href") or "").rpartition("/")[2]
                path = path.replace(outcome.upper(), call_id)
        if "COMPARED" in path:
            visitor.open("/admin/shadow")
            link = visitor.page.locator("td a[href*='admin/shadow/']").first
            alias_id = (link.get_attribute("href") or "").rpartition("/")[2]
            path = path.replace("COMPARED", alias_id)
        visitor.open(path)


PLACES = (
    Place("/"),
    Place("/docs"),
    Place("/inbox"),
    Place("/admin"),
    Place("/inbox", "inbox"),
    Place("/inbox?q=nothing+like+this", "inbox"),
    Place("/inbox?tag=nas", "inbox"),
    Place("/inbox/m/NEWEST", "inbox"),
    Place("/inbox/m/NEWEST/delete", "inbox"),
    Place("/inbox/m/" + "0" * 32, "inbox"),
    Place("/admin", "admin"),
    Place("/admin/calls", "admin"),
    Place("/admin/calls?client=Nobody", "admin"),
    Place("/admin/calls/ACCEPTED", "admin"),
    Place("/admin/calls/ACCEPTED/again", "admin"),
    Place("/admin/calls/ACCEPTED/translation", "admin"),
    Place("/admin/calls/REFUSED", "admin"),
    Place("/admin/shadow", "admin"),
    Place("/admin/shadow/COMPARED", "admin"),
    Place("/admin/shadow/COMPARED/cut-over", "admin"),
    Place("/admin/shadow/COMPARED/stop", "admin"),
    Place("/admin/keys", "admin"),
    Place("/admin/keys?bind=UNKNOWN", "admin"),
    Place("/admin/keys/aliases/new", "admin"),
    Place("/admin/keys/aliases/ALIAS", "admin"),
    Place("/admin/keys/aliases/ALIAS/remove", "admin"),
    Place("/admin/channels", "admin"),
    Place("/admin/channels/CHANNEL", "admin"),
    Place("/admin/channels/CHANNEL/password", "admin"),
    Place("/admin/channels/CHANNEL/delete", "admin"),
    Place("/admin/channels/CHANNEL/add-target", "admin"),
    Place("/admin/channels/CHANNEL/add-target/webhook", "admin"),
    Place("/admin/channels/CHANNEL/add-target/apns", "admin"),
    Place("/admin/channels/CHANNEL/targets/TARGET/remove", "admin"),
    Place("/admin/outbox", "admin"),
    Place("/admin/outbox?target=TARGET&state=waiting", "admin"),
    Place("/admin/outbox/drop?target=TARGET", "admin"),
)
