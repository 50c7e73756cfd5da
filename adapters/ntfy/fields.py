"""A publish's parameters → ntfy's event, checked in the order in which ntfy does."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import unquote

from adapters.ntfy.actions import parse_actions
from adapters.ntfy.delay import read_delay
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.keys import is_topic
from adapters.ntfy.params import Parameters, trim

PRIORITIES: Mapping[str, int] = {
    "1": 1,
    "min": 1,
    "2": 2,
    "low": 2,
    "3": 3,
    "default": 3,
    "4": 4,
    "high": 4,
    "5": 5,
    "max": 5,
    "urgent": 5,
}
MARKDOWN = "text/markdown"
WEB_ADDRESS = re.compile(r"https?://")
_URL_PATH = re.compile(r"https?://[^/?#]*([^?#]*)", re.DOTALL)
_PHONE_NUMBER = re.compile(r"\+[0-9]{1,100}")
_CALL_WORDS = frozenset({"1", "yes", "true", "0", "no", "false"})


def read_fields(found: Parameters, view: EventView) -> None:
    """Fill the view; the first parameter that ntfy would refuse is refused."""
    values = found.values
    for parameter, read in _STEPS:
        if parameter in values:
            read(found, view, values[parameter])


def is_markdown(content_type: str) -> bool:
    """Only the bare type: ``text/markdown; charset=utf-8`` is plain text on ntfy."""
    return content_type.lower() == MARKDOWN


def _read_sequence_id(_found: Parameters, view: EventView, value: str) -> None:
    if not is_topic(value):
        raise refusal(40049)
    view["sequence_id"] = value


def _read_attach(found: Parameters, view: EventView, value: str) -> None:
    if not WEB_ADDRESS.match(value):
        raise refusal(40013)
    name = found.values.get("filename") or name_from_url(value)
    view["attachment"] = {"name": name, "url": value}


def name_from_url(url: str) -> str:
    """The last segment of the address's path."""
    path = _URL_PATH.match(url)
    name = unquote(path[1]).rstrip("/").rpartition("/")[2] if path else ""
    return name or "attachment"


def _read_icon(_found: Parameters, view: EventView, value: str) -> None:
    if not WEB_ADDRESS.match(value):
        raise refusal(40021)
    view["icon"] = value


def _read_call(_found: Parameters, _view: EventView, value: str) -> None:
    if value not in _CALL_WORDS and not _PHONE_NUMBER.fullmatch(value):
        raise refusal(40033)


def _read_priority(_found: Parameters, view: EventView, value: str) -> None:
    priority = PRIORITIES.get(value.lower())
    if priority is None:
        raise refusal(40007)
    view["priority"] = priority


def _read_cache(found: Parameters, view: EventView, _value: str) -> None:
    if not found.flag("cache"):
        view["cache"] = False


def _read_delay(found: Parameters, view: EventView, value: str) -> None:
    """Some things cannot wait, whatever the delay: refused before it is read."""
    if "cache" in view:
        raise refusal(40002)
    if "email" in found.values:
        raise refusal(40003)
    if "call" in found.values:
        raise refusal(40037)
    view["time"] = read_delay(value, found.clock)


def _read_actions(_found: Parameters, view: EventView, value: str) -> None:
    if actions := parse_actions(value):
        view["actions"] = actions


def _read_title(_found: Parameters, view: EventView, value: str) -> None:
    view["title"] = value


def _read_click(_found: Parameters, view: EventView, value: str) -> None:
    view["click"] = value


def _read_tags(_found: Parameters, view: EventView, value: str) -> None:
    if tags := [trim(tag) for tag in value.split(",") if tag]:
        view["tags"] = tags


def _read_markdown(found: Parameters, view: EventView, _value: str) -> None:
    if found.flag("markdown"):
        view["content_type"] = MARKDOWN


def _read_content_type(_found: Parameters, view: EventView, value: str) -> None:
    if is_markdown(value):
        view["content_type"] = MARKDOWN


_STEPS: tuple[tuple[str, Callable[[Parameters, EventView, str], None]], ...] = (
    ("sequence_id", _read_sequence_id),
    ("attach", _read_attach),
    ("icon", _read_icon),
    ("call", _read_call),
    ("priority", _read_priority),
    ("cache", _read_cache),
    ("delay", _read_delay),
    ("actions", _read_actions),
    ("title", _read_title),
    ("click", _read_click),
    ("tags", _read_tags),
    ("markdown", _read_markdown),
    ("content_type", _read_content_type),
)
"""ntfy's order of checks (the ntfy page, 8.2), then what it takes without looking."""
