"""``extras``: what Gotify's clients act on, and what only other programs read.

The names and their meaning are Gotify's documented ones (gotify.net, "Message
extras"): ``client::display`` and ``client::notification``.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.gotify.go_json import go_json
from adapters.gotify.notes import CONTENT_TYPE, EXTRAS
from adapters.shared.parsing import (
    MAX_METADATA_CHARS,
    MAX_NATIVE_URL_CHARS,
    clean_text,
    is_http_url,
    native_url,
    shown_name,
)
from pushgo_compat.legacy import Note
from pushgo_compat.model import NativeMessage

DISPLAY, NOTIFICATION = "client::display", "client::notification"
ACTION = "android::action"
"""Opens an intent when the message arrives."""
_MARKDOWN = "text/markdown"
_MAX_STRANGERS = 32


def is_markdown(message: NativeMessage) -> bool:
    """Whether the sender of a stored message called its text Markdown."""
    return message.metadata.get(CONTENT_TYPE) == _MARKDOWN


class ReadExtras:
    """What one message's extras become."""

    def __init__(self, extras: Mapping[str, object]) -> None:
        self.url: str | None = None
        self.images: tuple[str, ...] = ()
        self.metadata: dict[str, str] = {}
        self.notes: list[Note] = []
        rest = dict(extras)
        self._display(rest)
        self._notification(rest)
        self._keep(rest)

    def _display(self, rest: dict[str, object]) -> None:
        """Take ``contentType`` out."""
        kind = _take(rest, DISPLAY, "contentType")
        if isinstance(kind, str) and kind and len(kind) <= MAX_METADATA_CHARS:
            self.metadata[CONTENT_TYPE] = clean_text(kind)
            code = "display.markdown" if kind == _MARKDOWN else "display.plain"
            self.notes.append(Note(f"{DISPLAY}.contentType", code))

    def _notification(self, rest: dict[str, object]) -> None:
        """Take ``click.url`` and ``bigImageUrl`` out."""
        click = _take(rest, NOTIFICATION, "click", "url")
        if click is not None:
            self.url = native_url(clean_text(click)) if isinstance(click, str) else None
            code = "click" if self.url else "click.unfit"
            self.notes.append(Note(f"{NOTIFICATION}.click.url", code))
        image = _take(rest, NOTIFICATION, "bigImageUrl")
        if image is not None:
            url = clean_text(image).strip() if isinstance(image, str) else ""
            fits = is_http_url(url) and len(url) <= MAX_NATIVE_URL_CHARS
            self.images = (url,) if fits else ()
            code = "image" if fits else "image.unfit"
            self.notes.append(Note(f"{NOTIFICATION}.bigImageUrl", code))

    def _keep(self, rest: Mapping[str, object]) -> None:
        """Keep what is left, for programs that read it; a note on each namespace."""
        if not rest:
            return
        text = clean_text(go_json(rest))
        code = "extras" if len(text) <= MAX_METADATA_CHARS else "extras.large"
        if code == "extras":
            self.metadata[EXTRAS] = text
        for name in list(rest)[:_MAX_STRANGERS]:
            acts = name == ACTION and code == "extras"
            field = f"extras.{shown_name(name)}"
            self.notes.append(Note(field, "extras.action" if acts else code))


def _take(rest: dict[str, object], *path: str) -> object:
    """Take the value at a path out; objects that are empty then go with it."""
    name, *deeper = path
    if not deeper:
        return rest.pop(name, None)
    inner = rest.get(name)
    if not isinstance(inner, dict):
        return None
    inner = dict(inner)
    found = _take(inner, *deeper)
    if inner:
        rest[name] = inner
    else:
        del rest[name]
    return found
