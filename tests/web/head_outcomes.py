"""What aiohttp's own parser makes of bytes that were mended, cut as a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParser

from pushgo_compat.web.connection.heads.head_repair import (
    MAX_HEAD_BYTES,
    REFUSED,
    HeadMender,
)
from pushgo_compat.web.connection.protocol import SERVER_KWARGS


class Seen(NamedTuple):
    """One request as a handler would see it."""

    method: str
    target: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes
    whole: bool
    last: bool


def mend(data: bytes, cuts: Sequence[int] = ()) -> bytes:
    """The bytes that the parser gets in all."""
    return b"".join(pieces(data, cuts))


def pieces(data: bytes, cuts: Sequence[int] = ()) -> list[bytes]:
    """What the parser gets for each piece between two cuts."""
    mender = HeadMender()
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    mended = [mender.feed(data[a:b]) for a, b in pairwise(edges) if a < b]
    return [*mended, REFUSED] if mender.has_refused else mended


async def outcome(data: bytes, cuts: Sequence[int] = ()) -> tuple[list[Seen], bool]:
    """Every request that comes of it, and whether the parser refused something."""
    loop = asyncio.get_running_loop()
    parser = HttpRequestParser(
        BaseProtocol(loop),
        loop,
        4 * MAX_HEAD_BYTES,
        **{name: SERVER_KWARGS[name] for name in _PARSER_LIMITS},  # type: ignore[arg-type]
    )
    messages = []
    refused = False
    for piece in pieces(data, cuts):
        if not piece or refused:
            continue
        try:
            begun, _, _ = parser.feed_data(piece)
        except HttpProcessingError:
            refused = True
        else:
            messages += begun
    seen = [
        Seen(
            message.method,
            message.path,
            message.raw_headers,
            payload.read_nowait(),
            payload.is_eof(),
            message.should_close,
        )
        for message, payload in messages
    ]
    return seen, refused


_PARSER_LIMITS = ("max_line_size", "max_field_size", "max_headers", "auto_decompress")
