"""Administration of shadows (docs/shadow.md)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import urlsplit

from pushgo_compat.core.admin.alias_rules import CATCH_ALL, Refused
from pushgo_compat.core.shadows.report import Document, describe, missing
from pushgo_compat.core.stores.access.aliases import Alias
from pushgo_compat.core.stores.old_calls.shadows import Figures, Phase, Shadow
from pushgo_compat.core.stores.store import Store

MAX_TIMEOUT_S = 30.0
_PORTS = range(1, 65_536)
_NO_URL = "--old-url is http://host[:port][/path] or https://…"
_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]+")

LeadsBack = Callable[[Shadow, str], Awaitable[str | None]]
"""Asks a shadow's old server whether it is the gateway of this store.

The reason why it did not answer, None when it did. Raises Refused when it is."""


class ShadowRequest(NamedTuple):
    """What an operator asks for."""

    alias_id: str
    old_url: str
    connect: str | None = None
    delivers: bool = False
    timeout_s: float = 5.0


class ShadowStarted(NamedTuple):
    """A shadow that compares from the next request on."""

    document: Document
    warnings: Sequence[str]


class ShadowView(NamedTuple):
    """One shadow with all that is known of it."""

    shadow: Shadow
    alias: Alias
    figures: Figures


class ShadowAdministration:
    """Shadows, changed by their operator; raises Refused for what cannot be done."""

    def __init__(self, store: Store, now_ms: Callable[[], int]) -> None:
        self._store = store
        self._shadows = store.shadows
        self._now_ms = now_ms

    async def start(
        self, request: ShadowRequest, leads_back: LeadsBack
    ) -> ShadowStarted:
        """Begin to compare."""
        alias = await self._alias(request.alias_id)
        if alias.hint == CATCH_ALL:
            raise Refused(
                "the alias * takes keys of many servers and is never copied: bind the"
                " key itself (unknown list) and compare that"
            )
        shadow = Shadow(
            alias_id=alias.alias_id,
            old_url=_clean_url(request.old_url),
            connect=_clean_connect(request.connect),
            timeout_ms=_timeout_ms(request.timeout_s),
            delivers=request.delivers,
            started_at_ms=self._now_ms(),
        )
        if alias.shadow is not None:
            raise Refused(
                f"this alias is compared with {alias.shadow.old_url} already: stop that"
                f" first (shadow stop {alias.alias_id})"
            )
        silence = await leads_back(shadow, await self._store.store_id())
        if not await self._shadows.start(shadow):
            raise Refused("the alias was changed meanwhile: try again")
        warnings = [] if silence is None else [f"{shadow.old_url}: {silence}"]
        return ShadowStarted(await self._describe(shadow), warnings)

    async def status(self, alias_id: str | None = None) -> Sequence[Document]:
        """The figures of all shadows, or of one."""
        if alias_id is not None:
            return [await self._describe(await self._shadow(alias_id))]
        return [await self._describe(each) for each in await self._shadows.shadows()]

    async def views(self) -> Sequence[ShadowView]:
        """All shadows with their aliases, for the pages."""
        aliases = {alias.alias_id: alias for alias in await self._store.aliases()}
        return [
            ShadowView(
                each, aliases[each.alias_id], await self._shadows.figures(each.alias_id)
            )
            for each in await self._shadows.shadows()
            if each.alias_id in aliases
        ]

    async def missing(self, alias_id: str) -> Sequence[str]:
        """What is missing until it is safe to cut over."""
        shadow = await self._shadow(alias_id)
        figures = await self._shadows.figures(shadow.alias_id)
        return missing(figures, self._now_ms())

    async def cut_over(self, alias_id: str) -> Document:
        """Ask the old server no more."""
        shadow = await self._shadow(alias_id)
        await self._shadows.cut_over(shadow.alias_id)
        return await self._describe(replace(shadow, phase=Phase.CUT_OVER))

    async def stop(self, alias_id: str) -> Document:
        """Remove a shadow with its figures, which are shown for the last time."""
        shadow = await self._shadow(alias_id)
        document = await self._describe(shadow)
        await self._shadows.stop(shadow.alias_id)
        return {**document, "phase": "stopped"}

    async def _describe(self, shadow: Shadow) -> Document:
        figures = await self._shadows.figures(shadow.alias_id)
        return describe(shadow, figures, self._now_ms())

    async def _alias(self, alias_id: str) -> Alias:
        wanted = alias_id.strip().lower()
        for alias in await self._store.aliases():
            if alias.alias_id == wanted:
                return alias
        raise Refused("there is no such alias: see pushgo-compat alias list")

    async def _shadow(self, alias_id: str) -> Shadow:
        wanted = alias_id.strip().lower()
        for shadow in await self._shadows.shadows():
            if shadow.alias_id == wanted:
                return shadow
        raise Refused(
            "there is no shadow of such an alias: see pushgo-compat shadow status"
        )


def _clean_url(text: str) -> str:
    """The root of an old server. Raises Refused."""
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        raise Refused(_NO_URL) from None
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme not in ("http", "https") or not _is_host(place):
        raise Refused(_NO_URL)
    if "@" in parts.netloc:
        raise Refused(
            "--old-url takes no login: each call brings its own, and none is stored"
        )
    if parts.query or parts.fragment:
        raise Refused("--old-url is the root of the old server: no ? and no #")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _clean_connect(text: str | None) -> str | None:
    if text is None:
        return None
    text = text.strip()
    if not _is_host(text):
        raise Refused("--connect is HOST or HOST:PORT, IPv6 in brackets")
    return text


def _is_host(text: str) -> bool:
    """Whether a text is a host, perhaps with a port."""
    try:
        parts = urlsplit(f"//{text}")
        port = parts.port
    except ValueError:
        return False
    return bool(_HOST.fullmatch(text) and parts.hostname) and (
        port is None or port in _PORTS
    )


def _timeout_ms(seconds: float) -> int:
    if not 0 < seconds <= MAX_TIMEOUT_S:
        raise Refused(f"--timeout is a number of seconds up to {MAX_TIMEOUT_S:.0f}")
    return max(1, round(seconds * 1000))
