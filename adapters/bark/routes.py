"""Which route of bark-server a method and a path belong to, and which need a login.

``docs/dialects/bark.md`` 2 has the routes and 8 the login.
"""

from __future__ import annotations

import enum
import hmac
from typing import NamedTuple

from adapters.bark.parameters.text import PATH_FORMS
from adapters.shared.parsing import basic_credential, header_text
from pushgo_compat.errors import MethodNotAllowed, RouteNotFound
from pushgo_compat.legacy import LegacyRequest

_OPEN_PREFIXES = ("/ping", "/register", "/healthz")
"""bark-server compares bare text: ``/registerxyz`` is open, ``/PING`` is not."""


class Action(enum.Enum):
    """The purpose of a route."""

    ROOT = "root"
    PING = "ping"
    HEALTH = "healthz"
    INFO = "info"
    REGISTER = "register"
    REGISTER_CHECK = "register check"
    MCP = "mcp"
    PUSH = "push"


class Route(NamedTuple):
    """A matched route, and the key and the texts in its path."""

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
_MCP_KEY = Route(Action.MCP, "/mcp/{device_key}")
_PATTERNS = tuple(
    "/".join(("", "{device_key}", *(f"{{{name}}}" for name in names)))
    for names in PATH_FORMS
)


def find_route(method: str, path: str) -> Route:
    """Match as Fiber does: static words in any case, trailing slashes ignored.

    HEAD stands wherever GET does. A word that is static for one method only is a
    device key for the other. Raises RouteNotFound and MethodNotAllowed.
    """
    segments = path.rstrip("/").split("/")[1:]
    lookup = "GET" if method == "HEAD" else method
    if not segments:
        if path != "/":  # "//" comes from clients whose key is not set
            raise RouteNotFound
        if lookup != "GET":
            raise MethodNotAllowed("GET, HEAD")
        return _ROOT
    if len(segments) > len(PATH_FORMS) or "" in segments:
        raise RouteNotFound
    key = segments[0]
    word = key.lower()
    if word == "mcp" and len(segments) <= 2:  # noqa: PLR2004 - /mcp, /mcp/:device_key
        return _MCP_KEY._replace(key=segments[1]) if segments[1:] else _MCP
    if lookup not in {"GET", "POST"}:
        raise MethodNotAllowed("GET, HEAD, POST")
    if len(segments) == 1:
        return _STATIC.get((lookup, word)) or Route(Action.PUSH, _PATTERNS[0], key)
    if word == "register" and lookup == "GET" and len(segments) == 2:  # noqa: PLR2004
        return Route(Action.REGISTER_CHECK, "/register/{device_key}", segments[1])
    texts = segments[1:]
    names = PATH_FORMS[len(texts)]
    return Route(
        Action.PUSH,
        _PATTERNS[len(texts)],
        key,
        tuple(zip(names, texts, strict=True)),
    )


def needs_login(path: str) -> bool:
    """Whether the path is closed when bark-server has a user or a password."""
    return path not in {"", "/"} and not path.startswith(_OPEN_PREFIXES)


def is_authorized(request: LegacyRequest, user: str, password: str) -> bool:
    """Compare the request's Basic login with the account, in constant time."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return False
    login = basic_credential(header_text(value))
    if login is None:
        return False
    shown = f"{login.user}:{login.secret}".encode("utf-8", "replace")
    return hmac.compare_digest(shown, f"{user}:{password}".encode())
