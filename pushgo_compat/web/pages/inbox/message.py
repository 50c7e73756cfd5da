"""One message as the inbox shows it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from aiohttp import web

from pushgo_compat.core.stores.messages import StoredMessage
from pushgo_compat.legacy import AttachedFile, Button, Presentation
from pushgo_compat.model import NativeMessage
from pushgo_compat.web.pages.content.dialect_names import name_of
from pushgo_compat.web.pages.content.rich_text import LISTED_CHARS, RichTexts
from pushgo_compat.web.pages.content.safe_text import shows_something, visible
from pushgo_compat.web.services import PLACES, SERVICES

if TYPE_CHECKING:
    from markupsafe import Markup

_FOLD_CHARS = 700
_FOLD_LINES = 8
"""A body with more is folded (``.clip`` in pages.css is 9.5 rem high)."""
_NOT_FOLLOWED = frozenset({"javascript", "data", "vbscript"})
_FILE_PLACE = "/file/"
_FILE_NAME = re.compile(r"[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)?")
RICH_TEXTS = web.AppKey("rich_texts", RichTexts)


class Link(NamedTuple):
    """Somewhere to go, and the scheme and host that the label shows."""

    url: str
    label: str


class File(NamedTuple):
    """An attached file."""

    name: str
    url: str
    kind: str
    size: int | None
    until: str | None
    """ISO 8601 in UTC."""


class Shown(NamedTuple):
    """One message, ready for a template: every text is visible, none is escaped yet."""

    id: str
    at: str
    """ISO 8601 in UTC."""
    day: str
    clock: str
    severity: str
    source: str
    emoji: str
    title: str
    body: Markup | None
    is_markdown: bool
    is_folded: bool
    size: int
    """Characters of the whole body."""
    is_cut: bool
    """Whether the body goes on in the details."""
    tags: tuple[str, ...]
    link: Link | None
    buttons: tuple[Link | str, ...]
    """Links, and labels of what only an app could do."""
    own_images: tuple[str, ...]
    foreign_images: tuple[str, ...]
    foreign_hosts: tuple[str, ...]
    http_images: tuple[str, ...]
    """Pictures that a page on https must not load."""
    file: File | None
    is_encrypted: bool


async def show_all(
    request: web.Request, stored: Sequence[StoredMessage]
) -> list[Shown]:
    """Messages for a list, their bodies cut at 4 KB."""
    return [await show(request, each, limit=LISTED_CHARS) for each in stored]


async def show(
    request: web.Request, stored: StoredMessage, *, limit: int | None = None
) -> Shown:
    """One message; ``limit`` is how much of its body is shown."""
    message, presentation = request.app[SERVICES].present(stored)
    at = datetime.fromtimestamp(stored.accepted_at_ms / 1000, UTC)
    emoji, tags = _tags(message, presentation)
    body = visible(message.body or "")
    images = _images(request, message)
    file_url = presentation.file and presentation.file.url
    return Shown(
        id=stored.message_id,
        at=at.isoformat(timespec="seconds"),
        day=at.strftime("%Y-%m-%d"),
        clock=at.strftime("%H:%M UTC"),
        severity=message.severity,
        source=_source_name(request, stored),
        emoji=emoji,
        title=visible(message.title or "")
        if shows_something(message.title or "")
        else "",
        body=await _body(request, stored.message_id, body[:limit], presentation),
        is_markdown=presentation.markdown,
        is_folded=len(body) > _FOLD_CHARS or body.count("\n") >= _FOLD_LINES,
        size=len(body.encode()),
        is_cut=limit is not None and len(body) > limit,
        tags=tags,
        link=None if message.url in (None, file_url) else _link(message.url or ""),
        buttons=tuple(_button(each) for each in presentation.buttons),
        own_images=images["own"],
        foreign_images=images["foreign"],
        foreign_hosts=tuple(dict.fromkeys(map(_host, images["foreign"]))),
        http_images=images["http"],
        file=_file(request, presentation.file),
        is_encrypted=message.ciphertext is not None,
    )


async def _body(
    request: web.Request, message_id: str, text: str, presentation: Presentation
) -> Markup | None:
    if not text:
        return None
    texts = request.app[RICH_TEXTS]
    return await texts.render(message_id, text, markdown=presentation.markdown)


def _tags(message: NativeMessage, shown: Presentation) -> tuple[str, tuple[str, ...]]:
    """The emoji that tags stand for, and the tags that remain words."""
    if not shown.emoji_tags or not message.tags:
        return "", tuple(map(visible, message.tags))
    import emoji  # 8 MB, which only those pay who use it

    signs, words = [], []
    for tag in message.tags:
        sign = emoji.emojize(f":{tag}:", language="alias")
        if emoji.is_emoji(sign):
            signs.append(sign)
        else:
            words.append(visible(tag))
    return "".join(signs), tuple(words)


def _images(request: web.Request, message: NativeMessage) -> dict[str, tuple[str, ...]]:
    """Pictures by what may load them: this page, a frame of its own, a new tab."""
    own, foreign, insecure = [], [], []
    is_https = request.app[SERVICES].callers.scheme(request) == "https"
    for url in message.images:
        path = _own_file(request, url)
        if path is not None:
            own.append(path)
        elif urlsplit(url).scheme == "https" or not is_https:
            foreign.append(url)
        else:
            insecure.append(url)
    return {"own": tuple(own), "foreign": tuple(foreign), "http": tuple(insecure)}


def _own_file(request: web.Request, url: str) -> str | None:
    """The path below our root of a file that lies here; None for any other address."""
    base = request.app[SERVICES].callers.page_url(request)
    path = url.removeprefix(f"{base}/")
    source, _, name = path.partition(_FILE_PLACE)
    # A browser loads it at once: with ``..`` it would call any address of ours,
    # and some of those send with GET.
    if path == url or not _FILE_NAME.fullmatch(name):
        return None
    is_ours = any(place.source == source for place in request.app[PLACES].dialects)
    return path if is_ours else None


def _link(url: str) -> Link:
    """A link whose label is its host, or its scheme where it has none."""
    return Link(url, visible(_host(url)))


def _host(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    return parts.netloc.rpartition("@")[2] or f"{parts.scheme}:"


def _button(button: Button) -> Link | str:
    label = visible(button.label)
    if button.url is None or _scheme(button.url) in _NOT_FOLLOWED:
        return label
    return Link(button.url, label)


def _scheme(url: str) -> str:
    return url.strip().partition(":")[0].lower()


def _file(request: web.Request, file: AttachedFile | None) -> File | None:
    if file is None or _scheme(file.url) not in ("http", "https"):
        return None
    own = _own_file(request, file.url)
    ends = file.expires_at_s
    return File(
        name=visible(file.name) or _host(file.url),
        url=file.url if own is None else own,
        kind=visible(file.content_type),
        size=file.size_bytes,
        until=None if ends is None else datetime.fromtimestamp(ends, UTC).isoformat(),
    )


def _source_name(request: web.Request, stored: StoredMessage) -> str:
    for place in request.app[PLACES].dialects:
        if place.source == stored.source:
            return name_of(request, place)
    return ""
