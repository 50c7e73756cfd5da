"""Bytes of a mail → text: charsets that mail programs name, and those they do not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping

_CODECS: Mapping[str, str] = {
    **{name: name for name in ("utf-8", "utf-16", "utf-16le", "utf-16be", "utf-7")},
    **{
        f"iso-8859-{part}": f"iso8859-{part}"
        for part in (*range(2, 12), 13, 14, 15, 16)
    },
    **{f"windows-{page}": f"cp{page}" for page in range(1250, 1259)},
    **{name: name for name in ("koi8-r", "koi8-u", "euc-jp", "iso-2022-jp", "tis-620")},
    "utf8": "utf-8",
    # Every ISO 8859-1 that mail programs send is the larger Windows-1252.
    **dict.fromkeys(("us-ascii", "ascii", "iso-8859-1", "latin1"), "cp1252"),
    # Chinese mail programs name the smallest set and write the largest.
    **dict.fromkeys(("gb2312", "gbk", "gb18030", "x-gbk", "cp936"), "gb18030"),
    **dict.fromkeys(("big5", "big5-hkscs", "x-x-big5"), "big5hkscs"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987"), "cp949"),
}
"""Charset → codec. Others are guessed: a codec by any name would be a way to Python's
codecs that are no charsets, and to a table of theirs that never forgets a name."""
_GUESSES = ("utf-8", "gb18030", "cp1252")
_WORD = re.compile(r"=\?([^?\s]{1,64})\?([bBqQ])\?([^?]*)\?=")
_MAX_PADDED = 100_000
"""Padded pieces of one base64 text; each takes about a microsecond."""
_PADDING = re.compile(rb"=[^A-Za-z0-9+/]*")
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]+")
_ESCAPED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")


def decode_text(raw: bytes, charset: str = "") -> str:
    """The text of bytes in a charset; an unknown one, or a wrong one, is guessed.

    Printers write GBK and name nothing, or name UTF-8.
    """
    codec = _CODECS.get(charset.strip().lower())
    for guess in (codec, *_GUESSES) if codec else _GUESSES:
        try:
            return raw.decode(guess)
        except UnicodeDecodeError:
            continue
    return raw.decode(codec or "utf-8", "replace")


def decode_words(value: str) -> str:
    """Decode the encoded words of a header (RFC 2047), in any charset.

    Neighbours of one charset are joined before they are decoded: many senders cut in
    the middle of a character. What is malformed stays as it is.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    charset, held = "", b""
    done, after_word = 0, False
    for word in _WORD.finditer(value):
        between = value[done : word.start()]
        content = _word_bytes(word[2], word[3])
        if content is None:
            continue
        name = word[1].partition("*")[0].lower()  # a language may follow (RFC 2231)
        joined = after_word and not between.strip()
        if not joined or name != charset:
            pieces.append(decode_text(held, charset))
            pieces.append("" if joined else between)
            charset, held = name, b""
        held += content
        done, after_word = word.end(), True
    pieces.append(decode_text(held, charset))
    pieces.append(value[done:])
    return "".join(pieces)


def _word_bytes(encoding: str, text: str) -> bytes | None:
    """The bytes of one word; None when it is not base64."""
    raw = text.encode("utf-8", "surrogateescape")
    if encoding in "qQ":
        raw = raw.replace(b"_", b" ")
        return _ESCAPED_BYTE.sub(lambda hexed: bytes.fromhex(hexed[1].decode()), raw)
    return from_base64(raw)


def from_base64(raw: bytes) -> bytes | None:
    """Undo base64 with its line breaks, without its padding; None for what is none."""
    pieces = []
    for piece in _PADDING.split(raw, _MAX_PADDED):  # some senders pad every line
        plain = _NOT_BASE64.sub(b"", piece)
        plain = plain[: len(plain) - (len(plain) % 4 == 1)]  # half a byte: a cut text
        try:
            pieces.append(base64.b64decode(plain + b"=" * (-len(plain) % 4)))
        except binascii.Error:
            return None
    return b"".join(pieces)
