"""How urgent a message is and what it is about: priority and tags."""

from __future__ import annotations

import re
from collections.abc import Mapping

from adapters.golang.trimming import BLANKS
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import Event, EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_integer, read_list
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Filter, Overlooked, Parameter, Wanted
from adapters.shared.parsing import (
    MAX_METADATA_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    clean_text,
)
from pushgo_compat.legacy import NoteText, RefusalText, Verdict
from pushgo_compat.model import NativeMessage, Severity, Source

# ------------------------------------------------------------------------- priority

_PRIORITIES: Mapping[str, int] = {
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
_UNSET_PRIORITY = 3
_MIN_PRIORITY = 1
_SEVERITIES: Mapping[int, Severity] = {
    5: Severity.CRITICAL,
    4: Severity.HIGH,
    3: Severity.NORMAL,
    2: Severity.LOW,
    1: Severity.LOW,
}
_SHOWN_PRIORITIES: Mapping[Severity, int] = {
    Severity.CRITICAL: 5,
    Severity.HIGH: 4,
    Severity.LOW: 2,
}
"""A normal message has none, like one that was sent without a priority."""


def _priority(text: str) -> int:
    priority = _PRIORITIES.get(text.lower())
    if priority is None:
        raise refusal(40007)
    return priority


def _check_priority(_found: Found, view: EventView, value: str) -> None:
    view["priority"] = _priority(value)


def _translate_priority(native: NativeFields, _value: str, sent_as: str) -> str:
    priority = native.view.get("priority", _UNSET_PRIORITY)
    native.severity = _SEVERITIES[priority]
    native.metadata["compat.ntfy.priority"] = str(priority)
    if priority == _MIN_PRIORITY:
        native.note(sent_as, "priority_min")
    return "priority"


def _show_priority(message: NativeMessage, _source: Source, view: EventView) -> None:
    if message.severity in _SHOWN_PRIORITIES:
        view["priority"] = _SHOWN_PRIORITIES[message.severity]


def _wanted_priorities(value: str) -> Wanted:
    return frozenset(_priority(part.strip()) for part in value.split(",") if part)


def _has_priority(wanted: Wanted, event: Event) -> bool:
    """The message has any of the priorities."""
    return event.get("priority", _UNSET_PRIORITY) in wanted


# ----------------------------------------------------------------------------- tags


def _check_tags(_found: Found, view: EventView, value: str) -> None:
    if tags := [tag.strip(BLANKS) for tag in value.split(",") if tag]:
        view["tags"] = tags


def _translate_tags(native: NativeFields, _value: str, _sent_as: str) -> str:
    sent = native.view.get("tags")
    if not sent:
        return "blank"
    joined = clean_text(",".join(sent))
    whole = [tag.strip() for tag in joined.split(",")]
    short = dict.fromkeys([tag[:MAX_TAG_CHARS].rstrip() for tag in whole if tag])
    native.tags = tuple(short)[:MAX_TAGS]
    if len(short) <= MAX_TAGS and max(map(len, whole)) <= MAX_TAG_CHARS:
        return "tags"
    full = joined.strip()
    if len(full) <= MAX_METADATA_CHARS:
        native.metadata["compat.ntfy.tags"] = full
    return "tags_cut"


def _show_tags(message: NativeMessage, _source: Source, view: EventView) -> None:
    if message.tags:
        view["tags"] = list(message.tags)


def _wanted_tags(value: str) -> Wanted:
    return frozenset(part for part in value.split(",") if part)


def _has_tags(wanted: Wanted, event: Event) -> bool:
    """The message has all of the tags."""
    tags = event.get("tags")
    return wanted.issubset(tags if isinstance(tags, list) else ())


PARAMETERS = (
    Parameter(
        name="priority",
        names=("x-priority", "priority", "prio", "p"),
        from_json=read_integer,
        # Browsers and content networks send Priority with every request (RFC 9218).
        overlooked=Overlooked(
            "priority",
            re.compile(r"u=[0-9](?:,[\t\n\f\r ]*(?:i|[0-9]))?"),
            "priority_hint",
        ),
        check=_check_priority,
        turn=5,
        renderable=True,
        translate=_translate_priority,
        show=_show_priority,
        filter=Filter(_wanted_priorities, _has_priority),
        notes={
            "priority": NoteText(
                Verdict.CHANGED,
                "severity",
                "Five priorities become four severities; "
                "metadata.compat.ntfy.priority has the exact one.",
                "五级优先级变成四级严重程度，原值在 metadata.compat.ntfy.priority。",
            ),
            "priority_min": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.priority",
                "min and low become the same severity; ntfy's own apps still "
                "tell them apart.",
                "min 和 low 的严重程度相同，只有 ntfy 应用还能区分。",
            ),
            "priority_hint": NoteText(
                Verdict.CHANGED,
                None,
                "An HTTP priority hint (RFC 9218), not the message's priority.",
                "这是 HTTP 的优先级提示（RFC 9218），不是消息的优先级。",
            ),
        },
        refusals={
            "40007": RefusalText(
                "Priority {value} is not one of 1 to 5",
                "优先级{value}不在 1 到 5 之间",
            ),
        },
    ),
    Parameter(
        name="tags",
        names=("x-tags", "tags", "tag", "ta"),
        from_json=read_list,
        check=_check_tags,
        translate=_translate_tags,
        show=_show_tags,
        filter=Filter(_wanted_tags, _has_tags),
        notes={
            "tags": NoteText(
                Verdict.KEPT,
                "tags",
                "The tags, in the sender's order.",
                "标签，顺序不变。",
            ),
            "tags_cut": NoteText(
                Verdict.CHANGED,
                "tags",
                "At most 32 tags of 64 characters; metadata.compat.ntfy.tags "
                "has them all if they fit.",
                "最多 32 个标签，每个 64 个字符；放得下的话，全部保存在 metadat"
                "a.compat.ntfy.tags。",
            ),
        },
    ),
)
