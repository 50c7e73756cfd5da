"""What holds on every page: accessible, quiet, within its width, without strangers."""

from __future__ import annotations

from importlib.resources import files
from itertools import product

import pytest
from playwright.sync_api import Browser

from browser_tests.places import PLACES, Place
from browser_tests.visitor import DESKTOP, NARROW, PHONE, Scheme, Visitor
from tests.gateway import Gateway

AXE = (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
RUN_AXE = """async () => {
  const found = await axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  });
  return found.violations.map(
    (v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`,
  );
}"""
LANGUAGES = ("en", "zh")
SCHEMES: tuple[Scheme, ...] = ("light", "dark")


def named(place: Place) -> str:
    return f"{place.door}{place.path}"


@pytest.mark.parametrize("place", PLACES, ids=named)
@pytest.mark.parametrize(
    ("language", "size", "scheme"), list(product(LANGUAGES, (PHONE, DESKTOP), SCHEMES))
)
def test_axe_finds_nothing(
    chromium: Browser,
    gateway: Gateway,
    place: Place,
    language: str,
    size: tuple[int, int],
    scheme: Scheme,
) -> None:
    with Visitor.opened(
        chromium, gateway, language=language, size=size, scheme=scheme
    ) as visitor:
        place.visit(visitor)
        visitor.page.evaluate(AXE)
        assert visitor.page.evaluate(RUN_AXE) == []


@pytest.mark.parametrize("place", PLACES, ids=named)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_complaint_no_stranger_and_no_sideways_scroll(
    chromium: Browser, gateway: Gateway, place: Place, language: str
) -> None:
    for size in (NARROW, DESKTOP):
        with Visitor.opened(chromium, gateway, language=language, size=size) as visitor:
            place.visit(visitor)
            visitor.page.wait_for_load_state()
            assert visitor.sideways() <= 0
            visitor.page.evaluate("document.documentElement.style.fontSize = '200%'")
            assert size == NARROW or visitor.sideways() <= 0
            # The console tells of every answer with 404, also of the page itself.
            expected = 1 if place.path.endswith("0" * 32) else 0
            assert len(visitor.complaints) == expected, visitor.complaints
            assert visitor.strangers == []
