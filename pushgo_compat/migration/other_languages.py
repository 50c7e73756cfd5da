"""Calls in languages that are not read: they are told with their line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from pushgo_compat.migration.calls import FoundCall, Span

NOT_READ = "not read"
_CALLS = re.compile(
    rb"""(?x)(?<![\w$])(?:
      (?P<python>(?:requests|httpx|session|client|aiohttp|urllib3?|http)\s*\.\s*
        (?:post|put|get|request|delete|Request|urlopen|PoolManager)\s*\(
        |urllib\.request\.\w+\s*\(|urlopen\s*\(|Request\s*\()
    | (?P<javascript>(?:fetch|axios(?:\.\w+)?|\$\.(?:post|get|ajax)|got(?:\.\w+)?
        |superagent\.\w+|XMLHttpRequest|https?\.request)\s*\()
    | (?P<go>http\.(?:Post|PostForm|NewRequest|Get)(?:WithContext)?\s*\()
    | (?P<php>(?:file_get_contents|curl_init|curl_setopt)\s*\()
    | (?P<ruby>Net::HTTP|HTTParty\.\w+|Faraday\.\w+)
    | (?P<java>HttpRequest\.newBuilder|new\s+URL\s*\(|URI\.create\s*\()
    | (?P<csharp>HttpClient\b|PostAsync\s*\()
    )"""
)
_URL = re.compile(rb"(?i)\bhttps?://([a-z0-9.-]+)(?::\d+)?")
_AHEAD_BYTES = 400
"""A URL stands this near behind the beginning of its call."""

IsOldHost = Callable[[str], bool]


def find_unread(data: bytes, is_old_host: IsOldHost) -> Iterator[FoundCall]:
    """Calls to old servers in other languages than the shell's."""
    end = 0
    for found in _CALLS.finditer(data):
        if found.start() < end or _in_comment(data, found.start()):
            continue
        url = _URL.search(data, found.end(), found.end() + _AHEAD_BYTES)
        if url is None or not is_old_host(url[1].decode("ascii").lower()):
            continue
        end = url.end()
        language = found.lastgroup or "other"
        yield FoundCall(
            client=language, span=Span(found.start(), end), problem=NOT_READ
        )


def _in_comment(data: bytes, at: int) -> bool:
    line = data[data.rfind(b"\n", 0, at) + 1 : at].lstrip()
    return line.startswith((b"#", b"//", b"*", b"--"))
