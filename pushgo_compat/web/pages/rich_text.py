"""Bodies as HTML: Markdown cleaned to a short list of tags, or plain text with links.

64 KB of Markdown take 0.2 s of a core: it is rendered off the loop, and lists render
no more than their first 4 KB.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from linkify_it import LinkifyIt
    from markdown_it import MarkdownIt
    from markupsafe import Markup

LISTED_CHARS = 4096
"""As much of a body as a list shows."""
_REMEMBERED = 512
_DEEPER = 3
"""A heading of a message stands below the page's own ones: h1 becomes h4."""
_TAGS = frozenset(
    {"a", "blockquote", "br", "code", "del", "em", "h4", "h5", "h6", "hr", "li", "ol"}
    | {"p", "pre", "s", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"}
)
_ATTRIBUTES = {"a": {"href"}, "ol": {"start"}}
_SCHEMES = {"http", "https", "mailto", "tel"}
_REL = "noopener noreferrer nofollow"


class RichTexts:
    """Renders bodies, one at a time and off the loop, and remembers the latest."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._rendered: OrderedDict[tuple[str, int], Markup] = OrderedDict()

    async def render(self, message_id: str, text: str, *, markdown: bool) -> Markup:
        """The body of one message; its text is made visible before."""
        known = (message_id, len(text))
        found = self._rendered.get(known)
        if found is not None:
            self._rendered.move_to_end(known)
            return found
        async with self._turn:
            done = await asyncio.to_thread(_markdown if markdown else _plain, text)
        self._rendered[known] = done
        if len(self._rendered) > _REMEMBERED:
            self._rendered.popitem(last=False)
        return done


def _markdown(text: str) -> Markup:
    import nh3
    from markupsafe import Markup

    cleaned = nh3.clean(
        _parser().render(text),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    return Markup(cleaned)  # noqa: S704 - nh3 has cleaned it


@cache
def _parser() -> MarkdownIt:
    """CommonMark without HTML and pictures: an image is a link to its address."""
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    parser.enable(["linkify", "strikethrough", "table"]).disable("image")

    def lower(tokens: list[Token]) -> None:
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                token.tag = f"h{min(6, int(token.tag[1]) + _DEEPER)}"

    parser.core.ruler.push("lower_headings", lambda state: lower(state.tokens))
    return parser


def _plain(text: str) -> Markup:
    from markupsafe import Markup, escape

    parts: list[Markup] = []
    at = 0
    for link in _links().match(text) or ():
        url = escape(link.url)
        parts += (
            escape(text[at : link.index]),
            Markup('<a href="{}" rel="{}">{}</a>').format(url, _REL, link.text),
        )
        at = link.last_index
    parts.append(escape(text[at:]))
    return Markup("").join(parts)


@cache
def _links() -> LinkifyIt:
    """Addresses with a scheme, host names and mail addresses; no others."""
    from linkify_it import LinkifyIt

    return LinkifyIt().add("ftp:", None).add("//", None)
