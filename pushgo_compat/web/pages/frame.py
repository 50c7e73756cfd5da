"""What all pages share: language, relative links, the frame and the security headers.

jinja2 is imported with the first page: a gateway that nobody looks at does without.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from pushgo_compat import __version__
from pushgo_compat.web.pages.assets import asset_name
from pushgo_compat.web.pages.language import (
    chosen_language,
    keep_language,
    language_of,
)
from pushgo_compat.web.pages.rendering import environment
from pushgo_compat.web.pages.texts import Texts
from pushgo_compat.web.services import SERVICES

Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; "
    "style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types pushgo",
    # Not no-referrer: under it Chromium sends `Origin: null` with our own forms, and
    # nothing is left to tell them from foreign ones.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    # Also the answer to a form: it may show a key, which a step back must not.
    "Cache-Control": "no-store",
    "Vary": "Accept, Accept-Language, Cookie",
}

PLAIN_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    **{
        name: HEADERS[name]
        for name in (
            "Referrer-Policy",
            "Cross-Origin-Resource-Policy",
            "X-Content-Type-Options",
            "Cache-Control",
        )
    },
}
"""Of answers below the pages' addresses that are no pages: redirects, JSON, words."""


def page(handler: Page) -> Page:
    """A page: ``?lang=`` is kept and taken out of the address before it is shown."""

    async def show(request: web.Request) -> web.StreamResponse:
        language = chosen_language(request)
        if language is None:
            return await handler(request)
        callers = request.app[SERVICES].callers
        cookie_path = callers.base_path(request) + "/"
        return keep_language(request, language, cookie_path=cookie_path)

    return show


def render(request: web.Request, template: str, **values: object) -> web.Response:
    """A template in the frame. Raises jinja2.UndefinedError for a missing value."""
    language = language_of(request)
    text = (
        environment()
        .get_template(template)
        .render(
            t=Texts(language),
            lang=language,
            root=relative_root(request.path),
            asset=asset_name,
            version=__version__,
            **values,
        )
    )
    headers = dict(HEADERS)
    if request.app[SERVICES].callers.scheme(request) == "https":
        # Chromium logs an error for it on plain http.
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    return web.Response(text=text, content_type="text/html", headers=headers)


def relative_root(path: str) -> str:
    """The way from a page to the root, which holds below any proxy's prefix."""
    depth = path.count("/") - 1
    return "../" * depth or "./"
