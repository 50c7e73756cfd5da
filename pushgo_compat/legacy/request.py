"""A request to an old server as plain data, and the answer to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from multidict import CIMultiDict, CIMultiDictProxy

SPARING_BYTES = 65_536
"""Bodies up to this size, not compressed, are cheap to read for anybody."""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class LegacyRequest:
    """One HTTP request to an old server, frozen.

    The dry-run switch and, where it was the gateway's, the token are removed already.
    """

    method: str
    path: str
    """Raw path below the mount, undecoded, always with a leading slash.

    Bytes of 0x80 and above that stood in the request line are percent-encoded;
    nothing else is touched: doubled slashes, dots, bad escapes are as sent.
    """
    query: str = ""
    """Raw query without its question mark, undecoded."""
    headers: CIMultiDictProxy[str] = field(
        default_factory=lambda: CIMultiDictProxy(CIMultiDict())
    )
    """As aiohttp gives them: bytes that are not UTF-8 are lone surrogates
    (``surrogateescape``); ``adapters.shared.parsing.header_text`` reads them."""
    body: bytes = b""
    """The body as sent, ``Content-Encoding`` not undone."""
    body_truncated: bool = False
    """True when the body is longer than ``Dialect.body_limit`` and stops there."""
    sparing: bool = False
    """True when it is costly to read and no key that it shows opens anything: at most
    ``SPARING_BYTES`` of the body may be unpacked and parsed."""
    received_at_ms: int = 0
    base_url: str = ""
    """Where the mount lives for the outside, without a trailing slash."""
    client_address: str = ""


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class LegacyReply:
    """What the old server would have answered, to the byte where a client can tell."""

    status: int = 200
    body: bytes = b""
    content_type: str | None = "application/json"
    """The whole header value; None sends no Content-Type."""
    headers: Mapping[str, str] = field(default_factory=dict)
