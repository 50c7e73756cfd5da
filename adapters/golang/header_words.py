"""RFC 2047 encoded words in header values, read as Go's ``mime`` package reads them.

Python's ``email.header`` inserts spaces that were not sent, and does not decode words
that touch other text. Real senders send such headers.
"""

from __future__ import annotations

import base64
import binascii
import re

_WORD = re.compile(r"=\?([^?]*)\?(.)\?(.*?)\?=", re.DOTALL)
_NOT_QUOTABLE = re.compile(r"[^\t\n\r -~]|=(?![0-9A-Fa-f]{2})")
_ESCAPED_BYTE = re.compile(rb"=([0-9A-Fa-f]{2})")
_BLANKS = " \t\r\n"
_MAX_MALFORMED = 64
"""Malformed words that are skipped in one value; its rest is then not decoded. Each of
them costs a search of the whole rest."""
_CODECS = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "us-ascii": "ascii"}


def decode_words(value: str) -> str:
    """Decode every encoded word, also those that touch other text.

    Blanks between two words are removed, all other text stays. A malformed word stays
    as it is. With a charset that Go does not know the whole value stays undecoded.
    """
    if "=?" not in value:
        return value
    pieces: list[str] = []
    done = searched = malformed = 0
    end = value.rfind("?=") + 2
    after_word = False
    while malformed < _MAX_MALFORMED and (word := _WORD.search(value, searched, end)):
        charset, encoding, text = word.groups()
        content = _decode_content(encoding, text)
        if content is None:
            searched = word.start() + 2
            malformed += 1
            after_word = False
            continue
        codec = _CODECS.get(charset.lower())
        if codec is None:
            return value
        between = value[done : word.start()]
        if not after_word or between.strip(_BLANKS):
            pieces.append(between)
        pieces.append(content.decode(codec, "replace"))
        done = searched = word.end()
        after_word = True
    pieces.append(value[done:])
    return "".join(pieces)


def _decode_content(encoding: str, text: str) -> bytes | None:
    """The bytes of one word; None when it is malformed."""
    match encoding:
        case "b" | "B":
            try:
                unfolded = text.replace("\r", "").replace("\n", "")
                return base64.b64decode(unfolded, validate=True)
            except (binascii.Error, ValueError):
                return None
        case "q" | "Q":
            if _NOT_QUOTABLE.search(text):
                return None
            raw = text.replace("_", " ").encode()
            return _ESCAPED_BYTE.sub(
                lambda hexed: bytes.fromhex(hexed[1].decode()), raw
            )
        case _:
            return None
