"""``/assets/…``: style sheet, script and icons, each under the hash of its contents.

A name never changes its contents, so browsers keep it for a year.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from aiohttp import web

from pushgo_compat.errors import RouteNotFound

_FOLDER = files("pushgo_compat.web.pages") / "static"
_WORKER = "sw.js"
"""Served under its own name: browsers find a new one only under the old address."""
_TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


class Asset(NamedTuple):
    """One file as it is served."""

    body: bytes
    content_type: str


def asset_name(name: str) -> str:
    """The name under which a file is served: ``pages.css`` is ``pages.1f2e3d4c.css``.

    Raises KeyError for a file that is not there.
    """
    return _names()[name]


def served_names() -> list[str]:
    """The names of all files, in order."""
    return sorted(_assets())


async def get_asset(request: web.Request) -> web.Response:
    """Answer one file. Raises RouteNotFound for any other name."""
    asset = _assets().get(request.match_info["name"])
    if asset is None:
        raise RouteNotFound
    headers = {**_HEADERS, "Content-Type": asset.content_type}
    return web.Response(body=asset.body, headers=headers)


@cache
def _names() -> dict[str, str]:
    """File name → served name."""
    names = {}
    for file in _FOLDER.iterdir():
        if file.name == _WORKER:
            continue
        stem, _, kind = file.name.rpartition(".")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
        names[file.name] = f"{stem}.{digest}.{kind}"
    return names


@cache
def _assets() -> dict[str, Asset]:
    """Served name → file; a few dozen kilobytes in all."""
    return {
        served: Asset((_FOLDER / name).read_bytes(), _TYPES[name.rpartition(".")[2]])
        for name, served in _names().items()
    }
