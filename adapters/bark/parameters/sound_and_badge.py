"""Sound, badge and category: a phone's own matters, recorded as metadata."""

from __future__ import annotations

from adapters.bark.draft import PushDraft
from adapters.bark.parameters.parameter import Parameter, keep_copy
from pushgo_compat.legacy import NoteText, Verdict

PARAMETERS = (
    # The name of a sound file, with or without ".caf".
    Parameter(
        name="sound",
        translate=keep_copy("sound", whole=True),
        notes={
            "sound": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app plays it, others do not.",
                "已保存。Bark 应用会播放，其他不会。",
            )
        },
    ),
    # The number on the app's icon.
    Parameter(
        name="badge",
        translate=keep_copy("badge"),
        notes={
            "badge": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app shows the number, others do not.",
                "已保存。Bark 应用会显示角标，其他不会。",
            )
        },
    ),
    # It had a meaning up to bark-server v2.1.5; Apprise and shoutrrr still send it.
    Parameter(name="category", translate=PushDraft.keep_prose),
)
