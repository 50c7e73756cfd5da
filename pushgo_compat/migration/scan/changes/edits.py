"""What has to be written in a file so that a call goes to another server."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pushgo_compat.migration.calls import Span, Url
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.vendors import BARK, has_key_in_host

_SCHEME_BEFORE = re.compile(rb"([A-Za-z][A-Za-z0-9+.-]*):(?:\\?/){2}([^\s/@'\"]*@)?$")
_HOST_ONLY = (
    "it can only hold host and port: give the dialect a listener or a host name of its"
    " own, and use --host-map"
)
_ELSEWHERE = (
    "its host does not stand in this file in one piece: change it where it is set"
)
_OTHER_SCHEME = (
    "its scheme stands elsewhere and is not the gateway's: change both by hand"
)


class Edit(NamedTuple):
    """Bytes that replace others."""

    span: Span
    text: bytes


class Change(NamedTuple):
    """What is written for one finding, or why nothing is."""

    edits: Sequence[Edit] = ()
    note: str | None = None


class Gateway(NamedTuple):
    """Where our gateway is, as ``--gateway`` says."""

    scheme: str
    authority: str
    path: str
    """Without a slash at its end."""

    def base(self, dialect: str) -> str:
        """Host, port and path of a dialect's root."""
        return f"{self.authority}{self.path}/{dialect}"


class Target(NamedTuple):
    """The new addresses."""

    gateway: Gateway | None = None
    hosts: Mapping[str, str] = {}
    """Old host, or host and port, in lower case → new one."""

    def change(self, found: Found, data: bytes) -> Change:
        """The change of one finding. ``--host-map`` goes before ``--gateway``."""
        url = found.url
        if url is None:
            return self._bare_key(found)
        if has_key_in_host(url):
            return Change()  # the key would be lost with the host
        if (new := self._mapped(url)) is not None:
            old = (
                url.authority_span
                if ":" in new or _with_port(url) in self.hosts
                else None
            )
            return _replaced(old or url.host_span, new, found.remark)
        if self.gateway is None:
            return Change()
        if found.takes is Takes.HOST_AND_PORT:
            return Change(note=_HOST_ONLY)
        return self._to_gateway(found, url, self.gateway, data)

    def _mapped(self, url: Url) -> str | None:
        return self.hosts.get(_with_port(url)) or self.hosts.get(url.host)

    def _bare_key(self, found: Found) -> Change:
        """``BARK_PUSH=KEY``: the address is what is missing before the key."""
        gateway = self.gateway
        if gateway is None or found.takes is Takes.KEY or not found.spans:
            return Change(note=found.remark)
        if found.dialect != BARK or found.remark is None or found.key is None:
            return Change(note=found.remark)
        start = found.spans[0].start
        text = f"{gateway.scheme}://{gateway.base(found.dialect)}/"
        return Change([Edit(Span(start, start), text.encode())])

    @staticmethod
    def _to_gateway(  # noqa: PLR0911 - one return for each way of writing an address
        found: Found, url: Url, gateway: Gateway, data: bytes
    ) -> Change:
        place = url.authority_span
        if place is None:
            return Change(note=found.remark or _ELSEWHERE)
        base = gateway.base(found.dialect).encode()
        before = data[max(0, place.start - 300) : place.start]
        scheme = _SCHEME_BEFORE.search(before)
        if scheme is None:
            if url.whole_span is not None and url.whole_span.start == place.start:
                text = f"{gateway.scheme}://".encode() + base
                return Change([Edit(place, text)])
            if url.scheme != gateway.scheme:
                return Change(note=_OTHER_SCHEME)
            return Change([Edit(place, base)])
        if found.client == "shoutrrr":
            if gateway.scheme == "http" and "scheme=http" not in url.query:
                return Change(note="add ?scheme=http, and the gateway's host and path")
            return Change([Edit(place, base)])
        edits = [Edit(place, base)]
        if scheme[1].lower() != gateway.scheme.encode():
            start = place.start - len(scheme[0])
            span = Span(start, start + len(scheme[1]))
            edits.insert(0, Edit(span, gateway.scheme.encode()))
        return Change(edits)


def _replaced(place: Span | None, new: str, remark: str | None) -> Change:
    if place is None:
        return Change(note=remark or _ELSEWHERE)
    return Change([Edit(place, new.encode())])


def _with_port(url: Url) -> str:
    return f"{url.host}:{url.port}"


def apply_edits(data: bytes, edits: Sequence[Edit]) -> bytes:
    """A text with edits made, the same one once; of two that overlap the first."""
    parts: list[bytes] = []
    at = 0
    for span, text in sorted(set(edits)):
        if span.start < at:
            continue
        parts += (data[at : span.start], text)
        at = span.end
    return b"".join((*parts, data[at:]))
