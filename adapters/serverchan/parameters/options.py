"""Labels, and the options of ServerChan's own ways of delivery."""

from __future__ import annotations

from adapters.serverchan.draft import METADATA, SendDraft
from adapters.serverchan.parameters.parameter import Parameter, keep
from adapters.shared.parsing import MAX_TAG_CHARS, MAX_TAGS
from adapters.shared.size_limit import Fitted
from pushgo_compat.legacy import Note, NoteText, Verdict

_NOIP_ON = frozenset({"1", "true"})


def note_tags_dropped(draft: SendDraft, fitted: Fitted) -> None:
    """Note that the message was too large for its tags."""
    if "tags" in fitted.cut:
        draft.notes.append(Note("tags", "tags.dropped"))


def _translate_tags(draft: SendDraft, name: str) -> None:
    """Take the labels between the bars; a comma is part of its label."""
    labels = [label.strip() for label in draft.sent[name].split("|")]
    cut = dict.fromkeys(label[:MAX_TAG_CHARS].rstrip() for label in labels if label)
    draft.tags = tuple(cut)[:MAX_TAGS]
    whole = {"", *draft.tags}.issuperset(labels)
    draft.notes.append(Note(name, "tags" if whole else "tags.cut"))


def _translate_noip(draft: SendDraft, name: str) -> None:
    draft.metadata[METADATA + name] = "1"
    draft.notes.append(Note(name, name))


def _is_noip(value: str) -> bool:
    return value.strip() in _NOIP_ON


TAGS = Parameter(
    name="tags",
    place="tags",
    translate=_translate_tags,
    # SC3 wants a text; clients of other services send an array.
    list_joint="|",
    notes={
        "tags": NoteText(Verdict.KEPT, "tags", "The labels between the bars."),
        "tags.cut": NoteText(
            Verdict.CHANGED,
            "tags",
            "Native limits: 32 different tags, 64 characters each.",
        ),
        "tags.dropped": NoteText(
            Verdict.LOST, None, "The message was too large, so it has no tags."
        ),
    },
)
CHANNEL = Parameter(
    name="channel",
    place=f"metadata.{METADATA}channel",
    translate=keep,
    notes={
        "channel": NoteText(
            Verdict.CHANGED,
            f"metadata.{METADATA}channel",
            "Kept, but it no longer chooses a way out.",
        ),
    },
)
OPENID = Parameter(
    name="openid",
    place=f"metadata.{METADATA}openid",
    translate=keep,
    notes={
        "openid": NoteText(
            Verdict.CHANGED,
            f"metadata.{METADATA}openid",
            "Kept, but no copies go to other people.",
        ),
    },
)
NOIP = Parameter(
    name="noip",
    place=f"metadata.{METADATA}noip",
    translate=_translate_noip,
    is_said=_is_noip,
    notes={
        "noip": NoteText(
            Verdict.KEPT,
            f"metadata.{METADATA}noip",
            "The caller's address is not part of a message.",
        ),
    },
)
