"""Bodies as HTML: Markdown cleaned to a short list of tags, or plain text with links.

64 KB of Markdown take 0.2 s of a core: it is rendered off the loop, and lists render
no more than their first 4 KB.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from linkify_it import LinkifyIt
    from linkify_it.main import Match
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
_LONGEST_RUN = 2048
"""Characters without a blank in which addresses are looked for: the search takes time
by the square of them (2.1 s for 16 KB)."""
_RUN = re.compile(r"\S+")
_MARK = re.compile("[.:@/]")
"""Without one of these a text holds no address."""
_REL = "noopener noreferrer nofollow"


class RichTexts:
    """Renders bodies, one at a time and off the loop, and remembers the latest."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._rendered: OrderedDict[tuple[str, int], Markup] = OrderedDict()

    async def render(self, message_id: str, text: str, *, markdown: bool) -> Markup:
        """The body of one message; its text is made visible before."""
        known = (message_id, len(text))
        found = self._find(known)
        if found is not None:
            return found
        async with self._turn:
            found = self._find(known)  # whoever waited for the same has it now
            if found is not None:
                return found
            done = await asyncio.to_thread(_markdown if markdown else _plain, text)
            self._rendered[known] = done
        if len(self._rendered) > _REMEMBERED:
            self._rendered.popitem(last=False)
        return done

    def _find(self, known: tuple[str, int]) -> Markup | None:
        found = self._rendered.get(known)
        if found is not None:
            self._rendered.move_to_end(known)
        return found


def _markdown(text: str) -> Markup:
    import nh3
    from markupsafe import Markup

    cleaned = nh3.clean(
        _parser(_has_tables(text)).render(text),
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        link_rel=_REL,
    )
    return Markup(cleaned)  # noqa: S704 - nh3 has cleaned it


def _has_tables(text: str) -> bool:
    """Whether tables may be read: their short rows are filled up to whole ones.

    Not if that could make more cells than the text has characters.
    """
    lines = text.split("\n")
    return max(line.count("|") for line in lines) * len(lines) <= len(text)


@cache
def _parser(has_tables: bool) -> MarkdownIt:
    """CommonMark without HTML and pictures: an image is a link to its address."""
    from linkify_it import LinkifyIt
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

    parser = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    parser.enable(["linkify", "strikethrough"]).disable("image")
    if has_tables:
        parser.enable("table")
    links: Any = parser  # its type names the library's own class alone
    links.linkify = _Addresses(LinkifyIt())

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
    for link in _links().match(text):
        url = escape(link.url)
        parts += (
            escape(text[at : link.index]),
            Markup('<a href="{}" rel="{}">{}</a>').format(url, _REL, link.text),
        )
        at = link.last_index
    parts.append(escape(text[at:]))
    return Markup("").join(parts)


class _Addresses:
    """Finds addresses between blanks; markdown-it takes it for its ``LinkifyIt``.

    The search itself takes time by the square of a run without blanks.
    """

    def __init__(self, finder: LinkifyIt) -> None:
        self._finder = finder

    def pretest(self, text: str) -> bool:
        """Whether to look closer."""
        return _MARK.search(text) is not None

    test = pretest

    def match(self, text: str) -> list[Match]:
        """The addresses, in order."""
        found: list[Match] = []
        for run in _RUN.finditer(text):
            if len(run[0]) > _LONGEST_RUN or not self.pretest(run[0]):
                continue
            for each in self._finder.match(run[0]) or ():
                each.index += run.start()
                each.last_index += run.start()
                found.append(each)
        return found

    def match_at_start(self, text: str) -> Match | None:
        """The address that a text begins with."""
        run = _RUN.match(text[: _LONGEST_RUN + 1])
        if run is None or run.end() > _LONGEST_RUN:
            return None
        found: Match | None = self._finder.match_at_start(run[0])
        return found


@cache
def _links() -> _Addresses:
    """Addresses with a scheme, host names and mail addresses; no others."""
    from linkify_it import LinkifyIt

    return _Addresses(LinkifyIt().add("ftp:", None).add("//", None))
