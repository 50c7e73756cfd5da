"""A HAR file, as browsers and proxies write it (HTTP Archive 1.2)."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from urllib.parse import quote_plus

from pushgo_compat.migration.calls import FoundCall, HttpRequest, Span, Unreadable
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word

_NOT_SENT = (":", "content-length")
"""HTTP/2's own headers, and a length that need not be true."""


def read_har(data: bytes) -> list[FoundCall]:
    """The requests of a HAR file. Raises Unreadable for what is none."""
    try:
        document = json.loads(data.decode("utf-8-sig", "replace"))
        entries = document["log"]["entries"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Unreadable("this is no HAR file") from None
    if not isinstance(entries, list):
        raise Unreadable("this is no HAR file")
    calls, at = [], 0
    for entry in entries:
        request = entry.get("request") if isinstance(entry, dict) else None
        if not isinstance(request, dict):
            continue
        url = str(request.get("url", ""))
        written = json.dumps(url, ensure_ascii=False)[1:-1].encode("utf-8", "replace")
        found = data.find(written, at) if written else -1
        at = found if found >= 0 else at
        span = Span(at, at + len(written))
        try:
            read = _request(request, url)
            calls.append(FoundCall(client="har", span=span, request=read))
        except Unreadable as reason:
            calls.append(FoundCall(client="har", span=span, problem=str(reason)))
    return calls


def _request(request: Mapping[str, object], text: str) -> HttpRequest:
    url, _ = parse_url(Word.made_up(_clean(text)), as_is=True)
    return HttpRequest(
        method=_clean(str(request.get("method", "GET"))).upper(),
        url=url,
        headers=list(_pairs(request.get("headers"))),
        body=[_body(request.get("postData"))],
    )


def _pairs(listed: object) -> Iterator[tuple[str, str]]:
    for pair in listed if isinstance(listed, list) else ():
        if isinstance(pair, dict):
            name = _clean(str(pair.get("name", "")))
            if name and not name.lower().startswith(_NOT_SENT):
                yield name, _clean(str(pair.get("value", "")))


def _body(data: object) -> bytes:
    if not isinstance(data, dict):
        return b""
    text = data.get("text")
    if isinstance(text, str) and (text or not data.get("params")):
        if data.get("encoding") == "base64":
            try:
                return base64.b64decode(text)
            except (ValueError, binascii.Error):
                raise Unreadable("the body is no base64") from None
        return _clean(text).encode()
    pairs = _pairs(data.get("params"))
    return "&".join(f"{quote_plus(n)}={quote_plus(v)}" for n, v in pairs).encode()


def _clean(text: str) -> str:
    """Text without halves of surrogate pairs, which JSON may hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
