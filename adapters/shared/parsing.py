"""Parsing that several dialects need: bytes, pairs, parts, and the native limits.

Where two old servers differ, the difference is an argument here or a function of their
own dialects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from pushgo_compat.basic_login import read_basic
from pushgo_compat.model import MAX_TAG_CHARS as MAX_TAG_CHARS
from pushgo_compat.model import MAX_TAGS as MAX_TAGS
from pushgo_compat.model import Credential

MAX_NATIVE_URL_CHARS = 2048
MAX_METADATA_CHARS = 512
MAX_NAME_CHARS = 64
NO_NAME = "(no name)"
MAX_PAIRS = 1_000
"""Most parameters of one place (query, form, JSON), after PHP's ``max_input_vars``. A
form of 4 MiB has room for a million, and reading them would hold up every caller."""

_PIECE_BYTES = 65_536
_FORBIDDEN_SCHEME = re.compile(r"(?i)\s*(javascript|data|vbscript):")
_BOUNDARY = re.compile(r'(?i);\s*boundary=(?:"([^"]*)"|([^;,\s]*))')
_DISPOSITION_NAME = re.compile(rb'(?i)[;\s]name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]*))')
_DISPOSITION_FILE = re.compile(rb"(?i)[;\s]filename\*?=")
_SURROGATE = re.compile("[\ud800-\udfff]")


def decode_utf8(data: bytes) -> str:
    """The bytes as UTF-8, with U+FFFD for each byte that is not."""
    return data.decode("utf-8", "replace")


def header_text(value: str) -> str:
    """Read a header value that aiohttp decoded with ``surrogateescape``.

    Senders put UTF-8, Latin-1 or Windows-1252 bytes there (Python requests encodes
    str headers as Latin-1); what is not UTF-8 is read as Windows-1252, and bytes that
    it does not define as Latin-1.
    """
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    for charset in ("utf-8", "cp1252"):
        try:
            return raw.decode(charset)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def clean_text(text: str) -> str:
    """The text without U+0000, each lone surrogate U+FFFD: native text has neither."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return _SURROGATE.sub("\ufffd", text.replace("\0", ""))


def shown_name(name: str) -> str:
    """A name that the sender made up, as a note may show it: clean, short, never blank.

    An unescaped form body turns any text into a name.
    """
    shown = clean_text(name[:MAX_NAME_CHARS])
    return NO_NAME if not shown or shown.isspace() else shown


def unescape(raw: bytes) -> bytes:
    """Undo ``%XX`` in pieces of 64 KB: Python holds up every thread during one call."""
    if len(raw) <= _PIECE_BYTES:
        return unquote_to_bytes(raw)
    pieces = []
    start = 0
    while start < len(raw):
        end = start + _PIECE_BYTES
        cut = raw.rfind(b"%", end - 2, end)  # an escape is not torn apart
        end = end if cut < 0 else cut
        pieces.append(unquote_to_bytes(raw[start:end]))
        start = end
    return b"".join(pieces)


def form_decode(text: str, charset_errors: str = "replace") -> str:
    """Undo form encoding: ``+`` is a space, ``%XX`` a byte, a bad escape stays text."""
    if "+" in text:
        text = text.replace("+", " ")
    if "%" not in text:
        return text
    return unescape(text.encode()).decode("utf-8", charset_errors)


def split_pairs(raw: str) -> list[tuple[str, str]]:
    """Split a query or form at ``&`` and the first ``=``, undecoded; ``;`` is data.

    Empty pairs are skipped, ``name`` alone has an empty value, nothing is refused. At
    most ``MAX_PAIRS``; the rest is not looked at.
    """
    pairs = []
    for pair in raw.split("&", MAX_PAIRS)[:MAX_PAIRS]:
        if pair:
            name, _, value = pair.partition("=")
            pairs.append((name, value))
    return pairs


