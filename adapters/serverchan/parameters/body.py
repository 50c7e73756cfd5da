"""``desp``, the text; ``encoded``, which makes it ciphertext; ``short``, the card.

``docs/dialects/serverchan.md`` 7 has the encryption; only the readers know its key.
"""

from __future__ import annotations

from dataclasses import replace

from adapters.serverchan.draft import METADATA, SendDraft
from adapters.serverchan.parameters.parameter import Parameter, keep
from adapters.serverchan.parameters.title import title_from_desp
from adapters.serverchan.routes import Generation
from adapters.shared.size_limit import Fitted
from pushgo_compat.legacy import Note, NoteText, Verdict, known_note
from pushgo_compat.model import NativeMessage

_ENCODED = f"{METADATA}encoded"
_TRUNCATED = f"{METADATA}truncated"
KEPT_METADATA = frozenset({_ENCODED, _TRUNCATED})
"""What a message keeps when all other metadata has to go."""
_ENCODED_OFF = frozenset({"", "0", "false"})


def mark_cut(message: NativeMessage) -> NativeMessage:
    """The message with a mark that its body had to be cut."""
    field = "short" if message.ciphertext else "desp"
    return replace(message, metadata={**message.metadata, _TRUNCATED: field})


def note_texts(draft: SendDraft, fitted: Fitted) -> None:
    """Note what became of the three, now that the message has its final size."""
    sent, notes = draft.sent, draft.notes
    cut = "body" in fitted.cut
    if draft.encrypted:
        notes.append(Note("desp", "desp.ciphertext"))
        notes.append(Note("encoded", "encoded"))
        if "short" in sent:
            notes.append(Note("short", "short.body_cut" if cut else "short.body"))
    else:
        if "desp" in sent:
            notes.append(known_note("desp", "desp.cut" if cut else "desp"))
            if cut:
                notes.append(Note("desp", "desp.tail"))
        if "encoded" in sent:
            notes.append(Note("encoded", "encoded.unused"))
    if fitted.is_large and fitted.message.body:
        notes.append(Note("short" if draft.encrypted else "desp", "body.large"))


def _translate_desp(draft: SendDraft, name: str) -> None:
    desp = draft.sent[name]
    if draft.encrypted:
        draft.ciphertext = desp
    else:
        draft.body = desp
    if draft.title is None and draft.generation is Generation.SC3:
        # Only SC3's document lets desp stand without a title.
        draft.title = title_from_desp(desp)
        draft.notes.append(Note(name, "title.from_desp"))


def _translate_short(draft: SendDraft, name: str) -> None:
    if draft.encrypted:
        draft.body = draft.sent[name]
    keep(draft, name)


def _translate_encoded(draft: SendDraft, name: str) -> None:
    if draft.encrypted:
        draft.metadata[_ENCODED] = "1"


def _is_encoded(value: str) -> bool:
    return value.strip() not in _ENCODED_OFF


DESP = Parameter(
    name="desp",
    place="body",
    translate=_translate_desp,
    notes={
        "desp": NoteText(
            Verdict.KEPT,
            "body",
            "The Markdown text, as sent.",
            "Markdown 正文，和发送的一样。",
        ),
        "desp.cut": NoteText(
            Verdict.CHANGED,
            "body",
            "The end was cut: a body has at most 65,536 bytes.",
            "末尾被截断：正文最多 65,536 字节。",
        ),
        "desp.tail": NoteText(
            Verdict.LOST,
            None,
            "What stood beyond the 65,536 bytes is not kept.",
            "65,536 字节以后的内容没有保留。",
        ),
        "desp.ciphertext": NoteText(
            Verdict.LOST,
            "ciphertext",
            "Passed on whole, but PushGo clients cannot decrypt this scheme.",
            "完整传递，但 PushGo 客户端不能解密这种格式。",
        ),
        "title.from_desp": NoteText(
            Verdict.CHANGED,
            "title",
            "Without a title, the first line of desp becomes one.",
            "没有标题时，用 desp 的第一行。",
        ),
        "body.large": NoteText(
            Verdict.KEPT,
            "body",
            "Kept whole, but larger than one POST /message could carry.",
            "完整保留，但已超出一次 POST /message 的容量。",
        ),
    },
)
SHORT = Parameter(
    name="short",
    place=f"metadata.{METADATA}short",
    translate=_translate_short,
    notes={
        "short": NoteText(
            Verdict.LOST,
            f"metadata.{METADATA}short",
            "Stored, but no client shows a separate card text.",
            "已保存，但没有客户端显示单独的卡片文字。",
        ),
        "short.body": NoteText(
            Verdict.CHANGED,
            "body",
            "It is the readable text beside a ciphertext.",
            "这是密文之外可以直接读到的文字。",
        ),
        "short.body_cut": NoteText(
            Verdict.CHANGED,
            "body",
            "The end was cut: a body has at most 65,536 bytes.",
            "末尾被截断：正文最多 65,536 字节。",
        ),
    },
)
ENCODED = Parameter(
    name="encoded",
    place=f"metadata.{_ENCODED}",
    translate=_translate_encoded,
    is_said=_is_encoded,
    notes={
        "encoded": NoteText(
            Verdict.RECORDED,
            f"metadata.{_ENCODED}",
            "Stored. It marks the ciphertext as ServerChan's scheme.",
            "已保存。它标明密文是 Server酱的格式。",
        ),
        "encoded.unused": NoteText(
            Verdict.CHANGED,
            None,
            "There was no desp for it to speak of.",
            "没有 desp，所以不起作用。",
        ),
    },
)
