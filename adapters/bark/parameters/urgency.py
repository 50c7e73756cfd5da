"""Level, and what goes with it on the phone (docs/dialects/bark.md 12.1)."""

from __future__ import annotations

from adapters.bark.draft import PushDraft, Sent
from adapters.bark.parameters.parameter import FromJson, Parameter, View
from pushgo_compat.legacy import Note, NoteText, Verdict
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
        draft.notes.append(Note(sent.name, "level"))


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
                Verdict.KEPT, "severity", "The level has its own severity."
            ),
            "level_unknown": NoteText(
                Verdict.CHANGED,
                "metadata.{}",
                "Bark shows an unknown level as active.",
            ),
        },
    ),
    # The loudness of a critical push, 0 to 10.
    Parameter(name="volume", translate=PushDraft.keep_prose),
    # 1: the sound rings for 30 seconds.
    Parameter(name="call", translate=PushDraft.keep_prose),
)
