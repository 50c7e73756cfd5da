"""RFC 2047 encoded words in header values, read as Go's ``mime`` package reads them.

Python's ``email.header`` puts spaces where none were sent and gives up on words glued
to other text; both happen in the headers of real senders.
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
"""A value with more broken words than that is left alone from there on: every one of
them costs a look at the whole rest."""
_CODECS = {"utf-8": "utf-8", "iso-8859-1": "latin-1", "us-ascii": "ascii"}


def decode_words(value: str) -> str:
    """Decode every encoded word, also several and glued to other text.

    Blanks between two words vanish, all other text stays. A malformed word stays as it
    is; a charset that Go does not know leaves the whole value undecoded.
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
    """The bytes of one word, None when it is malformed."""
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
