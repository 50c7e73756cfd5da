"""Where a notification is filed, for how long, and how it is taken back.

Bark's ``id`` makes a later push replace an earlier one. It never becomes a native
op_id, which would drop the later message as a repetition of the first.
"""

from __future__ import annotations

import math
import re

from adapters.bark.draft import MAX_VALUE_BYTES, PREFIX, Layer, PushDraft, Sent
from adapters.bark.notes import MAX_NOTES, shown_name
from adapters.bark.parameters.parameter import (
    Cut,
    FromJson,
    Parameter,
    View,
    keep_copy,
    lose,
)
from adapters.shared.parsing import MAX_TAG_CHARS, clean_text, decimal_text
from pushgo_compat.legacy import Note, NoteText, Translation, Verdict, known_note
from pushgo_compat.model import NativeMessage

_LAST_EXPIRY_MS = 253_402_300_799_000
"""The end of the year 9999; a push that would expire later does not expire."""
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_MAX_NUMBER_CHARS = 64
_DELETE, _ID = f"{PREFIX}delete", f"{PREFIX}id"


# --------------------------------------------------------------------- group, ttl


def _translate_group(draft: PushDraft, name: str, sent: Sent) -> None:
    draft.keep_prose(name, sent)
    tag = sent.text.strip()
    if tag and len(tag.encode()) <= MAX_TAG_CHARS:
        draft.tags = (tag,)
        draft.notes.append(known_note(sent.name, "group_tag"))


def _translate_ttl(draft: PushDraft, name: str, sent: Sent) -> None:
    """Seconds of history become a time of expiry, which never lies in the past."""
    text = sent.text.strip()
    seconds = math.nan
    if len(text) <= _MAX_NUMBER_CHARS and _NUMBER.fullmatch(text):
        seconds = float(text)
    if 0 < seconds <= (_LAST_EXPIRY_MS - draft.received_at_ms) / 1000:
        draft.ttl_ms = draft.received_at_ms + round(seconds * 1000)
        draft.notes += (Note(sent.name, "ttl"), Note(sent.name, "ttl_history"))
    elif seconds <= 0:
        draft.notes.append(Note(sent.name, "ttl_none"))
        draft.view[name] = text
    else:
        draft.notes.append(Note(sent.name, "ttl_ignored"))


def _forward_ttl(message: NativeMessage, view: View) -> str | None:
    if message.ttl_ms is None or message.occurred_at_ms is None:
        # 0 and below keep the push out of the phone's history (ArchiveProcessor.swift).
        return str(view["ttl"]) if "ttl" in view else None
    return decimal_text((message.ttl_ms - message.occurred_at_ms) / 1000)


# ------------------------------------------------------------------------- delete


def is_deletion(fields: Layer) -> bool:
    """Whether the push takes a notification back: bark-server wants exactly 1."""
    delete = fields.get("delete")
    return delete is not None and delete.text == "1"


def translate_deletion(fields: Layer) -> Translation:
    """A message for Bark's own phones alone, or none when it names no notification.

    The app removes the notification whose ``id`` comes with the delete, and does
    nothing without one (AppDelegate.swift). An id over 512 bytes was dropped from the
    push as well, so there is nothing that it could name.
    """
    sent = fields.get("id")
    named = clean_text(sent.text) if sent else ""
    if named.isspace() or len(named.encode()) > MAX_VALUE_BYTES:
        named = ""
    codes = {"delete": "delete" if named else "delete_nameless"}
    if named:
        codes["id"] = "delete_id"
    notes = tuple(
        Note(shown_name(sent.name), codes.get(name, "nothing_sent"))
        for name, sent in fields.items()
    )[:MAX_NOTES]
    if not named:
        return Translation(message=None, notes=notes)
    message = NativeMessage(title=None, metadata={_DELETE: "1", _ID: named})
    return Translation(message=message, notes=notes, hidden=True)


def forward_deletion(message: NativeMessage) -> dict[str, str] | None:
    """The parameters of a delete; None for any other message."""
    if _DELETE not in message.metadata:
        return None
    return {"delete": "1", "id": str(message.metadata[_ID])}


PARAMETERS = (
    Parameter(
        name="group",
        translate=_translate_group,
        notes={
            "group_tag": NoteText(
                Verdict.KEPT,
                "tags",
                "The group is a tag, too.",
                "分组也是一个标签。",
            ),
            "tags_dropped": NoteText(
                Verdict.LOST,
                None,
                "The message was too large, so it has no tags.",
                "消息太大，没有标签。",
            ),
        },
    ),
    # 1: keep it in the history; any other value: do not.
    Parameter(
        name="isarchive",
        translate=keep_copy("isarchive"),
        notes={
            "isarchive": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Every message stays in the history until its time is over.",
                "已保存。所有消息都会留在历史里，直到过期。",
            )
        },
    ),
    Parameter(
        name="ttl",
        translate=_translate_ttl,
        from_json=FromJson.PLAIN,
        forward=_forward_ttl,
        notes={
            "ttl": NoteText(
                Verdict.CHANGED,
                "ttl",
                "Seconds to stay in the history became a time of expiry.",
                "在历史里保留的秒数变成了过期时间。",
            ),
            "ttl_history": NoteText(
                Verdict.LOST,
                None,
                "The history keeps the message as long as any other.",
                "历史里仍按一般消息的时间保留。",
            ),
            "ttl_none": NoteText(
                Verdict.LOST,
                None,
                "Bark keeps such a message out of its history; here it is in "
                "the history.",
                "Bark 不把这样的消息放进历史，这里仍在历史里。",
            ),
            "ttl_ignored": NoteText(
                Verdict.CHANGED,
                None,
                "No number of seconds, so the message does not expire.",
                "不是秒数，消息不会过期。",
            ),
        },
    ),
    Parameter(
        name="id",
        translate=keep_copy("id", whole=True),
        notes={
            "id": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app replaces the message of the same id; "
                "elsewhere it is a new one.",
                "已保存。Bark 应用会替换同一 id 的消息，其他地方是一条新消息。",
            ),
            "delete_id": NoteText(
                Verdict.LOST,
                None,
                "Only Bark's own app can take that message back.",
                "只有 Bark 应用能撤回那条消息。",
            ),
        },
    ),
    Parameter(
        name="delete",
        translate=lose("delete_ignored"),
        from_json=FromJson.PLAIN,
        notes={
            "delete": NoteText(
                Verdict.LOST,
                None,
                "Native messages cannot be taken back, so their readers see nothing.",
                "原生消息不能撤回，读者看不到任何变化。",
            ),
            "delete_nameless": NoteText(
                Verdict.CHANGED,
                None,
                "A delete without an id does nothing in Bark.",
                "没有 id 的 delete 在 Bark 里也没有作用。",
            ),
            "delete_ignored": NoteText(
                Verdict.CHANGED,
                None,
                "Only 1 deletes a notification in Bark.",
                "在 Bark 里只有 1 才会删除通知。",
            ),
            "nothing_sent": NoteText(
                Verdict.CHANGED,
                None,
                "The request deletes a notification; nothing is sent.",
                "这个请求是删除通知，不发送内容。",
            ),
        },
    ),
)
CUTS = {"tags": Cut("tags_dropped", ("group",))}
