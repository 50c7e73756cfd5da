"""Reading the flags of ``target add``: one way for all kinds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pushgo_compat.core.delivery import Option, TargetRefused

MAX_URL_CHARS = 2048


def text(given: Mapping[str, object], name: str) -> str:
    """A flag's text without blanks around it; "" when it was not given."""
    value = given.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts(given: Mapping[str, object], name: str) -> list[str]:
    """Every value of a repeatable flag."""
    value = given.get(name)
    return [str(item) for item in value] if isinstance(value, list | tuple) else []


def require(given: Mapping[str, object], options: Sequence[Option]) -> None:
    """Raise TargetRefused, naming what is missing."""
    missing = [
        f"--{option.name}"
        for option in options
        if option.required and not text(given, option.name)
    ]
    if missing:
        raise TargetRefused(f"{' and '.join(missing)} must be given")


def http_url(given: Mapping[str, object], name: str = "url") -> str:
    """A flag's http or https URL, without a slash at its end. Raises TargetRefused."""
    url = text(given, name)
    refused = TargetRefused(f"--{name} must be a URL such as https://push.example.com")
    try:
        parts = urlsplit(url)
        legal = bool(parts.hostname) and parts.scheme in ("http", "https")
        legal = legal and parts.port != 0
    except ValueError:
        raise refused from None
    if not legal or len(url) > MAX_URL_CHARS:
        raise refused
    if parts.username is not None or parts.password is not None:
        raise TargetRefused(
            f"--{name} must hold no user and password: they have flags of their own"
        )
    return url.rstrip("/")


def host_of(url: str) -> str:
    """Host and port of a URL, for hints and groups."""
    return urlsplit(url).netloc.rpartition("@")[2]


def origin_of(url: str) -> str:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
