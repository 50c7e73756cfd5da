"""Sound, badge and category: a phone's own matters, recorded as metadata."""

from __future__ import annotations

from adapters.bark.draft import PushDraft
from adapters.bark.parameters.parameter import Parameter

PARAMETERS = (
    # The name of a sound file, with or without ".caf".
    Parameter(name="sound", translate=PushDraft.keep_whole),
    # The number on the app's icon.
    Parameter(name="badge", translate=PushDraft.keep_prose),
    # It had a meaning up to bark-server v2.1.5; Apprise and shoutrrr still send it.
    Parameter(name="category", translate=PushDraft.keep_prose),
)
