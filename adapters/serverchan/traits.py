"""What ServerChan asks of the rest of the program: its sendkeys."""

from __future__ import annotations

from pushgo_compat.traits import (
    LETTERS_AND_DIGITS,
    Draw,
    KeyTraits,
    Traits,
    ValueKind,
)

_TAIL_LENGTH = 28


def _make_key(draw: Draw) -> str:
    """A Turbo sendkey: ``SCT``, a number of six digits, ``T``, letters and digits."""
    number = draw("123456789", 1) + draw("0123456789", 5)
    return f"SCT{number}T{draw(LETTERS_AND_DIGITS, _TAIL_LENGTH)}"


TRAITS = Traits(
    name="ServerChan",
    keys=KeyTraits(make=_make_key, in_host_name=True),
    vendor_hosts=("sctapi.ftqq.com", "sc.ftqq.com", "*.push.ft07.com"),
    stand_ins={"id": "1", "readkey": "SCT000000000000"},  # of the status query
    value_kinds={
        "noip": ValueKind.TYPED,
        "encoded": ValueKind.TYPED,
        "tags": ValueKind.LIST,
    },
    # Of both generations (docs/dialects/serverchan.md 5.2).
    added_fields=frozenset({"errno", "errmsg", "dataset"}),
    example=lambda url, key: (
        f"-d title=Hello -d desp='from ServerChan' {url}/{key}.send"
    ),
)
