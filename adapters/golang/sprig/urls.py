"""Sprig's ``urlParse`` and ``urlJoin``, by the rules of Go's ``net/url``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from adapters.golang.template.faults import FunctionError
from adapters.golang.template.functions import Function, function
from adapters.golang.values import from_bytes, to_bytes

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_CONTROL = re.compile("[\x00-\x1f\x7f]")
_PORT = re.compile(r"(?::[0-9]*)?")
_HOST_ESCAPES = re.compile("%(?!25|[89A-Fa-f][0-9A-Fa-f])")
"""In a host only ``%25`` and bytes beyond ASCII are escaped."""
_IN_HOST = re.compile(r"[^\x00-\x20\"<>\\^`{|}/]*")
_IN_USERINFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*")
_UNESCAPED = "-_.~$&+,/:;=@"
_KEPT_IN_PATH = frozenset("!'()*")
_USER_KEEPS = "-_.~$&+,;="
_HOST_KEEPS = "-_.~!$&'()*+,;=:[]<>\""
_FRAGMENT_KEEPS = "-_.~$&+,/:;=?@!()*"


def _unescape(text: str) -> str:
    if "%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise FunctionError("invalid URL escape")
    raw = re.sub(
        rb"%([0-9A-Fa-f]{2})",
        lambda found: bytes([int(found[1], 16)]),
        to_bytes(text),
    )
    return from_bytes(raw)


def _escape(text: str, kept: str) -> str:
    return quote(to_bytes(text), safe=kept)


def parse_url(text: str) -> dict[str, object]:
    """The parts of a URL. Raises FunctionError for what Go does not parse."""
    if _CONTROL.search(text):
        raise FunctionError("invalid control character in URL")
    rest, _, fragment = text.partition("#")
    scheme, opaque, userinfo, host = "", "", "", ""
    if rest.startswith(":"):
        raise FunctionError("missing protocol scheme")
    if found := _SCHEME.match(rest):
        scheme, rest = found[1].lower(), rest[found.end() :]
    rest, _, query = rest.partition("?")
    path = rest
    if scheme and not rest.startswith("/"):
        opaque, path = rest, ""
    elif not scheme and ":" in rest.partition("/")[0]:
        raise FunctionError("first path segment in URL cannot contain colon")
    elif rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        path = slash + path
        user, at, host = authority.rpartition("@")
        userinfo = _userinfo(user) if at else ""
        host = _host(host)
    return {
        "scheme": scheme,
        "host": host,
        "hostname": _hostname(host),
        "path": _unescape(path),
        "query": query,
        "opaque": opaque,
        "fragment": _unescape(fragment),
        "userinfo": userinfo,
    }


def _userinfo(text: str) -> str:
    """User and password, as Go writes them again."""
    if not _IN_USERINFO.fullmatch(text):
        raise FunctionError("invalid userinfo")
    user, colon, password = text.partition(":")
    written = _escape(_unescape(user), _USER_KEEPS)
    return (
        f"{written}:{_escape(_unescape(password), _USER_KEEPS)}" if colon else written
    )


def _host(text: str) -> str:
    end = text.rindex("]") + 1 if text.startswith("[") and "]" in text else None
    if text.startswith("[") and end is None:
        raise FunctionError("missing ']' in host")
    port = text[text.rfind(":") :] if ":" in text and end is None else text[end or 0 :]
    if (end is not None or ":" in text) and not _PORT.fullmatch(port):
        raise FunctionError("invalid port after host")
    if not _IN_HOST.fullmatch(text) or _HOST_ESCAPES.search(text):
        raise FunctionError("invalid character in host name")
    return _unescape(text)


def _hostname(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() | (not port) else host


def join_url(parts: dict[str, object]) -> str:
    """A URL of parts, all of which may be missing. Raises FunctionError."""
    part = {name: _text_at(parts, name) for name in _PARTS}
    userinfo = ""
    if part["userinfo"]:
        userinfo = _userinfo(part["userinfo"])
    url = f"{part['scheme']}:" if part["scheme"] else ""
    path = part["path"]
    if path != "*":
        path = _escape(path, _UNESCAPED)
    if part["opaque"]:
        url += part["opaque"]
    else:
        host = _escape(part["host"], _HOST_KEEPS)
        if part["scheme"] or host or userinfo:
            if host or path.startswith("//") or userinfo or part["path"]:
                url += "//"
            url += (f"{userinfo}@" if userinfo else "") + host
            if path and not path.startswith("/") and host:
                url += "/"
        elif ":" in path.partition("/")[0]:
            url += "./"
        url += path
    if part["query"]:
        url += f"?{part['query']}"
    if part["fragment"]:
        url += f"#{_escape(part['fragment'], _FRAGMENT_KEEPS)}"
    return url


_PARTS = ("scheme", "host", "path", "query", "opaque", "fragment", "userinfo")


def _text_at(parts: dict[str, object], name: str) -> str:
    value = parts.get(name, "")
    if not isinstance(value, str):
        raise FunctionError(f"unable to parse {name} key")
    return value


URLS: Mapping[str, Function] = {
    "urlParse": function("text", parse_url, price=40, chars_a_step=4),
    "urlJoin": function("map", join_url, price=40, chars_a_step=4),
}
