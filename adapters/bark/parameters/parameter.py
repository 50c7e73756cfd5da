"""The shape of one entry in the table of Bark's parameters."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from adapters.bark.draft import RECORDED, PushDraft, Sent
from pushgo_compat.legacy import Note, NoteText, RefusalText
from pushgo_compat.model import NativeMessage

Translate = Callable[[PushDraft, str, Sent], None]
"""Puts a value that is not empty into the draft, under its lower-case name."""
View = Mapping[str, object]
_OFF = frozenset({"0", "false", "no", "off"})


class FromJson(enum.Enum):
    """Which JSON values give a parameter its text (docs/dialects/bark.md 3.5).

    Null gives none to any parameter. An object is never a value: its members are
    parameters themselves.
    """

    PLAIN = "string, number or boolean"
    ARRAY_TOO = "also an array, as compact JSON"
    STRING = "string alone"
    APART = "read apart from the others"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter that Bark knows."""

    name: str
    """In lower case: senders spell it in any case, in every place."""
    translate: Translate
    from_json: FromJson = FromJson.ARRAY_TOO
    from_object: bool = True
    """It counts inside an object of the JSON body (``{"ext_params": {"url": …}}``)."""
    forward: Callable[[NativeMessage, View], str | None] | None = None
    """Gives the value back from a native field; None where metadata holds it under the
    parameter's name."""
    notes: Mapping[str, NoteText] = field(default_factory=dict)
    """The codes that only this parameter uses, and their texts."""
    refusals: Mapping[str, RefusalText] = field(default_factory=dict)
    """The codes of its refusals, and what the operator reads of them."""


class Cut(NamedTuple):
    """How the loss of a part of a native field is told."""

    code: str
    names: tuple[str, ...]
    """The parameters that may have filled the field; the last is named when none of
    the others was sent."""


def keep_copy(code: str, *, whole: bool = False) -> Translate:
    """A translation that only records the value, cut or (``whole``) not at all.

    It notes ``code``: what the value asks for does not happen.
    """
    keep = PushDraft.keep_whole if whole else PushDraft.keep_prose

    def translate(draft: PushDraft, name: str, sent: Sent) -> None:
        keep(draft, name, sent, code)

    return translate


def keep_switch(code: str) -> Translate:
    """A translation that records a switch, and notes ``code`` unless it is off."""

    def translate(draft: PushDraft, name: str, sent: Sent) -> None:
        is_off = sent.text.strip().lower() in _OFF
        draft.keep_prose(name, sent, RECORDED if is_off else code)

    return translate


def lose(code: str) -> Translate:
    """A translation that keeps nothing and notes ``code``."""

    def translate(draft: PushDraft, name: str, sent: Sent) -> None:
        draft.notes.append(Note(sent.name, code))

    return translate
