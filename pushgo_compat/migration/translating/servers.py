"""Which old server a request is for, and where that server's root is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pushgo_compat.legacy import Dialect
from pushgo_compat.migration.calls import HttpRequest, Unreadable, Url
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word
from pushgo_compat.model import Source

_PORTS = {"http": "80", "https": "443"}


class OldServer(NamedTuple):
    """The server that a request is for."""

    dialect: Dialect
    path: str
    """The request's path below the server's root."""


class Servers:
    """Tells old servers by their addresses."""

    def __init__(
        self,
        dialects: Sequence[Dialect],
        wanted: Source | None = None,
        base_url: str | None = None,
    ) -> None:
        """``wanted`` is what any host speaks that no vendor owns.

        ``base_url`` is where the old server's root is. Raises ValueError for a base
        URL that is none, or whose dialect nobody knows.
        """
        self._dialects = dialects
        self._wanted = next((d for d in dialects if d.source == wanted), None)
        self._base: Url | None = None
        if base_url is not None:
            try:
                self._base, _ = parse_url(Word.made_up(base_url))
            except Unreadable as reason:
                raise ValueError(str(reason)) from None
            if self._wanted is None and self.of_host(self._base.host) is None:
                raise ValueError("say with --dialect what that server speaks")

    def of_host(self, host: str) -> Dialect | None:
        """The dialect of a vendor's host."""
        host = host.rstrip(".")
        for dialect in self._dialects:
            for pattern in dialect.traits.vendor_hosts:
                if host == pattern or (
                    pattern.startswith("*.") and host.endswith(pattern[1:])
                ):
                    return dialect
        return None

    def speaks(self, host: str) -> bool:
        """Whether an old server lives at this host, as far as one is named."""
        base = self._base
        return self.of_host(host) is not None or (
            base is not None and base.host == host
        )

    def find(self, request: HttpRequest, *, is_unknown: bool) -> OldServer | None:
        """The server of a request; None for one to somewhere else.

        ``is_unknown``: its host stands in a variable alone. Where a base URL is named
        it is taken for that server's root.
        """
        url = request.url
        if url.scheme not in _PORTS:
            return None
        vendor = self.of_host(url.host)
        base = self._base
        if base is not None and (is_unknown or _authority(url) == _authority(base)):
            dialect = self._wanted or vendor
            path = url.path if is_unknown else _below(url.path, base.path)
            if dialect is None or path is None:
                return None
            return OldServer(dialect, path)
        if vendor is not None:
            return OldServer(vendor, url.path)
        if base is None and self._wanted is not None:
            return OldServer(self._wanted, url.path)
        return None


def _authority(url: Url) -> tuple[str, str]:
    return url.host, url.port or _PORTS[url.scheme]


def _below(path: str, root: str) -> str | None:
    root = root.rstrip("/")
    if not path.startswith(root):
        return None
    rest = path[len(root) :]
    return rest or "/" if not rest or rest.startswith("/") else None
