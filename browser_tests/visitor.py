"""Somebody in front of a browser, and what the browser complained about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response

from tests.gateway import Gateway
from tests.golden import KEY

ADMIN_TOKEN = "the admin token of the page tests"
PHONE, DESKTOP, NARROW = (390, 844), (1280, 900), (320, 640)
Scheme = Literal["light", "dark"]


@dataclass
class Visitor:
    """One browser context and its page."""

    gateway: Gateway
    context: BrowserContext
    page: Page
    complaints: list[str] = field(default_factory=list)
    """Console errors and warnings, and exceptions of scripts."""
    strangers: list[str] = field(default_factory=list)
    """Requests to other hosts."""

    @classmethod
    @contextmanager
    def opened(
        cls,
        browser: Browser,
        gateway: Gateway,
        *,
        language: str = "en",
        size: tuple[int, int] = PHONE,
        scheme: Scheme = "light",
        script: bool = True,
    ) -> Iterator[Visitor]:
        """Somebody with these habits."""
        context = browser.new_context(
            locale="zh-CN" if language == "zh" else "en-US",
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,
            java_script_enabled=script,
        )
        visitor = cls(gateway, context, context.new_page())
        visitor._watch()
        try:
            yield visitor
        finally:
            context.close()

    @property
    def base(self) -> str:
        """The main listener's address."""
        return f"http://127.0.0.1:{self.gateway.ports['main']}"

    def open(self, path: str) -> Response | None:
        """Go to a page of the gateway."""
        return self.page.goto(f"{self.base}{path}")

    def enter_inbox(self) -> None:
        """Sign in with the channel's key."""
        self.open("/inbox")
        self.page.fill("#key", KEY)
        self.page.press("#key", "Enter")
        self.page.wait_for_selector("#inbox")

    def enter_admin(self) -> None:
        """Sign in with the admin token."""
        self.open("/admin")
        self.page.fill("#tok", ADMIN_TOKEN)
        self.page.press("#tok", "Enter")
        self.page.wait_for_selector("h1")

    def sideways(self) -> int:
        """How many pixels the page is wider than the window."""
        width = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        return int(width)

    def _watch(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self._asked(request.url))

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _asked(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.base).netloc:
            self.strangers.append(url)
