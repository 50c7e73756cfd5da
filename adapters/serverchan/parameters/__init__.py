"""The table of ServerChan's send parameters: one entry each, in files by theme.

Reading a request, translating it and its notes all ask this table. A new parameter is
one entry in the file of its theme, and its place in the order below.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.serverchan import notes, refusals
from adapters.serverchan.parameters import body, options, title
from adapters.serverchan.parameters.parameter import Parameter
from pushgo_compat.legacy import NoteText, RefusalText

TABLE: Mapping[str, Parameter] = {
    parameter.name: parameter
    for parameter in (
        *title.PARAMETERS,
        body.DESP,  # after the titles: without one, SC3 takes its first line
        options.TAGS,
        body.SHORT,
        options.CHANNEL,
        options.OPENID,
        options.NOIP,
        body.ENCODED,
    )
}
"""Every send parameter by name, in the order of translation."""
NOTES: Mapping[str, NoteText] = {
    **notes.NOTES,
    **{
        code: note
        for parameter in TABLE.values()
        for code, note in parameter.notes.items()
    },
}
"""Every code that a note of this dialect carries."""
REFUSALS: Mapping[str, RefusalText] = {
    **refusals.REFUSALS,
    **{code: text for p in TABLE.values() for code, text in p.refusals.items()},
}
"""Every code that a refusal of this dialect's own carries."""
