"""Files over HTTP: bodies on their way to the disk, files on their way out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from aiohttp import web

from pushgo_compat.core.files import FileService
from pushgo_compat.errors import NotFound
from pushgo_compat.legacy import Download

STALLED_AFTER_S = 60
"""A sender who sends nothing for so long has gone, whatever his connection says."""

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


async def whole_body(
    request: web.BaseRequest, *already_read: bytes
) -> AsyncIterator[bytes]:
    """The body in pieces as they come, after what was read of it before.

    Raises ConnectionError when the sender has gone, or stalls.
    """
    for piece in already_read:
        if piece:
            yield piece
    while not request.content.at_eof():
        try:
            async with asyncio.timeout(STALLED_AFTER_S):
                piece = await request.content.readany()
        except TimeoutError as error:
            raise ConnectionAbortedError("the sender stalled") from error
        if piece:
            yield piece


async def one_piece(content: bytes) -> AsyncIterator[bytes]:
    """A file that is in memory already."""
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
