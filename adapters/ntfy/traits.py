"""What ntfy asks of the rest of the program: its topics, its settings."""

from __future__ import annotations

from pathlib import Path

from adapters.ntfy.keys import may_be_key
from adapters.ntfy.templates.files import has_yaml
from pushgo_compat.settings import optional, parse_folder, parse_switch, parse_timezone
from pushgo_compat.traits import (
    LETTERS_AND_DIGITS,
    DialectSetting,
    KeyTraits,
    Traits,
    ValueKind,
)

_TOPIC_LENGTH = 24
_SAFE_TOPIC_CHARS = 20
"""A topic shorter than this is one that people choose, and guess."""


def parse_template_dir(text: str) -> Path:
    """A folder that can be used. Raises ValueError where it cannot be."""
    folder = parse_folder(text)
    if not has_yaml():
        raise ValueError("needs the extra [templates] (pip install …[templates])")
    return folder


_TYPED_NAMES = (
    *("x-priority", "priority", "prio", "p"),
    *("x-delay", "delay", "x-at", "at", "x-in", "in"),
    *("x-attach", "attach", "a"),
    *("x-call", "call"),
    *("x-markdown", "markdown", "md"),
    *("x-cache", "cache", "x-firebase", "firebase"),
    *("x-unifiedpush", "unifiedpush", "up"),
    *("x-template", "template", "tpl"),
    *("x-poll", "poll", "po", "x-since", "since", "si"),
    *("x-scheduled", "scheduled", "sched"),
)
_LIST_NAMES = ("x-tags", "tags", "tag", "ta")
_LINK_NAMES = ("x-click", "click", "x-icon", "icon")

TRAITS = Traits(
    name="ntfy",
    keys=KeyTraits(
        make=lambda draw: draw(LETTERS_AND_DIGITS, _TOPIC_LENGTH),
        logs_in=True,
        guessable_below=_SAFE_TOPIC_CHARS,
    ),
    example=lambda url, key: f"-d 'Hello from ntfy' {url}/{key}",
    settings=(
        DialectSetting(
            "unifiedpush",
            parse_switch,
            "let in the topics that ntfy's Android app makes for other apps",
            "false",
        ),
        DialectSetting(
            "template_dir",
            optional(parse_template_dir),
            "a folder of templates, NAME.yml each (extra [templates])",
        ),
        DialectSetting(
            "timezone",
            optional(parse_timezone),
            "zone for delays such as 8pm; unset: the system's",
        ),
    ),
    vendor_hosts=("ntfy.sh",),
    value_kinds={
        **dict.fromkeys(_TYPED_NAMES, ValueKind.TYPED),
        **dict.fromkeys(_LIST_NAMES, ValueKind.LIST),
        **dict.fromkeys(_LINK_NAMES, ValueKind.LINK),
    },
    # With a query it may be UnifiedPush's discovery (docs/dialects/ntfy.md 4.9).
    has_page=lambda path, query: not query and may_be_key(path[1:]),
    reads_forms=False,
)
