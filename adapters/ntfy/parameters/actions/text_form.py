"""The short form of action buttons: ``view, Open, https://…; http, Off, …``."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r"([-.A-Za-z0-9_]+)[\t\n\f\r ]*=[\t\n\f\r ]*")
_BARE = re.compile(r"[^,;]*")
_QUOTED = {
    '"': re.compile(r'(.*?)(?<!\\)"', re.DOTALL),
    "'": re.compile(r"(.*?)(?<!\\)'", re.DOTALL),
}
_TRUE = frozenset({"true", "yes", "1"})
_FALSE = frozenset({"false", "no", "0"})
_LEADING = ("action", "label")
_THIRD = {"view": "url", "http": "url", "copy": "value"}
_PREFIXES = ("headers.", "extras.")
_TEXT_KEYS = frozenset({"action", "label", "url", "method", "body", "intent", "value"})


def parse_actions_text(text: str) -> list[dict[str, object]]:
    """Read actions separated by ``;``, their fields by ``,``.

    Raises ValueError with the reason in ntfy's words; positions count bytes.
    """
    actions = []
    position = 0
    while True:
        action, position = _parse_action(text, position)
        actions.append(action)
        position = _skip_blanks(text, position)
        if position >= len(text):
            return actions


def _parse_action(text: str, position: int) -> tuple[dict[str, object], int]:
    action: dict[str, object] = {}
    number = 0
    while True:
        key, value, position = _parse_field(text, position)
        _set_field(action, key or _key_by_position(action, number, value), value)
        number += 1
        separator = text[position : position + 1]
        position += 1
        if separator != ",":
            return action, position


def _parse_field(text: str, position: int) -> tuple[str, str, int]:
    """Key, which may be empty, value, and the position behind them."""
    position = _skip_blanks(text, position)
    key = ""
    if found := _KEY.match(text, position):
        key, position = found[1], found.end()
    quote = text[position : position + 1]
    if quote in _QUOTED:
        return key, *_parse_quoted(text, position, quote)
    bare = _BARE.match(text, position)
    end = bare.end() if bare else position
    return key, text[position:end].strip(), end


def _parse_quoted(text: str, position: int, quote: str) -> tuple[str, int]:
    start = position + 1
    closed = _QUOTED[quote].match(text, start)
    if closed is None:
        raise ValueError(
            "unexpected end of input, "
            f"quote started at position {_byte_offset(text, start)}"
        )
    end = _skip_blanks(text, closed.end())
    if end < len(text) and text[end] not in ",;":
        raise ValueError(
            f"unexpected character '{text[end]}' at position {_byte_offset(text, end)}"
        )
    return closed[1].replace("\\" + quote, quote), end


def _key_by_position(action: dict[str, object], number: int, value: str) -> str:
    """The key of a field without one: action, label, then ``url`` or ``value``."""
    if number < len(_LEADING):
        return _LEADING[number]
    key = _THIRD.get(str(action.get("action"))) if number == len(_LEADING) else None
    if key is None:
        raise ValueError(f"term '{value}' unknown")
    return key


def _set_field(action: dict[str, object], key: str, value: str) -> None:
    for prefix in _PREFIXES:
        if key.startswith(prefix):
            group = action.setdefault(prefix.removesuffix("."), {})
            if isinstance(group, dict):
                group[key.removeprefix(prefix)] = value
            return
    name = key.lower()
    if name == "clear":
        action["clear"] = _parse_clear(value)
    elif name in _TEXT_KEYS:
        action[name] = value
    else:
        raise ValueError(f"key '{key}' unknown")


def _parse_clear(value: str) -> bool:
    lowered = value.lower()
    if lowered not in _TRUE | _FALSE:
        raise ValueError(
            f"parameter 'clear' cannot be '{value}', "
            "only boolean values are allowed (true/yes/1/false/no/0)"
        )
    return lowered in _TRUE


def _skip_blanks(text: str, position: int) -> int:
    blanks = _BLANKS.match(text, position)
    return blanks.end() if blanks else position


def _byte_offset(text: str, position: int) -> int:
    return len(text[:position].encode("utf-8", "replace"))
