"""A request that was read, and the contents of its files → what a dialect sees."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import quote

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.legacy import Dialect, LegacyRequest
from pushgo_compat.migration.calls import HttpRequest, ReadFile
from pushgo_compat.migration.translating.servers import OldServer

Files = Callable[[str], bytes | None]
"""Reads a file that a call names; None: it may not, or there is none."""
_RAW = re.compile("[^\x00-\x7f]+")


class Frozen(NamedTuple):
    """A request as a dialect sees it."""

    request: LegacyRequest
    content: bytes
    """The whole body; that of the request stops where the dialect's limit is."""
    read: tuple[str, ...]
    """The files whose contents are there."""
    unread: tuple[str, ...]
    """The files that have a placeholder."""
    may_lack_data: bool = False
    """What is sent may stand in a variable: nothing that is sent can be seen."""
    attachment: str | None = None
    """The name of the uploaded file that was not read, for which the body stands."""


def freeze(
    sent: HttpRequest, server: OldServer, files: Files, *, base_url: str, now_ms: int
) -> Frozen:
    """Make what the server would see of a request."""
    dialect, path = server.dialect, _escaped(server.path)
    pieces: list[bytes] = []
    read: list[str] = []
    unread: list[ReadFile] = []
    for part in sent.body:
        if not isinstance(part, ReadFile):
            pieces.append(part)
            continue
        contents = files(part.name)
        if contents is None:
            unread.append(part)
            pieces.append(part.encode(placeholder(part.name)))
        else:
            read.append(part.name)
            pieces.append(part.encode(contents))
    content = b"".join(pieces)
    uploads = [part for part in unread if part.is_upload]
    limit = dialect.body_limit(sent.method, path)
    request = LegacyRequest(
        method=sent.method,
        path=path,
        query=_escaped(sent.url.query),
        headers=CIMultiDictProxy(_headers(sent)),
        body=content[:limit],
        body_truncated=len(content) > limit,
        received_at_ms=now_ms,
        base_url=f"{base_url}/{dialect.source}",
    )
    return Frozen(
        request,
        content,
        tuple(dict.fromkeys(read)),
        tuple(dict.fromkeys(part.name for part in unread)),
        sent.hides_options and sent.method == "GET" and not sent.url.query,
        _base_name(uploads[0].name) if uploads and _takes_files(dialect) else None,
    )


def placeholder(name: str) -> bytes:
    """What stands for the contents of a file that was not read."""
    shown = "standard input" if name == "-" else name
    return f"<contents of {shown}>".encode("utf-8", "surrogateescape")


def _headers(sent: HttpRequest) -> CIMultiDict[str]:
    headers: CIMultiDict[str] = CIMultiDict()
    url = sent.url
    if all(name.lower() != "host" for name, _ in sent.headers):
        headers["Host"] = f"{url.host}:{url.port}" if url.port else url.host
    for name, value in sent.headers:
        if name:
            headers.add(name, value)
    return headers


def _escaped(text: str) -> str:
    """Bytes of 0x80 and above, which a request line may hold, percent-encoded."""
    if text.isascii():
        return text
    return _RAW.sub(
        lambda found: quote(found[0].encode("utf-8", "surrogateescape")), text
    )


def _takes_files(dialect: Dialect) -> bool:
    """Whether a body as it is may be a file (ntfy): there it is no form."""
    return not dialect.traits.reads_forms


def _base_name(name: str) -> str:
    if name == "-":
        return "attachment"
    return name.replace("\\", "/").rstrip("/").rpartition("/")[2]
