"""Bodies: read up to a limit, and asked for where the client waits to be asked."""

from __future__ import annotations

from aiohttp import HttpVersion11, web


async def read_body(request: web.BaseRequest, limit: int) -> tuple[bytes, bytes]:
    """At most ``limit`` bytes of the body, and what was read beyond them.

    Nothing beyond means that this was all; else there may be still more to come.
    """
    content = request.content
    first = await content.readany()
    if content.at_eof() and len(first) <= limit:
        return first, b""
    chunks, size = [first], len(first)
    while size <= limit:
        chunk = await content.readany()
        if not chunk:
            return b"".join(chunks), b""
        chunks.append(chunk)
        size += len(chunk)
    body = b"".join(chunks)
    return body[:limit], body[limit:]


async def ask_for_body(request: web.BaseRequest) -> None:
    """Let a client send its body that waits to be asked (``curl -T``).

    Any other expectation is ignored, not refused.
    """
    expected = request.headers["Expect"].lower() == "100-continue"
    if expected and request.version == HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0  # the answer itself has not begun
