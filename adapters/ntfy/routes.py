"""The routes: method and path → what is asked (docs/dialects/ntfy.md 1).

Neither keys nor parameters are read here.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple
from urllib.parse import unquote

from adapters.ntfy.keys import is_topic

_DOUBLED = re.compile(r"/(?:\.?/)+")
_FILE_NAME = re.compile(r"([A-Za-z0-9]{1,64})(?:\.[A-Za-z0-9]{1,16})?")
"""A file's id. The extension is for people and their programs, and is ignored."""
_HOST = re.compile(r"[^/]+\.[^/]+")
"""Another server, whose topic ntfy's web app shows. ``.well-known`` does not match."""
_PUBLISH_METHODS = frozenset({"POST", "PUT"})
_FILE_METHODS = frozenset({"GET", "HEAD"})
_UNSERVED = frozenset({"account", "tiers", "users", "webpush"})
"""Paths below ``/v1`` that are not served are answered with 404, before topics are
looked at."""
_TOKEN_METHODS = frozenset({"POST", "PATCH", "DELETE"})


class Kind(enum.Enum):
    """What a route is for."""

    PUBLISH = enum.auto()
    PUBLISH_JSON = enum.auto()
    PAGE = enum.auto()
    DELETE = enum.auto()
    CLEAR = enum.auto()
    FILE = enum.auto()
    AUTH = enum.auto()
    SUBSCRIBE = enum.auto()
    MATRIX = enum.auto()
    ACCOUNT = enum.auto()
    TOKEN = enum.auto()
    UNKNOWN = enum.auto()


class Route(NamedTuple):
    """The route of a request, with the values in its path."""

    kind: Kind
    pattern: str
    topics: tuple[str, ...] = ()
    sequence_id: str = ""
    file_id: str = ""
    form: str = ""
    """The last word of a subscriber's path, such as ``json``."""


JSON_ROUTES = frozenset({"POST /", "PUT /"})
MATRIX_ROUTE = "POST /_matrix/push/v1/notify"
UNKNOWN = Route(Kind.UNKNOWN, "*")


def clean_path(raw: str) -> str:
    """Decode the path and collapse ``//`` and ``/./``.

    ntfy redirects such paths. Clients with a slash too many in the base URL
    (``https://host//topic``) follow with GET and lose the message, so nothing is
    redirected here.
    """
    path = unquote(raw) if "%" in raw else raw
    if "//" in path or "/./" in path:
        return _DOUBLED.sub("/", path)
    return path


def find_route(method: str, path: str) -> Route:
    """Find the route of a clean path. The topic is not checked yet."""
    segments = path.split("/")[1:]
    if segments[0] == "v1" and not _UNSERVED.isdisjoint(segments[1:2]):
        return _account_route(method, segments[1:])
    if method in _PUBLISH_METHODS:
        return _publish_route(method, segments)
    if method == "DELETE":
        return _delete_route(segments)
    if segments[0] == "file" and method in _FILE_METHODS:
        return _file_route(method, segments[1:])
    return _get_route(segments) if method == "GET" else UNKNOWN


def _account_route(method: str, segments: list[str]) -> Route:
    match segments:
        case ["account"] if method == "GET":
            return Route(Kind.ACCOUNT, "GET /v1/account")
        case ["account", "token"] if method in _TOKEN_METHODS:
            return Route(Kind.TOKEN, f"{method} /v1/account/token")
        case _:
            return UNKNOWN


def _publish_route(method: str, segments: list[str]) -> Route:
    match segments:
        case [""]:
            return Route(Kind.PUBLISH_JSON, f"{method} /")
        case [topic]:
            return Route(Kind.PUBLISH, f"{method} /{{topic}}", (topic,))
        case [topic, sequence_id] if is_topic(sequence_id):
            pattern = f"{method} /{{topic}}/{{sequence_id}}"
            return Route(Kind.PUBLISH, pattern, (topic,), sequence_id)
        case [topic, sequence_id, ("clear" | "read") as word] if (
            method == "PUT" and is_topic(sequence_id)
        ):
            pattern = f"PUT /{{topic}}/{{sequence_id}}/{word}"
            return Route(Kind.CLEAR, pattern, (topic,), sequence_id)
        case ["_matrix", "push", "v1", "notify"] if method == "POST":
            return Route(Kind.MATRIX, MATRIX_ROUTE)
        case _:
            return UNKNOWN


def _delete_route(segments: list[str]) -> Route:
    match segments:
        case [topic, sequence_id] if is_topic(sequence_id):
            pattern = "DELETE /{topic}/{sequence_id}"
            return Route(Kind.DELETE, pattern, (topic,), sequence_id)
        case _:
            return UNKNOWN


def _file_route(method: str, names: list[str]) -> Route:
    """A file, or nothing: no other route begins with ``/file``."""
    found = _FILE_NAME.fullmatch(names[0]) if len(names) == 1 else None
    if found is None:
        return UNKNOWN
    return Route(Kind.FILE, f"{method} /file/{{file_id}}", file_id=found[1])


def _get_route(segments: list[str]) -> Route:
    match segments:
        case ["docs", *_]:
            return UNKNOWN
        case [topic]:
            return Route(Kind.PAGE, "GET /{topic}", (topic,))
        case [topic, ("publish" | "send" | "trigger") as word]:
            return Route(Kind.PUBLISH, f"GET /{{topic}}/{word}", (topic,))
        case [topics, ("auth" | "json" | "sse" | "raw" | "ws") as word]:
            kind = Kind.AUTH if word == "auth" else Kind.SUBSCRIBE
            names = tuple(topics.split(","))
            return Route(kind, f"GET /{{topic}}/{word}", names, form=word)
        case [host, topic] if _HOST.fullmatch(host) and is_topic(topic):
            return Route(Kind.PAGE, "GET /{host}/{topic}", (topic,))
        case _:
            return UNKNOWN
