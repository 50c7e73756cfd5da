"""The names by which old servers are known: hosts, and words in the names of hosts."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from pushgo_compat.legacy import Dialect
from pushgo_compat.migration.calls import Url

NTFY, BARK, SERVERCHAN, GOTIFY = "ntfy", "bark", "serverchan", "gotify"
DIALECTS = (NTFY, BARK, SERVERCHAN, GOTIFY)

_SC3_SUFFIX = ".push.ft07.com"
_WORDS = (
    (re.compile(r"(?:^|[.-])ntfy\d*(?:[.-]|$)"), NTFY),
    (re.compile(r"(?:^|[.-])bark(?:[.-]?server|[.-]?api|\d*)(?:[.-]|$)"), BARK),
    (re.compile(r"(?:^|[.-])server-?chan(?:[.-]|$)"), SERVERCHAN),
    (re.compile(r"(?:^|[.-])gotify(?:[.-]|$)"), GOTIFY),
)
_FOREIGN_HOSTS = re.compile(
    r"(?:docs?|wiki|blog|git|www|status|apt|archive|registry|hub)\..*"
    r"|(?:.*\.)?(?:github\.(?:com|io)|gitlab\.com|docker\.(?:com|io)|readthedocs\.io)"
)
_OWN_PATHS: Mapping[str, re.Pattern[str]] = {
    NTFY: re.compile(
        r"/(?:docs|static|app|account|settings|signup|login|privacy|metrics|_next"
        r"|config\.js|manifest\.webmanifest|sw\.js|favicon\.ico|robots\.txt)(?:/.*)?"
    ),
    BARK: re.compile(r"/(?:docs|favicon\.ico)(?:/.*)?"),
    SERVERCHAN: re.compile(r"/(?:sendkey|forward|login|docs?|\?c=.*)?(?:/.*)?"),
}
"""Pages of an old server: an address of one is no call."""
_SENDKEY = re.compile(r"^/(?:send/)?([^/]+?)(?:\.send)?/?$")
_SERVERCHAN_PATH = re.compile(r"/(?:send/)?[^/]+\.send/?|/send(?:/[^/]+)?/?|/push/?")
_BARK_WORDS = frozenset({"push", "ping", "register", "info", "healthz", "mcp"})
KEY_SHAPE = re.compile(
    r"(?:SCT\d{1,9}T[A-Za-z0-9]{12,}|SCU\d{1,9}T[A-Za-z0-9]{12,}"
    r"|(?i:sctp)\d{1,9}t[A-Za-z0-9-]{8,})"
)
"""A sendkey of ServerChan can be told from all other text."""


class OldHosts(NamedTuple):
    """The host names that lead to old servers."""

    vendors: Mapping[str, str]
    """``Traits.vendor_hosts`` and their dialects."""
    mapped: Collection[str] = ()
    """Those that the user names, ``host`` or ``host:port``, in lower case."""
    hint: str | None = None
    """What a mapped host speaks, where the surroundings say it."""

    def vendor_of(self, host: str) -> str | None:
        """The dialect of a vendor's own host."""
        host = host.lower()
        label, dot, parent = host.partition(".")
        wild = self.vendors.get(f"*.{parent}") if label and dot else None
        return self.vendors.get(host) or wild

    def dialect_of(self, url: Url, hint: str | None = None) -> str | None:
        """The dialect that an address speaks; None where it leads elsewhere.

        ``hint`` is the dialect that its surroundings speak of.
        """
        host = url.host.removesuffix(".")
        if known := self.vendor_of(host):
            return known
        if _FOREIGN_HOSTS.fullmatch(host):
            return None
        if hint is not None:
            return hint
        for pattern, dialect in _WORDS:
            if pattern.search(host):
                return dialect
        if host in self.mapped or f"{host}:{url.port}" in self.mapped:
            return self.hint or _by_path(url)
        return None


def vendor_table(dialects: Sequence[Dialect]) -> dict[str, str]:
    """The hosts of all vendors, with the dialects' names."""
    return {
        host: str(dialect.source)
        for dialect in dialects
        for host in dialect.traits.vendor_hosts
    }


def has_key_in_host(url: Url) -> bool:
    """Whether the key is the first label of the host (ServerChan in autumn 2024)."""
    label, _, _ = url.host.partition(".")
    return (
        url.host.endswith(_SC3_SUFFIX)
        and not label.isdigit()
        and _SENDKEY.match(url.path.removeprefix("/send")) is None
    )


def is_own_page(dialect: str, url: Url) -> bool:
    """Whether an address leads to a page of an old server, for people."""
    pages = _OWN_PATHS.get(dialect)
    if dialect == SERVERCHAN and url.path == "/" and not url.query:
        return False
    return pages is not None and pages.fullmatch(url.path) is not None


def key_in(dialect: str, url: Url) -> str | None:
    """The key that stands in an address, undecoded."""
    parts = [part for part in url.path.split("/") if part]
    if dialect == SERVERCHAN:
        if has_key_in_host(url):
            return url.host.partition(".")[0]
        found = _SENDKEY.match(url.path)
        return found[1] if found and found[1] not in ("send", "push") else None
    if dialect == GOTIFY:
        found = re.search(r"(?:^|&)token=([^&]+)", url.query)
        return found[1] if found else None
    if not parts or (dialect == BARK and parts[0].lower() in _BARK_WORDS):
        return None
    if dialect == NTFY and parts[0] == "v1":
        return None
    return parts[0]


def _by_path(url: Url) -> str:
    if _SERVERCHAN_PATH.fullmatch(url.path) and ".send" in url.path:
        return SERVERCHAN
    parts = [part for part in url.path.split("/") if part]
    if parts[:1] == ["message"] and "token=" in url.query:
        return GOTIFY
    if parts[:1] == ["push"] or len(parts) > 2:  # noqa: PLR2004 - /KEY/TITLE/BODY
        return BARK
    return NTFY
