"""One whole head: what aiohttp's parser would refuse of it, mended.

Old clients send, and their servers took:

- raw UTF-8, GBK or Latin-1 bytes in the request line (``curl ".../KEY/推送标题"``, the
  first example in Bark's documents), unescaped spaces, ``http/1.1``, a whole URL;
- a header line twice (QingLong sends ``Content-Type`` and ``content-type``);
- a header over several lines (curl's ``-H`` and PHP with a line break in the value);
- line feeds without carriage returns, odd names (``X/Y``), HTTP/1.1 without ``Host``;
- ``Transfer-Encoding`` beside a length.

Where a body ends and which host is meant is decided here. What goes on says it in one
way only; where it is in doubt the head is refused.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from pushgo_compat.web.connection.heads.request_target import split_absolute

MAX_HEADER_LINES = 2_000
"""Go's server has no limit but the head's size; each line costs about 1 µs here."""
CHUNKED = -1
"""In place of a length: the body is in chunks."""

_PLAIN_LINE = re.compile(rb"(?!CONNECT )[A-Z]+ /[\x21-\x7e]* HTTP/1\.([01])\r\n")
_TOKEN = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PLAIN_NAME = re.compile(rb"\n(" + _TOKEN + rb"):")
_NAME = re.compile(_TOKEN)
_ODD_NAME = re.compile(rb"[\x21-\x7e\x80-\xff]+")
_SINGLE = frozenset(
    {
        b"content-type",
        b"content-location",
        b"content-range",
        b"user-agent",
        b"etag",
        b"max-forwards",
        b"server",
    }
)
"""Lines of which aiohttp's parser refuses to see two, as of ``_FRAMING``."""
_FRAMING = frozenset({b"content-length", b"transfer-encoding", b"host"})
# "Content_Length" or "Content-Length " frames for some readers (RFC 9112, 11.2).
_NOT_LETTERS = re.compile(rb"[^a-z]+")
_FRAMING_LETTERS = frozenset(_NOT_LETTERS.sub(b"", name) for name in _FRAMING)
_NOT_IN_TARGETS = re.compile(rb"[^\x21-\x7e]")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_VERSIONS = frozenset({b"HTTP/1.0", b"HTTP/1.1"})


class BadHead(Exception):
    """The head cannot be read, or leaves framing or routing in doubt."""


class Mended(NamedTuple):
    """A head as the parser should get it, and how its body ends."""

    head: bytes
    length: int
    """Bytes of body, 0 for none, or CHUNKED."""
    last: bool = False
    """The connection ends with this request: nothing behind it is read."""


def mend_head(head: bytes) -> Mended:
    """Mend a head that ends with its blank line. Raises BadHead."""
    lines = head.count(b"\n")
    if lines > MAX_HEADER_LINES + 2:
        raise BadHead("too many header lines")
    return _as_it_is(head, lines) or _rebuilt(head)


def _as_it_is(head: bytes, lines: int) -> Mended | None:
    """A head that needs no mending, None for any other."""
    line = _PLAIN_LINE.match(head)
    if (
        line is None
        or not lines == head.count(b"\r") == head.count(b"\r\n")
        or b"\0" in head
    ):
        return None
    lower = head.lower()
    names = _PLAIN_NAME.findall(lower)
    known = set(names)
    if (
        # One may be folded, odd or broken, or stand there twice.
        not len(known) == len(names) == lines - 2
        or b"transfer-encoding" in known
        or (b"host" not in known and line[1] == b"1")
    ):
        return None
    last = line[1] == b"0"
    if b"connection" in known:
        last = _ends(_value(lower, b"\nconnection:"), is_old=last)
    if b"content-length" not in known:
        return Mended(head, 0, last)
    value = _value(lower, b"\ncontent-length:")
    return Mended(head, int(value), last) if _LENGTH.fullmatch(value) else None


def _value(lower: bytes, name: bytes) -> bytes:
    """What stands behind a name that is there."""
    start = lower.find(name) + len(name)
    return lower[start : lower.find(b"\r", start)].strip(b" \t")


def _ends(options: bytes, *, is_old: bool) -> bool:
    """Whether a request of these Connection options is its connection's last one.

    A client that closes behind it may send more all the same, which nobody reads (RFC
    9112, 9.6). aiohttp's parser would refuse all that came in the same segment.
    """
    said = {option.strip(b" \t") for option in options.split(b",")}
    return b"keep-alive" not in said if is_old else b"close" in said


