"""How a dialect wants a stored message looked at: what the native fields do not say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """Something that the sender lets a reader press."""

    label: str
    url: str | None = None
    """Where a link leads; None: the sender meant an app to act, a page does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedFile:
    """A file that the sender attached."""

    name: str
    url: str
    content_type: str = ""
    size_bytes: int | None = None
    expires_at_s: int | None = None
    """Unix seconds; None where nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presentation:
    """What a page has to know of a message beyond its native fields."""

    markdown: bool = True
    """Whether the body is Markdown; a native one is."""
    emoji_tags: bool = False
    """Whether tags that name an emoji stand for it."""
    buttons: tuple[Button, ...] = ()
    file: AttachedFile | None = None
