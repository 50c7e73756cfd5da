"""Files over HTTP: bodies on their way to the disk, files on their way out."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web

from pushgo_compat.core.files import FileService
from pushgo_compat.errors import NotFound
from pushgo_compat.legacy import Download
from pushgo_compat.web.connection.protocol import connection_of
from pushgo_compat.web.read_body import ask_for_body, read_body

_PLAIN = "text/plain"
_MAX_NAME_CHARS = 200
_HARMLESS = {
    "Access-Control-Allow-Origin": "*",
    # Whatever a stranger has uploaded must not act in the name of this server.
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox",
}
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f\x7f-\x9f"\\/\ud800-\udfff]')
_NOT_ASCII = re.compile(r"[^\x20-\x7e]")


# --------------------------------------------------------------------------------- in


class IncomingBody:
    """The body of one call: its beginning is looked at, all of it may become a file."""

    def __init__(self, request: web.BaseRequest, files: FileService | None) -> None:
        self._request = request
        self._read: tuple[bytes, bytes] = b"", b""
        length = request.content_length
        self.is_too_large = bool(files and length and length > files.file_limit_bytes)
        """Whether Content-Length is more than any file may have."""

    async def read(self, limit: int) -> tuple[bytes, bool]:
        """At most ``limit`` bytes, and whether there are more."""
        if "Expect" in self._request.headers:
            await ask_for_body(self._request)
        self._read = head, beyond = await read_body(self._request, limit)
        return head, bool(beyond)

    def pieces(self, instead: bytes | None) -> tuple[AsyncIterator[bytes], int | None]:
        """All of it as it comes, or what stands for it; its length where that is known.

        The pieces raise ConnectionError when the sender has gone.
        """
        if instead is not None:
            return _one_piece(instead), len(instead)
        return self._whole(), self._request.content_length

    async def _whole(self) -> AsyncIterator[bytes]:
        for piece in self._read:
            if piece:
                yield piece
                self._let_go(len(piece))
        stream = self._request.content
        while not stream.at_eof():
            if piece := await stream.readany():
                yield piece
                self._let_go(len(piece))

    def _let_go(self, size: int) -> None:
        """So much is on the disk, and no longer held here."""
        if (connection := connection_of(self._request)) is not None:
            connection.let_go(size)


async def _one_piece(content: bytes) -> AsyncIterator[bytes]:
    yield content


# -------------------------------------------------------------------------------- out


async def send_file(files: FileService | None, call: Download) -> web.FileResponse:
    """The answer that streams a file; ranges are its own affair. Raises NotFound."""
    found = files and await files.find(call.file_id)
    if not found:
        raise NotFound
    file, path = found
    headers = {**_HARMLESS, "Content-Type": served_type(file.media_type)}
    if not call.head_only:
        headers["Content-Disposition"] = disposition(file.name)
    return web.FileResponse(path, headers=headers)


def served_type(media_type: str) -> str:
    """The type for a browser: what it might run, or draw as a page, is plain text."""
    kind, semicolon, parameters = media_type.partition(";")
    if kind.startswith("text/") or kind.endswith("xml"):
        kind = _PLAIN
    return kind + semicolon + parameters


def disposition(name: str) -> str:
    """A Content-Disposition that saves the file under its name and can do no more."""
    safe = _NOT_IN_NAMES.sub("_", name)[-_MAX_NAME_CHARS:].strip() or "attachment"
    plain = f'attachment; filename="{_NOT_ASCII.sub("_", safe)}"'
    if safe.isascii():
        return plain
    return f"{plain}; filename*=UTF-8''{quote(safe, safe='')}"
