"""Parsers of settings: the text of one setting → its value.

A parser raises ValueError with what was expected. It never repeats the text that was
given, which may hold a secret.
"""

from __future__ import annotations

import enum
import ipaddress
import os
import re
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")
E = TypeVar("E", bound=enum.StrEnum)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_HOST_PATTERN = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_MAIL_PREFIX = re.compile(r"[A-Za-z0-9._-]{0,10}")
"""So long that a universal key of 54 characters still fits the 64 of a local part."""
_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:.%]+)\]|([^\[\]:]*)):(\d{1,5})")
_MAX_PORT = 65_535
MOST_WORKERS = 64
_SIZE = re.compile(r"([0-9]{1,18})\s*([KMG]?)(?:I?B)?")
_SIZE_UNITS = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3}
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*([smhd])")
_DURATION_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


class Address(NamedTuple):
    """The host and port that a listener binds."""

    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


class AccessLog(enum.StrEnum):
    """Which calls leave a line in the log."""

    OFF = "off"
    REFUSED = "refused"
    ALL = "all"


def optional(parse: Callable[[str], T]) -> Callable[[str], T | None]:
    """Let empty text mean that the setting is unset."""
    return lambda text: parse(text) if text else None


def comma_list(parse: Callable[[str], T]) -> Callable[[str], tuple[T, ...]]:
    """Read items between commas; blank ones are skipped, repeats removed."""

    def parse_items(text: str) -> tuple[T, ...]:
        items = (item.strip() for item in text.split(","))
        return tuple(dict.fromkeys(parse(item) for item in items if item))

    return parse_items


def word_of(words: type[E]) -> Callable[[str], E]:
    """Read one word of an enumeration, in any case."""

    def parse_word(text: str) -> E:
        try:
            return words(text.lower())
        except ValueError:
            raise ValueError(f"must be one of {', '.join(words)}") from None

    return parse_word


def parse_text(text: str) -> str:
    """Take the text unchanged."""
    return text


def parse_address(text: str) -> Address:
    """``host:port``, IPv6 in brackets; without a host every IPv4 address."""
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found[3]) > _MAX_PORT:
        raise ValueError("must be host:port, such as 127.0.0.1:8686 or [::1]:8686")
    return Address(found[1] or found[2] or "0.0.0.0", int(found[3]))  # noqa: S104


def parse_host_pattern(text: str) -> str:
    """A host name in lower case, perhaps with ``*.`` in front; no port."""
    pattern = text.lower()
    if not _HOST_PATTERN.fullmatch(pattern):
        raise ValueError("must be host names such as push.example.com or *.example.com")
    return pattern


def parse_domain(text: str) -> str:
    """The domain of mail addresses, in lower case; empty where there is none."""
    domain = text.lower().rstrip(".")
    if domain and (domain.startswith("*") or not _HOST_PATTERN.fullmatch(domain)):
        raise ValueError("must be the domain of addresses, such as push.example.com")
    return domain


def parse_mail_prefix(text: str) -> str:
    """The beginning of a mail address's local part, such as ``ntfy-``."""
    if not _MAIL_PREFIX.fullmatch(text):
        raise ValueError("must be at most 10 letters, digits, '.', '_' or '-'")
    return text


def parse_switch(text: str) -> bool:
    """True or false, in the words that people use."""
    if text.lower() not in _WORDS:
        raise ValueError("must be true or false")
    return _WORDS[text.lower()]


def parse_count(text: str) -> int:
    """A whole number above zero."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise ValueError("must be a whole number above 0")
    return int(text)


def parse_workers(text: str) -> int:
    """A number of processes."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_WORKERS):
        raise ValueError(f"must be a whole number from 1 to {MOST_WORKERS}")
    return int(text)


def parse_amount(text: str) -> float:
    """A finite number above zero."""
    try:
        amount = float(text)
    except ValueError:
        amount = 0.0
    if not 0 < amount < float("inf"):
        raise ValueError("must be a number above 0")
    return amount


def parse_size(text: str) -> int:
    """Bytes above zero, or ``K``, ``M``, ``G`` of them: powers of 1024, in any case."""
    found = _SIZE.fullmatch(text.upper())
    size = int(found[1]) * _SIZE_UNITS[found[2]] if found else 0
    if not size:
        raise ValueError("must be a size above 0, such as 15M or 5G")
    return size


def parse_duration(text: str) -> float:
    """Seconds above zero, from a number with one of ``s m h d`` after it."""
    found = _DURATION.fullmatch(text.lower())
    duration_s = float(found[1]) * _DURATION_UNITS[found[2]] if found else 0.0
    if not duration_s:
        raise ValueError("must be a duration above 0, such as 45m or 3h")
    return duration_s


def parse_rate(text: str) -> float | None:
    """A number above zero, or ``off``."""
    return None if text.lower() == "off" else parse_amount(text)


def parse_timezone(text: str) -> zoneinfo.ZoneInfo:
    """A name of the time zone database."""
    try:
        return zoneinfo.ZoneInfo(text)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be a time zone such as Asia/Shanghai") from None


def parse_base_url(text: str) -> str:
    """An http or https URL, without the slash at its end."""
    try:
        url = urlsplit(text)
        legal = bool(url.hostname) and url.scheme in ("http", "https")
    except ValueError:
        legal = False
    if not legal or "?" in text or "#" in text:
        raise ValueError("must be a URL such as https://push.example.com")
    return text.rstrip("/")


def parse_contact(text: str) -> str:
    """An address that a push service can complain to (RFC 8292, 2.1)."""
    if not text.startswith(("mailto:", "https://")) or text.endswith(":"):
        raise ValueError("must be mailto:you@example.com or an https URL")
    return text


def parse_network(text: str) -> Network:
    """A CIDR block, or one address."""
    try:
        return ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ValueError("must be networks such as 10.0.0.0/8 or ::1") from None


def parse_folder(text: str) -> Path:
    """A folder that is there and can be read."""
    path = Path(text)
    if not path.is_dir() or not os.access(path, os.R_OK | os.X_OK):
        raise ValueError("must name a folder that exists and can be read")
    return path


def parse_file(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise ValueError("must name a file that exists")
    return path
