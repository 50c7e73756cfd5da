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
    if len(cut) > MAX_TAGS:
        draft.notes.append(Note(name, "tags.beyond"))


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
        "tags": NoteText(
            Verdict.KEPT,
            "tags",
            "The labels between the bars.",
            "竖线之间的标签。",
        ),
        "tags.cut": NoteText(
            Verdict.CHANGED,
            "tags",
            "Native limits: 32 different tags, 64 characters each.",
            "原生限制：最多 32 个不同的标签，每个 64 个字符。",
        ),
        "tags.beyond": NoteText(
            Verdict.LOST,
            None,
            "The tags beyond the first 32 are not kept.",
            "前 32 个以外的标签没有保留。",
        ),
        "tags.dropped": NoteText(
            Verdict.LOST,
            None,
            "The message was too large, so it has no tags.",
            "消息太大，没有标签。",
        ),
    },
)
CHANNEL = Parameter(
    name="channel",
    place=f"metadata.{METADATA}channel",
    translate=keep,
    notes={
        "channel": NoteText(
            Verdict.LOST,
            f"metadata.{METADATA}channel",
            "Stored, but it no longer chooses a way out.",
            "已保存，但不再决定从哪个通道发送。",
        ),
    },
)
OPENID = Parameter(
    name="openid",
    place=f"metadata.{METADATA}openid",
    translate=keep,
    notes={
        "openid": NoteText(
            Verdict.LOST,
            f"metadata.{METADATA}openid",
            "Stored, but no copies go to other people.",
            "已保存，但不会抄送给其他人。",
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
            Verdict.RECORDED,
            f"metadata.{METADATA}noip",
            "Stored. The caller's address is not part of a message anyway.",
            "已保存。消息里本来就没有调用者的地址。",
        ),
    },
)
