"""Level, and what goes with it on the phone (docs/dialects/bark.md 12.1)."""

from __future__ import annotations

from adapters.bark.draft import PushDraft, Sent
from adapters.bark.parameters.parameter import (
    FromJson,
    Parameter,
    View,
    keep_copy,
    keep_switch,
)
from pushgo_compat.legacy import NoteText, Verdict, known_note
from pushgo_compat.model import NativeMessage, Severity

_LEVELS = {
    "critical": Severity.CRITICAL,
    "timeSensitive": Severity.HIGH,
    "active": Severity.NORMAL,
    "passive": Severity.LOW,
}
"""As the app spells them (LevelProcessor.swift); senders are read in any case."""
_SEVERITIES = {level.lower(): severity for level, severity in _LEVELS.items()}
_FORWARDED = {
    severity: level for level, severity in _LEVELS.items() if level != "active"
}
"""``active`` is what the app assumes, so it is left out."""


def _translate_level(draft: PushDraft, name: str, sent: Sent) -> None:
    severity = _SEVERITIES.get(sent.text.lower())
    if severity is None:
        draft.keep_prose(name, sent, "level_unknown")
    else:
        draft.severity = severity
        draft.notes.append(known_note(sent.name, "level"))


def _forward_level(message: NativeMessage, view: View) -> str | None:
    return _FORWARDED.get(message.severity)


PARAMETERS = (
    Parameter(
        name="level",
        translate=_translate_level,
        from_json=FromJson.PLAIN,
        forward=_forward_level,
        notes={
            "level": NoteText(
                Verdict.KEPT,
                "severity",
                "Each level has a severity of its own.",
                "每个级别都有对应的严重程度。",
            ),
            "level_unknown": NoteText(
                Verdict.RECORDED,
                "metadata.{}",
                "Bark shows an unknown level as active.",
                "未知的级别，Bark 按 active 处理。",
            ),
        },
    ),
    # The loudness of a critical push, 0 to 10.
    Parameter(
        name="volume",
        translate=keep_copy("volume"),
        notes={
            "volume": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Only Bark's app sets the volume; critical is loud anyway.",
                "已保存。只有 Bark 应用会调音量；critical 仍然会响。",
            )
        },
    ),
    # 1: the sound rings for 30 seconds.
    Parameter(
        name="call",
        translate=keep_switch("call"),
        notes={
            "call": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app rings for 30 seconds, others do not.",
                "已保存。Bark 应用会响 30 秒，其他不会。",
            )
        },
    ),
)
