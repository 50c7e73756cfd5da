"""What Bark asks of the rest of the program: its keys, its settings."""

from __future__ import annotations

from pushgo_compat.settings import parse_count, parse_switch, parse_text
from pushgo_compat.traits import (
    LETTERS_AND_DIGITS,
    DialectSetting,
    KeyTraits,
    Traits,
    ValueKind,
)

_KEY_LENGTH = 22
"""A shortuuid, which bark-server makes for a new phone (docs/dialects/bark.md 1)."""

TRAITS = Traits(
    name="Bark",
    keys=KeyTraits(make=lambda draw: draw(LETTERS_AND_DIGITS, _KEY_LENGTH)),
    example=lambda url, key: f"'{url}/{key}/Hello/from%20Bark'",
    vendor_hosts=("api.day.app",),
    value_kinds={
        "level": ValueKind.TYPED,
        "ttl": ValueKind.TYPED,
        "delete": ValueKind.TYPED,
        "image": ValueKind.LINK,
    },
    settings=(
        DialectSetting(
            "user",
            parse_text,
            "Basic auth of the Bark dialect: user",
            needs="password",
        ),
        DialectSetting(
            "password",
            parse_text,
            "Basic auth of the Bark dialect: password",
            secret=True,
            needs="user",
        ),
        DialectSetting(
            "max_batch",
            parse_count,
            "most device_keys in one Bark call",
            default="1000",
        ),
        DialectSetting(
            "rejoin_iv",
            parse_switch,
            "join the iv to Bark's AES-GCM ciphertexts, so that native clients open"
            " them",
            default="false",
        ),
    ),
)
