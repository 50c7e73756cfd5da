"""Which generation of ServerChan a path belongs to, and the sendkey in it.

``docs/dialects/serverchan.md`` 2 has the routes R1 to R6. Doubled and trailing slashes
do not count: the vendor's web server ignored them, and two published scripts end their
URL in one.
"""

from __future__ import annotations

import enum
import re
from typing import NamedTuple
from urllib.parse import unquote

from adapters.shared.parsing import header_text
from pushgo_compat.legacy import LegacyRequest
from pushgo_compat.model import KeyClaim

_SUFFIX = ".send"
_KEY_PREFIX = re.compile(r"(?i)sctp[0-9]+t|sc[tu]")
"""The prefix by which clients tell a key's generation; a universal key may follow."""
_HOST_KEY = re.compile(
    r"""(?ix)
    (?P<key>
        [^.:]+ (?=\.push)           # <key>.push.ft07.com and its like
      | sctp[0-9]+t [^.:]+          # a sendkey below any domain
      | [0-9a-hjkmnp-tv-z]{26} [^.:]{8,}  # a universal key below any domain
    )
    (?: [.:] | $ )
    """
)
"""The sendkey in a Host. ``/send`` under any other host name is no route."""

METHODS = ("GET", "POST", "OPTIONS")
"""The methods of every route; two public scripts ask for a status by POST."""


class Generation(enum.StrEnum):
    """The generation whose words a reply uses."""

    CLASSIC = "classic"
    TURBO = "turbo"
    SC3 = "sc3"


class Route(NamedTuple):
    """A known path, whatever the method."""

    pattern: str
    generation: Generation
    claim: KeyClaim | None = None
    """None for the status query, which has a readkey in place of a sendkey."""


_STATUS = Route(pattern="/push", generation=Generation.TURBO)


def find_route(request: LegacyRequest) -> Route | None:
    """Read the path, and the Host for a key in it; None when there is no such route."""
    match [segment for segment in request.path.split("/") if segment]:
        case ["push"]:
            return _STATUS
        case ["send"]:
            return _host_route(request)
        case ["send", segment]:
            key, has_suffix = _read_key(segment)
            pattern = "/send/{key}.send" if has_suffix else "/send/{key}"
            return _key_route(pattern, Generation.SC3, key)
        case [segment]:
            key, has_suffix = _read_key(segment)
            if not has_suffix:
                return None
            return _key_route("/{key}.send", Generation.TURBO, key)
        case _:
            return None


def _read_key(segment: str) -> tuple[str, bool]:
    """The key of a path segment, and whether ``.send`` followed it.

    Keys get pasted with spaces and line ends around them.
    """
    text = unquote(segment).strip()
    return text.removesuffix(_SUFFIX).strip(), text.endswith(_SUFFIX)


def _key_route(
    pattern: str, generation: Generation, key: str, *, from_host: bool = False
) -> Route:
    prefix = _KEY_PREFIX.match(key)
    bare = key[prefix.end() :] if prefix else ""
    return Route(
        pattern=pattern,
        generation=Generation.CLASSIC if key.startswith("SCU") else generation,
        claim=KeyClaim(
            key=key, alternatives=(bare,) if bare else (), fold_case=from_host
        ),
    )


def _host_route(request: LegacyRequest) -> Route | None:
    """Read R4, the SC3 form of autumn 2024: older Uptime Kuma and CheckChan send it."""
    found = _HOST_KEY.match(header_text(request.headers.get("Host", "")).strip())
    if found is None:
        return None
    return _key_route("/send", Generation.SC3, found["key"], from_host=True)
