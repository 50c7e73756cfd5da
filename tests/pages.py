"""Pages of the repository: their sections, and what code and pages cite of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = (
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    ROOT / "fixtures" / "README.md",
    ROOT / "benchmarks" / "README.md",
)

_HEADING = re.compile(r"#{1,6} (?P<number>[A-Z]?\d+(?:\.\d+)?)?\.? ?(?P<title>.*)")
_ITEM = re.compile(r"(\d+)\. ")
_ROW = re.compile(r"\| (R\d) \|")
_BOLD = re.compile(r"\*\*([^*]+?)\.?\*\*")
_CITED = re.compile(
    r"(?P<page>[\w./-]*\b[\w-]+\.md)\b"
    r"(?P<places>(?:(?:, | and | )(?:section )?"
    r'(?:[A-Z]?\d+(?:\.\d+)?\b|"[^"]+"))*)'
)
_PLACE = re.compile(r'[A-Z]?\d+(?:\.\d+)?\b|"[^"]+"')
_LINK = re.compile(r"\[[^\]]*\]\((?!https?:)([^)#\s]*)(#[^)\s]*)?\)")


@dataclass(frozen=True, slots=True)
class Citation:
    """One mention of a page and of one of its sections, if it names one."""

    where: str
    page: str
    place: str


def citations(where: str, text: str) -> Iterator[Citation]:
    """Yield each page that a text mentions, once for each section that it names."""
    # A citation may go on in the next line of a comment or docstring.
    joined = re.sub(r"\s*\n\s*(?:#:? ?)?", " ", text)
    for found in _CITED.finditer(joined):
        for place in _PLACE.findall(found["places"]) or [""]:
            yield Citation(where, found["page"], place.strip('"'))


@cache
def sections(page: Path) -> frozenset[str]:
    """Numbers, titles, bold leads and numbered rows; ``14.3``: item 3 of section 14."""
    found: set[str] = set()
    top = ""
    for line in page.read_text(encoding="utf-8").splitlines():
        if heading := _HEADING.fullmatch(line):
            number, title = heading["number"], heading["title"]
            found |= {title.replace("`", "")} | ({number} if number else set())
            top = number or ""
        elif (item := _ITEM.match(line)) and top:
            found.add(f"{top}.{item[1]}")
        found.update(_BOLD.findall(line) + _ROW.findall(line))
    return frozenset(found)


def page_of(citation: Citation) -> Path:
    """The cited page: its path from the root, or its name alone if it is below docs."""
    whole = ROOT / citation.page
    below = sorted((ROOT / "docs").rglob(whole.name))
    return whole if whole.is_file() or not below else below[0]


def leads_somewhere(page: Path, place: str) -> bool:
    """Whether a page has a section of that number, or one whose title begins so."""
    if not page.is_file():
        return False
    known = sections(page)
    by_title = any(
        title.startswith(place) for title in known if not place[:1].isdigit()
    )
    return not place or place in known or by_title


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """Yield the file and the anchor of each link that stays in the repository."""
    for target, anchor in _LINK.findall(page.read_text(encoding="utf-8")):
        yield (page.parent / target if target else page), anchor


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of a page."""
    titles = re.findall(r"(?m)^#{1,6} (.*)$", page.read_text(encoding="utf-8"))
    return {
        "#" + re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in titles
    }
