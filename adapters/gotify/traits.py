"""What Gotify asks of the rest of the program: its application tokens."""

from __future__ import annotations

from pushgo_compat.traits import LETTERS_AND_DIGITS, KeyTraits, Traits, ValueKind

_TAIL_LENGTH = 14
"""Behind the ``A`` of an application token, as Gotify 1 and 2 made it."""

TRAITS = Traits(
    name="Gotify",
    keys=KeyTraits(make=lambda draw: "A" + draw(LETTERS_AND_DIGITS, _TAIL_LENGTH)),
    value_kinds={"priority": ValueKind.TYPED},
    example=lambda url, key: (
        f"-d title=Hello -d message='from Gotify' '{url}/message?token={key}'"
    ),
)
