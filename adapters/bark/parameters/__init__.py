"""The table of Bark's parameters: one entry each, in files by theme.

Reading a request, translating it, its notes and handing it on to another Bark server
all ask this table. A new parameter is one entry in the file of its theme.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.bark import notes, refusals
from adapters.bark.parameters import (
    encryption,
    extra,
    history,
    links,
    receiver,
    sound_and_badge,
    text,
    urgency,
)
from adapters.bark.parameters.parameter import Cut, FromJson, Parameter
from pushgo_compat.legacy import NoteText, RefusalText

__all__ = ["CUTS", "FORWARD", "NOTES", "REFUSALS", "TABLE", "TRANSLATE", "FromJson"]

TABLE: Mapping[str, Parameter] = {
    parameter.name: parameter
    for theme in (
        text,
        urgency,
        links,
        history,
        sound_and_badge,
        encryption,
        receiver,
        extra,
    )
    for parameter in theme.PARAMETERS
}
"""Every parameter that Bark knows, by lower-case name."""
TRANSLATE = {name: parameter.translate for name, parameter in TABLE.items()}
FORWARD = {
    name: parameter.forward for name, parameter in TABLE.items() if parameter.forward
}
CUTS: Mapping[str, Cut] = {
    **text.CUTS,
    **links.CUTS,
    **history.CUTS,
    "metadata": Cut("metadata_dropped", ("metadata",)),
}
"""Native field → how it is told that the message was too large for all of it."""
NOTES: Mapping[str, NoteText] = {
    **{
        code: note
        for parameter in TABLE.values()
        for code, note in parameter.notes.items()
    },
    **extra.NOTES,
    **notes.NOTES,
}
"""Every code that a note of this dialect carries."""
REFUSALS: Mapping[str, RefusalText] = {
    **{code: text for p in TABLE.values() for code, text in p.refusals.items()},
    **refusals.REFUSALS,
}
"""Every code that a refusal of this dialect's own carries."""
