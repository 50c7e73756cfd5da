"""The inbox as an app: its manifest, and the worker that shows notifications."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import orjson
from aiohttp import web

from pushgo_compat.web.pages.assets import asset_name, served_names
from pushgo_compat.web.pages.language import language_of
from pushgo_compat.web.pages.texts import Texts

_WORKER = files("pushgo_compat.web.pages") / "static" / "sw.js"


async def get_manifest(request: web.Request) -> web.Response:
    """Relative addresses: it survives a proxy's prefix."""
    t = Texts(language_of(request))
    icons = [
        {
            "src": f"assets/{asset_name(f'icon-{size}.png')}",
            "sizes": f"{size}x{size}",
            "type": "image/png",
            "purpose": "any maskable",
        }
        for size in (192, 512)
    ]
    vector = {
        "src": f"assets/{asset_name('icon.svg')}",
        "sizes": "any",
        "type": "image/svg+xml",
    }
    manifest = {
        "id": "inbox",
        "name": str(t("inbox.app_name")),
        "short_name": "PushGo",
        "start_url": "inbox",
        "scope": "inbox",
        "display": "standalone",
        "background_color": "#FAF9F6",
        "theme_color": "#FFFFFF",
        "icons": [*icons, vector],
    }
    return web.Response(
        body=orjson.dumps(manifest),
        content_type="application/manifest+json",
        headers={"Vary": "Accept-Language, Cookie"},
    )


async def get_worker(_: web.Request) -> web.Response:
    """The worker, with the names of what it keeps for the time without a network."""
    return web.Response(
        text=_worker(),
        content_type="text/javascript",
        headers={
            "Cache-Control": "no-cache",
            "Content-Security-Policy": "default-src 'none'; connect-src 'self'",
        },
    )


@cache
def _worker() -> str:
    kept = [f"assets/{name}" for name in served_names()]
    text = _WORKER.read_text(encoding="utf-8")
    return text.replace('"KEPT"', orjson.dumps(kept).decode())
