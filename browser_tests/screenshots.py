"""Draw docs/screenshots: each page at phone and desktop width, in one language each.

``make screenshots``; what they show is made up.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from browser_tests.conftest import FLAGS, apart, fill
from browser_tests.places import Place
from browser_tests.visitor import ADMIN_TOKEN, DESKTOP, PHONE, Visitor
from tests.gateway import Gateway, running

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "screenshots"
SHOWN = {
    "start": Place("/"),
    "docs": Place("/docs"),
    "inbox": Place("/inbox", "inbox"),
    "overview": Place("/admin", "admin"),
    "calls": Place("/admin/calls", "admin"),
    "call": Place("/admin/calls/ACCEPTED", "admin"),
    "keys": Place("/admin/keys", "admin"),
    "channel": Place("/admin/channels/CHANNEL", "admin"),
}


def draw(browser: Browser, gateway: Gateway) -> None:
    """Every page: on a desktop in English, on a phone in Chinese."""
    for name, place in SHOWN.items():
        for kind, size, language in (
            ("desktop", DESKTOP, "en"),
            ("phone", PHONE, "zh"),
        ):
            with Visitor.opened(
                browser, gateway, size=size, language=language
            ) as visitor:
                place.visit(visitor)
                visitor.page.wait_for_load_state("load")
                visitor.page.screenshot(path=FOLDER / f"{name}-{kind}.png")


def main() -> None:
    """Draw them all anew."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as folder:
        path = shutil.which("chromium")
        browser = driver.chromium.launch(executable_path=path, args=FLAGS)
        started = running(
            Path(folder),
            admin_token=ADMIN_TOKEN,
            webpush_subject="mailto:pages@example.org",
        )
        gateway = apart(started.__enter__)
        try:
            apart(lambda: fill(gateway))
            draw(browser, gateway)
        finally:
            apart(lambda: started.__exit__(None, None, None))
            browser.close()


if __name__ == "__main__":
    main()