def parse_pairs(raw: str) -> list[tuple[str, str]]:
    """Split and decode a query or form in UTF-8.

    Raw text beyond ASCII passes through as it is.
    """
    return [(form_decode(name), form_decode(value)) for name, value in split_pairs(raw)]


def parse_form(body: bytes) -> list[tuple[str, str]]:
    """Read a urlencoded body as UTF-8; the charset that it claims does not count."""
    return parse_pairs(decode_utf8(body))


def media_type(content_type: str) -> str:
    """The part of a Content-Type before the first semicolon, in lower case.

    It may name two types: CDNs and ``fetch`` join two lines with a comma.
    """
    return content_type.partition(";")[0].strip().lower()


def multipart_boundary(content_type: str) -> bytes | None:
    """The boundary parameter, or None when there is none."""
    found = _BOUNDARY.search(content_type)
    if found is None:
        return None
    boundary = found.group(1) or found.group(2) or ""
    return boundary.encode("utf-8", "surrogateescape") or None


def parse_multipart(body: bytes, boundary: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield name and content of each text part, in order; file parts are skipped.

    Raises ValueError when the body does not follow the boundary it announced. Line
    ends may be bare line feeds, as hand-written clients send them. At most
    ``MAX_PAIRS`` parts; the rest is not looked at.
    """
    delimiter = b"--" + boundary
    chunks = (b"\r\n" + body).split(b"\n" + delimiter, MAX_PAIRS + 1)
    if len(chunks) == 1:
        raise ValueError("no boundary in the body")
    closed = len(chunks) > MAX_PAIRS + 1
    for chunk in chunks[1 : MAX_PAIRS + 1]:
        if chunk.startswith(b"--"):
            closed = True
            break
        head, blank, content = _split_part(chunk)
        if not blank:
            raise ValueError("a part without a blank line")
        name = _DISPOSITION_NAME.search(head)
        if name is None or _DISPOSITION_FILE.search(head):
            continue
        quoted = name.group(1)
        text = quoted.replace(b'\\"', b'"') if quoted is not None else name.group(2)
        yield decode_utf8(text), content.removesuffix(b"\r")
    if not closed:
        raise ValueError("the last boundary is missing")


def _split_part(chunk: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a part at its first blank line, whichever line end it uses."""
    crlf, lf = chunk.find(b"\r\n\r\n"), chunk.find(b"\n\n")
    if crlf >= 0 and (lf < 0 or crlf < lf):
        return chunk.partition(b"\r\n\r\n")
    return chunk.partition(b"\n\n")


def clip_utf8(text: str, limit_bytes: int) -> str:
    """Cut text to at most ``limit_bytes`` of UTF-8, never inside a character."""
    if len(text) * 4 <= limit_bytes:
        return text
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit_bytes:
        return text
    return raw[:limit_bytes].decode("utf-8", "ignore")


def native_url(text: str) -> str | None:
    """The text as a native ``url``, trimmed, or None where the rule forbids it.

    At most 2048 characters, any scheme but ``javascript:``, ``data:``, ``vbscript:``.
    """
    url = text.strip()
    if not url or len(url) > MAX_NATIVE_URL_CHARS or _FORBIDDEN_SCHEME.match(url):
        return None
    return url


def is_http_url(text: str) -> bool:
    """Whether the text begins with ``http://`` or ``https://``, in any case."""
    return text[:8].lower().startswith(("http://", "https://"))


def decimal_text(value: bool | int | float) -> str:
    """A JSON number or boolean as text: no exponent, no point for whole numbers."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or value.is_integer():
        return str(int(value))
    return repr(value)


def basic_credential(value: str) -> Credential | None:
    """Read the part after ``Basic``; None when it is not base64 of ``user:password``.

    Padding and the URL alphabet are forgiven.
    """
    login = read_basic(value, forgiving=True, errors="replace")
    return None if login is None else Credential(user=login[0], secret=login[1])
