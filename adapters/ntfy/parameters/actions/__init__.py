"""Action buttons: their rules, and the native message (docs/dialects/ntfy.md 4.5).

The two syntaxes of the parameter are in ``text_form.py`` and ``json_form.py``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from adapters.golang.trimming import BLANKS
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import ACTION_KEYS, Action, EventView
from adapters.ntfy.parameters.actions.json_form import (
    JsonTypeError,
    parse_actions_json,
    read_action_objects,
)
from adapters.ntfy.parameters.actions.text_form import parse_actions_text
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import without_surrogates, wrong_type
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Parameter
from adapters.shared.parsing import MAX_METADATA_CHARS
from pushgo_compat.legacy import NoteText, RefusalText, Verdict

MAX_ACTIONS = 3
_REQUIRED = {"view": "url", "http": "url", "broadcast": "", "copy": "value"}
"""Kind of action → the key that it must have beside its label."""
_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_GIVEN_UP_IN_TURN = (("body",), ("headers", "extras"))
"""The keys that an action loses in the metadata, until it fits."""


# -------------------------------------------------------------------------- reading


def _read_json_actions(value: object) -> str:
    """Actions of a JSON publish as text again, so that they meet the same rules."""
    try:
        actions = read_action_objects(value)
    except JsonTypeError as error:
        raise wrong_type() from error
    if not actions:
        return ""
    return without_surrogates(json.dumps(actions, ensure_ascii=False))


def _check_actions(_found: Found, view: EventView, value: str) -> None:
    if actions := _parse_actions(value):
        view["actions"] = actions


def _parse_actions(value: str) -> list[Action]:
    """Read either syntax. Refuses with 40018 and the reason."""
    text = value.strip(BLANKS)
    parse = parse_actions_json if text.startswith("[") else parse_actions_text
    try:
        actions = parse(text)
        if len(actions) > MAX_ACTIONS:
            raise ValueError(f"only {MAX_ACTIONS} actions allowed")
        return [_checked(action) for action in actions]
    except ValueError as error:
        raise refusal(40018, str(error)) from error


def _checked(action: Action) -> Action:
    """The action as ntfy echoes it; raises ValueError with ntfy's reason."""
    kind = str(action.get("action", "")).lower()
    method = str(action.get("method", "")).upper()
    required = _REQUIRED.get(kind)
    if required is None:
        raise ValueError(
            f"parameter 'action' cannot be '{kind}', "
            "valid values are 'view', 'broadcast' and 'http'"
        )
    if not action.get("label"):
        raise ValueError("parameter 'label' is required")
    if required and not action.get(required):
        raise ValueError(f"parameter '{required}' is required for action '{kind}'")
    if kind == "http" and method in _WITHOUT_BODY and action.get("body"):
        raise ValueError(f"parameter 'body' cannot be set if method is {method}")
    action |= {"action": kind, "method": method, "clear": action.get("clear", False)}
    return {
        key: action[key] for key in ACTION_KEYS if key == "clear" or action.get(key)
    }


# --------------------------------------------------------------------- translating


class _Encoded(NamedTuple):
    """One metadata value: its key below ``compat.ntfy.``, and whether it is whole."""

    key: str
    text: str | None
    """None when even the shortened action does not fit."""
    whole: bool = True


def _translate_actions(native: NativeFields, _value: str, sent_as: str) -> str:
    actions = native.view.get("actions")
    if not actions:
        return "blank"
    for key, text, whole in _encode_actions(actions):
        if text is None:
            native.dropped.append(key)
            native.note(sent_as, "dropped")
        else:
            native.metadata[f"compat.ntfy.{key}"] = text
            number = key.rpartition(".")[2]
            native.note(sent_as, *(("actions",) if whole else ("actions_cut", number)))
    return ""


def _encode_actions(actions: Sequence[Action]) -> list[_Encoded]:
    """All actions in one value, or one value each when that is too long."""
    text = _encode([_canonical(action) for action in actions])
    if len(text) <= MAX_METADATA_CHARS:
        return [_Encoded("actions", text)]
    return [
        _encode_alone(f"actions.{number}", _canonical(action))
        for number, action in enumerate(actions, start=1)
    ]


def _canonical(action: Action) -> Action:
    return {key: action[key] for key in ACTION_KEYS if key in action}


def _encode_alone(key: str, action: Action) -> _Encoded:
    text = _encode(action)
    if len(text) <= MAX_METADATA_CHARS:
        return _Encoded(key, text)
    for given_up in _GIVEN_UP_IN_TURN:
        action = {name: value for name, value in action.items() if name not in given_up}
        text = _encode({**action, "truncated": True})
        if len(text) <= MAX_METADATA_CHARS:
            return _Encoded(key, text, whole=False)
    return _Encoded(key, None, whole=False)


def _encode(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


PARAMETERS = (
    Parameter(
        name="actions",
        names=("x-actions", "actions", "action"),
        from_json=_read_json_actions,
        check=_check_actions,
        turn=8,
        translate=_translate_actions,
        notes={
            "actions": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.actions",
                "Stored. ntfy's apps draw the buttons, others do not.",
                "已保存。ntfy 应用会显示按钮，其他不会。",
            ),
            "actions_cut": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.actions.{}",
                "Stored without what does not fit 512 characters. Only ntfy's "
                "apps draw the button.",
                "只保存 512 个字符以内的部分。只有 ntfy 应用会显示按钮。",
            ),
        },
        refusals={
            "40018": RefusalText(
                "The action buttons cannot be read",
                "无法识别操作按钮",
            ),
        },
    ),
)
