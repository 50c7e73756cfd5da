"""Addresses of old servers wherever they stand in a text, and Apprise URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pushgo_compat.migration.calls import Span, Unreadable, Url
from pushgo_compat.migration.scan.findings import Found, Takes
from pushgo_compat.migration.scan.stretches import Stretches
from pushgo_compat.migration.scan.vendors import (
    BARK,
    GOTIFY,
    KEY_SHAPE,
    NTFY,
    SERVERCHAN,
    OldHosts,
    is_own_page,
    key_in,
)
from pushgo_compat.migration.shell.source import Source
from pushgo_compat.migration.urls import parse_url
from pushgo_compat.migration.words import Word

_URL = re.compile(
    rb"(?i)(?<![\w+.-])(https?|ntfys?|barks?|schan|gotifys?)(?:\+\w+)?:(?:\\?/){2}"
    rb"(?:\\/|\$\{[^}\s]*\}|\{\{[^}]*\}\}|\$\([^)\s]*\)|[^\s\"'<>`(),;\\|{}\[\]])+"
)
_SCHEMES = {
    b"ntfy": NTFY,
    b"ntfys": NTFY,
    b"bark": BARK,
    b"barks": BARK,
    b"schan": SERVERCHAN,
    b"gotify": GOTIFY,
    b"gotifys": GOTIFY,
}
_KEY = re.compile(rb"(?<![\w/.-])" + KEY_SHAPE.pattern.encode() + rb"(?![\w-])")
_VARIABLE = re.compile(r"[${}<>*]|%[({sdv]")
_SHOUTRRR = re.compile(rb"(?i)shoutrrr|watchtower")
_HOST_NAME = re.compile(
    r"(?:(?:[\w-]+\.)+[\w-]+|localhost|\[[0-9a-f:.]+\])(?::\d+)?|[\w-]+:\d+"
)


def scan_addresses(data: bytes, hosts: OldHosts) -> Iterator[Found]:
    """Every address that a client may be set up with, and every lone sendkey."""
    is_shoutrrr = _SHOUTRRR.search(data) is not None
    taken = Stretches()
    for found in _URL.finditer(data):
        scheme = found[1].lower()
        raw = found[0].rstrip(b".:!?*")
        span = Span(found.start(), found.start() + len(raw))
        taken.add(span)
        if scheme in _SCHEMES:
            one = _service(raw, span, _SCHEMES[scheme], is_shoutrrr=is_shoutrrr)
        else:
            one = _web_address(raw, span, hosts)
        if one is not None:
            yield one
    for key in _KEY.finditer(data):
        if not taken.covers(key.start()):
            yield Found(
                start=key.start(),
                dialect=SERVERCHAN,
                client=None,
                what="sendkey",
                key=key[0].decode(),
                takes=Takes.KEY,
                spans=(Span(*key.span()),),
            )


def scan_service(word: Word) -> Iterator[Found]:
    """The service URLs in a text whose place is known."""
    data = word.text.encode("utf-8", "surrogateescape")
    places = Source.of_word(word).places
    for found in _URL.finditer(data):
        if found[1].lower() in _SCHEMES:
            span = Span(places[found.start()], places[found.end()])
            one = _service(
                found[0], span, _SCHEMES[found[1].lower()], is_shoutrrr=False
            )
            if one is not None:
                yield one


def url_of(raw: bytes, start: int) -> Url | None:
    """An address at its place in the text."""
    word = Source(raw, range(start, start + len(raw) + 1)).word(0, len(raw))
    text = word.text
    if "\\/" in text:  # PHP writes JSON so
        parts = [
            word.part(at, at + 1)
            for at in range(len(text))
            if not text.startswith("\\/", at)
        ]
        word = Word.joined(parts)
    try:
        return parse_url(word, as_is=True)[0]
    except Unreadable:
        return None


def _web_address(raw: bytes, span: Span, hosts: OldHosts) -> Found | None:
    url = url_of(raw, span.start)
    dialect = hosts.dialect_of(url) if url else None
    if url is None or dialect is None or is_own_page(dialect, url):
        return None
    key = key_in(dialect, url)
    return Found(
        start=span.start,
        dialect=dialect,
        client=None,
        what="address",
        key=None if key is None or _VARIABLE.search(key) else key,
        url=url,
        spans=(span,),
    )


def _service(
    raw: bytes, span: Span, dialect: str, *, is_shoutrrr: bool
) -> Found | None:
    """A service URL of Apprise or shoutrrr."""
    url = url_of(raw, span.start)
    if url is None or not url.host or _VARIABLE.search(url.host):
        return None
    parts = [part for part in url.path.split("/") if part]
    authority = raw.partition(b"://")[2].partition(b"/")[0]
    login = authority.rpartition(b"@")[0].decode("utf-8", "replace")
    if dialect == BARK and login.startswith(":"):  # shoutrrr: bark://:KEY@host
        return _found(dialect, "shoutrrr", url, login[1:], span, Takes.URL)
    has_host = bool(parts) and bool(
        _HOST_NAME.fullmatch(f"{url.host}:{url.port}" if url.port else url.host)
    )
    if dialect == SERVERCHAN or (dialect == NTFY and not has_host):
        key = (
            raw.partition(b"://")[2]
            .partition(b"?")[0]
            .strip(b"/")
            .decode("utf-8", "replace")
        )
        key = key.rpartition("@")[2].partition("/")[0]
        return _found(dialect, "apprise", None, key, span, Takes.KEY)
    if not parts:
        return None
    if is_shoutrrr and dialect == NTFY:
        return _found(dialect, "shoutrrr", url, parts[-1], span, Takes.URL)
    key = parts[-1] if dialect == GOTIFY else parts[0]
    return _found(dialect, "apprise", url, key, span, Takes.HOST_AND_PORT)


def _found(
    dialect: str, client: str, url: Url | None, key: str, span: Span, takes: Takes
) -> Found:
    return Found(
        start=span.start,
        dialect=dialect,
        client=client,
        what=f"{client} URL",
        key=None if _VARIABLE.search(key) else key,
        url=url,
        takes=takes,
        spans=(span,),
    )