def _rebuilt(head: bytes) -> Mended:
    """Write the head anew, line by line."""
    if head.count(b"\r") != head.count(b"\r\n") or b"\0" in head:
        raise BadHead("a control character in the head")
    first, *rest = [line.removesuffix(b"\r") for line in head.split(b"\n")[:-2]]
    line, authority = _request_line(first)
    is_old = line.endswith(b"/1.0")
    fields, framing = _fields(rest)
    out = [line, *fields.values()]
    if authority is None:
        authority = _one_host(framing[b"host"])
    else:
        _one_host(framing[b"host"])  # two of them are refused all the same
    if authority is not None or not is_old:
        # RFC 9112, 3.2, has a 1.1 request without Host refused. Old servers took it.
        out.append(b"Host: " + (authority or b""))
    length = _length(framing[b"content-length"], framing[b"transfer-encoding"])
    # Behind a CONNECT a client would go on in another protocol (RFC 9110, 9.3.6).
    last = line.startswith(b"CONNECT ")
    if length == CHUNKED:
        out.append(b"Transfer-Encoding: chunked")
        # Chunks in HTTP/1.0 or beside a length may hide a smuggled request, so the
        # connection ends with the answer (RFC 9112, 6.1).
        last = last or is_old or bool(framing[b"content-length"])
    elif framing[b"content-length"]:
        out.append(b"Content-Length: %d" % length)
    if last:
        out = [kept for kept in out if not kept.lower().startswith(b"connection:")]
        out.append(b"Connection: close")
    options = b",".join(
        kept.lower().partition(b":")[2]
        for kept in out
        if kept.lower().startswith(b"connection:")
    )
    last = last or _ends(options, is_old=is_old)
    return Mended(b"\r\n".join(out) + b"\r\n\r\n", length, last)


def _request_line(line: bytes) -> tuple[bytes, bytes | None]:
    """The line with a target in origin form, and the authority that stood in it.

    What may not stand raw in a target is percent-encoded.
    """
    method, _, rest = line.partition(b" ")
    target, _, version = rest.rpartition(b" ")
    version = version.upper()
    if version not in _VERSIONS:
        raise BadHead("a request line without a version that is known")
    target = _NOT_IN_TARGETS.sub(lambda found: b"%%%02X" % found.group()[0], target)
    authority = None
    if method != b"CONNECT" and (split := split_absolute(target.decode("ascii"))):
        authority, target = split[0].encode(), split[1].encode()
    return b" ".join((method, target, version)), authority


def _fields(
    lines: list[bytes],
) -> tuple[dict[bytes | int, bytes], dict[bytes, list[bytes]]]:
    """The header lines to pass on, and the values of those that frame or route.

    A name that must not come twice is the key of its line, a number that of any other.
    """
    fields: dict[bytes | int, bytes] = {}
    framing: dict[bytes, list[bytes]] = {name: [] for name in _FRAMING}
    for number, line in enumerate(_unfolded(lines)):
        name, colon, value = line.partition(b":")
        if not colon:
            raise BadHead("a header line without a colon")
        lower = name.lower()
        if not _NAME.fullmatch(name):
            _check_odd(lower)
        elif lower in _FRAMING:
            framing[lower].append(value.strip(b" \t"))
        elif lower not in _SINGLE:
            fields[number] = line
        elif lower == b"content-type" or lower not in fields:
            fields[lower] = line  # of several types the last counts, as in fasthttp
    return fields, framing


def _unfolded(lines: list[bytes]) -> list[bytes]:
    """Join a header over several lines with one blank, as Go does."""
    if not any(line[:1] in b" \t" for line in lines):
        return lines
    parts: list[list[bytes]] = []
    for line in lines:
        if line[:1] not in b" \t":
            parts.append([line.rstrip(b" \t")])
        elif parts:
            parts[-1].append(line.strip(b" \t"))
        else:
            raise BadHead("the first header line is folded")
    return [b" ".join(each) for each in parts]


def _check_odd(lower: bytes) -> None:
    """Let a name that no dialect knows be left out, such as ``X/Y``.

    Raises BadHead for a blank in it, and for what another reader might take for a name
    that frames or routes.
    """
    if not _ODD_NAME.fullmatch(lower):
        raise BadHead("a header name with a blank in it, or none")
    if _NOT_LETTERS.sub(b"", lower) in _FRAMING_LETTERS:
        raise BadHead("a header name that is nearly one that frames")


def _one_host(values: list[bytes]) -> bytes | None:
    if len({value.lower() for value in values}) > 1:
        raise BadHead("two hosts")
    return values[0] if values else None


def _length(lengths: list[bytes], codings: list[bytes]) -> int:
    """How the body ends: chunks count before a length (RFC 9112, 6.3)."""
    if any(not _LENGTH.fullmatch(value) for value in lengths):
        raise BadHead("a length that is no number")
    # RFC 2616 had "identity" for no coding at all; RFC 7230 took it out.
    codings = [c for c in map(bytes.lower, codings) if c != b"identity"]
    if codings == [b"chunked"]:
        return CHUNKED
    if codings:
        raise BadHead("an unknown transfer coding")
    # The same length twice may be taken for one (RFC 9112, 6.3, item 5).
    if len(set(map(int, lengths))) > 1:
        raise BadHead("two lengths")
    return int(lengths[0]) if lengths else 0
