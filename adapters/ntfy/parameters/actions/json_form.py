"""The JSON form of action buttons, and its faults in the words of Go's decoder."""

from __future__ import annotations

import json
from collections.abc import Mapping

from adapters.ntfy.event import ACTION_KEYS, Action

_STRING, _BOOL, _MAP = "string", "bool", "map[string]string"
_GO_TYPES = {"clear": _BOOL, "headers": _MAP, "extras": _MAP}
_JSON_KINDS: Mapping[type, str] = {
    str: "string",
    bool: "bool",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}


class JsonTypeError(ValueError):
    """A JSON value has another type than its key; the text is Go's own."""


def parse_actions_json(text: str) -> list[Action]:
    """Read a JSON array of actions. Raises ValueError with ntfy's reason."""
    return read_action_objects(_load(text))


def read_action_objects(items: object) -> list[Action]:
    """Check the types of a decoded array of actions. Raises JsonTypeError.

    Keys match in any case, unknown ones are ignored, and null is the same as absent.
    """
    if not isinstance(items, list):
        raise _type_error(items, "", "[]server.action")
    return [_typed(item) for item in items]


def _load(text: str) -> object:
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise ValueError(f"JSON error: {_go_syntax_error(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("JSON error: invalid JSON") from error


def _refuse_constant(name: str) -> object:
    """Refuse NaN and Infinity, which Python reads and JSON does not have."""
    raise ValueError(name)


def _go_syntax_error(error: json.JSONDecodeError) -> str:
    """The fault in the words of Go's decoder."""
    if error.pos >= len(error.doc) or error.msg.startswith("Unterminated"):
        return "unexpected end of JSON input"
    after = "after top-level value" if error.msg == "Extra data" else "in the input"
    return f"invalid character {error.doc[error.pos]!r} {after}"


def _typed(item: object) -> Action:
    """One action, after a check of the type of every value."""
    if item is None:
        return {}
    if not isinstance(item, dict):
        raise _type_error(item, "", "server.action")
    action: Action = {}
    for name, value in item.items():
        key = name.lower()
        if key in ACTION_KEYS and value is not None:
            action[key] = _typed_value(key, value)
    return action


def _typed_value(key: str, value: object) -> object:
    go_type = _GO_TYPES.get(key, _STRING)
    if go_type == _MAP:
        if not isinstance(value, dict):
            raise _type_error(value, key, go_type)
        return {name: _text(inner, key) for name, inner in value.items()}
    if not isinstance(value, bool if go_type == _BOOL else str):
        raise _type_error(value, key, go_type)
    return value


def _text(value: object, key: str) -> str:
    """One value of headers or extras; null is an empty string."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _type_error(value, key, _STRING)
    return value


def _type_error(value: object, key: str, go_type: str) -> JsonTypeError:
    kind = _JSON_KINDS[type(value)]
    where = f"Go struct field action.{key}" if key else "Go value"
    return JsonTypeError(
        f"JSON error: json: cannot unmarshal {kind} into {where} of type {go_type}"
    )
