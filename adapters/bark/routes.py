"""Which route of bark-server a method and a raw path belong to."""

from __future__ import annotations

import enum
from typing import NamedTuple

from pushgo_compat.errors import MethodNotAllowed, RouteNotFound


class Action(enum.Enum):
    """What a route does."""

    ROOT = "root"
    PING = "ping"
    HEALTH = "healthz"
    INFO = "info"
    REGISTER = "register"
    REGISTER_CHECK = "register check"
    MCP = "mcp"
    PUSH = "push"


class Route(NamedTuple):
    """A matched route and what its path said."""

    action: Action
    pattern: str
    key: str = ""
    """The device key as it stands in the path, undecoded; empty when there is none."""
    texts: tuple[tuple[str, str], ...] = ()
    """Name and raw, undecoded text of title, subtitle and body."""


_STATIC = {
    ("GET", "ping"): Route(Action.PING, "/ping"),
    ("GET", "healthz"): Route(Action.HEALTH, "/healthz"),
    ("GET", "info"): Route(Action.INFO, "/info"),
    ("GET", "register"): Route(Action.REGISTER, "/register"),
    ("POST", "register"): Route(Action.REGISTER, "/register"),
    ("POST", "push"): Route(Action.PUSH, "/push"),
}
_ROOT = Route(Action.ROOT, "/")
_MCP = Route(Action.MCP, "/mcp")
_PATH_TEXTS: tuple[tuple[str, ...], ...] = (
    (),
    ("body",),
    ("title", "body"),
    ("title", "subtitle", "body"),
)
_PATTERNS = tuple(
    "/".join(("", "{device_key}", *(f"{{{name}}}" for name in names)))
    for names in _PATH_TEXTS
)


def find_route(method: str, path: str) -> Route:
    """Match as Fiber does: static words in any case, trailing slashes ignored.

    HEAD stands wherever GET does; a word that is static for one method only is a
    device key for the other. Raises RouteNotFound and MethodNotAllowed.
    """
    segments = path.rstrip("/").split("/")[1:]
    lookup = "GET" if method == "HEAD" else method
    if not segments:
        if path != "/":  # "//": what a client without its key sends
            raise RouteNotFound
        if lookup != "GET":
            raise MethodNotAllowed("GET, HEAD")
        return _ROOT
    if len(segments) > len(_PATH_TEXTS) or "" in segments:
        raise RouteNotFound
    key = segments[0]
    word = key.lower()
    if word == "mcp" and len(segments) <= 2:  # noqa: PLR2004 - /mcp, /mcp/:device_key
        return _MCP
    if lookup not in {"GET", "POST"}:
        raise MethodNotAllowed("GET, HEAD, POST")
    if len(segments) == 1:
        return _STATIC.get((lookup, word)) or Route(Action.PUSH, _PATTERNS[0], key)
    if word == "register" and lookup == "GET" and len(segments) == 2:  # noqa: PLR2004
        return Route(Action.REGISTER_CHECK, "/register/{device_key}", segments[1])
    texts = segments[1:]
    names = _PATH_TEXTS[len(texts)]
    return Route(
        Action.PUSH,
        _PATTERNS[len(texts)],
        key,
        tuple(zip(names, texts, strict=True)),
    )
