"""Which functions of HTTP libraries send a request, and their words in answers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from pushgo_compat.migration.scan.kinds import Kind

METHODS = frozenset({"get", "post", "put", "patch", "delete", "head"})
SENDERS = METHODS | frozenset(
    {
        *("request", "fetch", "urlopen", "axios", "got", "ky", "superagent", "needle"),
        *("ajax", "newrequest", "newrequestwithcontext", "postform", "postjson"),
        *("file_get_contents", "send", "stream", "$fetch", "ofetch", "getjson"),
        *("urlretrieve", "uploadstring", "post_form", "basic_publish", "fetch_url"),
        *("open", "fetchsync", "sendasync", "http_request", "wp_remote_post"),
        *("wp_remote_get", "wp_remote_request", "urlfetch", "fopen", "open_connection"),
        *("getasync", "postasync", "putasync", "postasjsonasync", "getstringasync"),
    }
)
"""Last parts of names, in lower case."""
_ROOTS: Mapping[str, str] = {
    "requests": "requests",
    "httpx": "httpx",
    "aiohttp": "aiohttp",
    "urllib": "urllib",
    "urllib2": "urllib",
    "urllib3": "urllib3",
    "axios": "axios",
    "fetch": "fetch",
    "got": "got",
    "ky": "ky",
    "superagent": "superagent",
    "needle": "needle",
    "http": "http",
    "https": "http",
    "file_get_contents": "php",
    "urlopen": "urllib",
    "request": "urllib",
    "wp_remote_post": "wordpress",
    "wp_remote_get": "wordpress",
    "$": "jquery",
    "jquery": "jquery",
    "$fetch": "fetch",
    "ofetch": "fetch",
    "$http": "http",
    "$task": "quantumultx",
    "$httpclient": "surge",
}
_IMPORTED = re.compile(
    r"(?:import|from|require\(|use|require_once)[ \t]*[\"'({]*[ \t]*\\?"
    r"(aiohttp|httpx|requests|urllib3|urllib|axios|got|ky|superagent|needle"
    r"|node-fetch|GuzzleHttp|request-promise|request)\b"
)
_GIVEN_NAMES = {"GuzzleHttp": "guzzle", "node-fetch": "fetch"}


def imported_client(text: str) -> str | None:
    """The word for the first library of HTTP that a program names as its own."""
    found = _IMPORTED.search(text)
    return _GIVEN_NAMES.get(found[1], found[1]) if found else None


def client_of(name: str, kind: Kind, imported: str | None) -> str | None:
    """The word for the library whose function has this name."""
    root = re.split(r"\.|->|::|\?\.", name.lstrip("\\"))[0].lower()
    if kind is Kind.GO:
        return "net/http" if root in ("http", "client", "req") else None
    is_own = kind is Kind.PYTHON and root in ("request", "http")  # from urllib
    is_known = root in _ROOTS and kind is not Kind.PHP and not is_own
    if is_known or root == "file_get_contents":
        return _ROOTS[root]
    return imported
