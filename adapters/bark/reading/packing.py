"""``Content-Encoding``: gzip, deflate and br are undone, as Fiber does.

bark-server does it for JSON bodies alone (docs/dialects/bark.md 3.3).
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping

import brotli


class BadPacking(ValueError):
    """The body is not what its Content-Encoding claims."""


class TooMuch(ValueError):
    """The body unpacks to more than the limit."""


def unpacked(body: bytes, coding: str, limit_bytes: int) -> bytes:
    """The body without its coding; an unknown coding leaves it as it is.

    Scripts write ``Content-Encoding: utf-8``. Raises BadPacking for a body that is not
    in its coding, and TooMuch beyond ``limit_bytes``.
    """
    unpack = _UNPACKERS.get(coding.strip().lower())
    if unpack is None:
        return body
    whole, ended = unpack(body, limit_bytes + 1)
    if len(whole) > limit_bytes:
        raise TooMuch
    if not ended:
        raise BadPacking("unexpected EOF")
    return whole


def is_packed(coding: str) -> bool:
    """Whether a Content-Encoding is one that is undone."""
    return coding.strip().lower() in _UNPACKERS


def beginning(body: bytes, coding: str, most: int) -> bytes:
    """At most ``most`` bytes of the unpacked body; none of a body that is broken."""
    unpack = _UNPACKERS.get(coding.strip().lower())
    if unpack is None:
        return body
    try:
        return unpack(body, most)[0][:most]
    except BadPacking:
        return b""


def _inflate(body: bytes, most: int, window_bits: int) -> tuple[bytes, bool]:
    unpacker = zlib.decompressobj(window_bits)
    try:
        return unpacker.decompress(body, most), unpacker.eof
    except zlib.error as error:
        raise BadPacking("invalid compressed data") from error


def _gunzip(body: bytes, most: int) -> tuple[bytes, bool]:
    return _inflate(body, most, 16 + zlib.MAX_WBITS)


def _inflate_zlib(body: bytes, most: int) -> tuple[bytes, bool]:
    return _inflate(body, most, zlib.MAX_WBITS)


def _unbrotli(body: bytes, most: int) -> tuple[bytes, bool]:
    """The library may give a block more than ``most`` before it stops."""
    unpacker = brotli.Decompressor()
    try:
        whole = unpacker.process(body, output_buffer_limit=most)
    except brotli.error as error:
        raise BadPacking("invalid compressed data") from error
    return whole, unpacker.is_finished()


_UNPACKERS: Mapping[str, Callable[[bytes, int], tuple[bytes, bool]]] = {
    "gzip": _gunzip,
    "deflate": _inflate_zlib,
    "br": _unbrotli,
}
"""Coding → a function of body and most bytes: the bytes, and whether they are all."""
