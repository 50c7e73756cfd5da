"""Notes as a receipt shows them: field, place, value, verdict, and a sentence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pushgo_compat.core.receipts.sent_fields import (
    SentField,
    SentFields,
    StoredRequest,
)
from pushgo_compat.legacy import Dialect, Note, NoteText, Verdict

GATE_NOTES: Mapping[str, NoteText] = {
    "gate.login-used": NoteText(
        Verdict.KEPT,
        "channel",
        "The login opened the channel, as on the old server.",
        "频道由这个登录信息打开，和旧服务器一样。",
    ),
    "gate.login-ignored": NoteText(
        Verdict.CHANGED,
        None,
        "The key suffices by itself; the old login is not needed.",
        "有密钥就够了，不再需要旧服务器的登录信息。",
    ),
    "gate.alias-tags": NoteText(
        Verdict.CHANGED,
        "tags",
        "The alias that was used adds its tags.",
        "所用的别名会加上自己的标签。",
    ),
    "gate.alias-severity": NoteText(
        Verdict.CHANGED,
        "severity",
        "The alias that was used maps this severity.",
        "所用的别名改写了严重程度。",
    ),
}
"""Notes that the core adds to a dialect's own."""
TEXT_NOTES: Mapping[str, NoteText] = {
    "variable": NoteText(
        Verdict.CHANGED,
        None,
        "The value is a variable, and its kind matters: it is left out here.",
        "这里的值是变量，而它的类型有影响，所以先不写入。",
    ),
    "text.channel-name": NoteText(
        Verdict.CHANGED,
        "title",
        "There is no title: the channel's name stands in for it.",
        "没有标题，用频道名称代替。",
    ),
    "text.file-read": NoteText(
        Verdict.KEPT,
        "{}",
        "The file was read, and its contents are shown.",
        "已读取文件，显示的是它的内容。",
    ),
    "text.file-unread": NoteText(
        Verdict.CHANGED,
        "{}",
        "The file was not read: a placeholder stands for its contents.",
        "没有读取文件，用占位文字代替它的内容。",
    ),
    "text.key-in-host": NoteText(
        Verdict.CHANGED,
        None,
        "The key stands in the host name: change the URL to /send/KEY.send, or point"
        " the name here with DNS.",
        "密钥在主机名里：请把地址改成 /send/KEY.send，或者用 DNS 把域名指到这里。",
    ),
}
"""Notes on a call that stands in a text and was not made."""
_RETIRED = NoteText(
    Verdict.CHANGED,
    None,
    "An earlier version noted this; this one has no words for it.",
    "这是旧版本的记录，当前版本没有对应的说明。",
)
_COMMON_CODES = frozenset({"unknown", "variable"})
"""Codes that mean the same in every dialect."""


class AboutMessage(NamedTuple):
    """A note, and which message of the call it is about; None: all of them."""

    note: Note
    message: int | None = 0


def note_text(dialect: Dialect, code: str) -> NoteText:
    """The text of a code; one that an earlier release has stored may have none."""
    return (
        GATE_NOTES.get(code)
        or dialect.notes.get(code)
        or TEXT_NOTES.get(code)
        or _RETIRED
    )


def show_notes(
    dialect: Dialect,
    request: StoredRequest,
    notes: Sequence[AboutMessage],
    *,
    chinese: bool = False,
) -> list[dict[str, object]]:
    """The notes on a request, in their order."""
    if not notes:
        return []
    fields = SentFields(request, dialect.reading(request.route, request.content_type))
    texts = [note_text(dialect, about.note.code) for about in notes]
    found = _find(fields, [about.note for about in notes], texts)
    return [
        {
            "field": note.field,
            "place": sent.place if sent else None,
            "value": sent.value if sent else None,
            "verdict": text.verdict,
            "to": None if text.to is None else text.to.replace("{}", note.detail),
            "code": public_code(dialect.source, note.code),
            "why": text.why_zh if chinese else text.why,
            "message": message,
        }
        for (note, message), text, sent in zip(notes, texts, found, strict=True)
    ]


def public_code(dialect: str, code: str) -> str:
    """The code as it is shown, unique over all dialects."""
    if code in _COMMON_CODES or code in GATE_NOTES or code in TEXT_NOTES:
        return code
    return f"{dialect}.{code}"


def _find(
    fields: SentFields, notes: Sequence[Note], texts: Sequence[NoteText]
) -> Iterator[SentField | None]:
    """The field of each note.

    Of several fields with one name the first counts; notes on those that did not count
    get the others in turn.
    """
    outdone = Counter(n.field for n, t in zip(notes, texts, strict=True) if t.outdone)
    taken: Counter[str] = Counter()
    for note, text in zip(notes, texts, strict=True):
        sent = fields.named(note.field)
        if not sent:
            yield None
        elif not text.outdone:
            yield sent[0]
        else:
            first = 0 if outdone[note.field] >= len(sent) else 1
            yield sent[min(first + taken[note.field], len(sent) - 1)]
            taken[note.field] += 1
