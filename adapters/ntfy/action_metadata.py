"""Action buttons as metadata: canonical JSON that fits values of 512 characters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from adapters.ntfy.event import ACTION_KEYS, Action
from adapters.shared.parsing import MAX_METADATA_CHARS

_GIVEN_UP_IN_TURN = (("body",), ("headers", "extras"))
"""What an action loses until it fits."""


class EncodedAction(NamedTuple):
    """One value: where it goes below ``compat.ntfy.``, and whether it is whole."""

    key: str
    text: str | None
    """None when even the shortened action does not fit."""
    whole: bool = True


def encode_actions(actions: Sequence[Action]) -> list[EncodedAction]:
    """All actions in one value, or one value each when that is too long."""
    text = _encode([_canonical(action) for action in actions])
    if len(text) <= MAX_METADATA_CHARS:
        return [EncodedAction("actions", text)]
    return [
        _encode_alone(f"actions.{number}", _canonical(action))
        for number, action in enumerate(actions, start=1)
    ]


def _canonical(action: Action) -> Action:
    return {key: action[key] for key in ACTION_KEYS if key in action}


def _encode_alone(key: str, action: Action) -> EncodedAction:
    text = _encode(action)
    if len(text) <= MAX_METADATA_CHARS:
        return EncodedAction(key, text)
    for given_up in _GIVEN_UP_IN_TURN:
        action = {name: value for name, value in action.items() if name not in given_up}
        text = _encode({**action, "truncated": True})
        if len(text) <= MAX_METADATA_CHARS:
            return EncodedAction(key, text, whole=False)
    return EncodedAction(key, None, whole=False)


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
