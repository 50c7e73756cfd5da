"""``title``, and its classic name ``text`` (docs/dialects/serverchan.md 4, 10)."""

from __future__ import annotations

import re

from adapters.serverchan.draft import SendDraft
from adapters.serverchan.parameters.parameter import Parameter
from adapters.shared.size_limit import Fitted
from pushgo_compat.legacy import Note, NoteText, RefusalText, Verdict, known_note

_LINE_BREAKS = re.compile(r"[\r\n]+")
_MARKS = "#>*- \t"
"""Markdown in front of a line, which is no part of a title."""
_DESP_TITLE_CHARS = 32
"""Turbo's limit of a title (docs/dialects/serverchan.md 4); a title that was sent is
not cut to it."""


def title_from_desp(desp: str) -> str:
    """The first line that is more than Markdown marks, without those in front of it.

    A text of nothing but marks gives its first line. A blank text must not come here.
    """
    lines = [text for line in desp.splitlines() if (text := line.strip())]
    bare = (line.lstrip(_MARKS) for line in lines)
    title = next(filter(None, bare), lines[0])
    return title[:_DESP_TITLE_CHARS].rstrip()


def note_title_cut(draft: SendDraft, fitted: Fitted) -> None:
    """Note that the message was too large for its whole title."""
    if "title" in fitted.cut:
        sent = (name for name in ("title", "text") if name in draft.sent)
        draft.notes.append(Note(next(sent, "desp"), "title.cut"))


def _translate(draft: SendDraft, name: str) -> None:
    if draft.title is not None:
        draft.notes.append(Note(name, "title.unused"))
        return
    title = draft.sent[name].strip()
    draft.title = _LINE_BREAKS.sub(" ", title)
    one_line = draft.title == title
    draft.notes.append(known_note(name, "title" if one_line else "title.one_line"))


PARAMETERS = (
    Parameter(
        name="title",
        place="title",
        translate=_translate,
        notes={
            "title": NoteText(
                Verdict.KEPT,
                "title",
                "The title.",
                "标题。",
            ),
            # WeChat refused such a title when it delivered; here it is delivered.
            "title.one_line": NoteText(
                Verdict.CHANGED,
                "title",
                "Line breaks became spaces: a title is one line.",
                "换行变成空格：标题只有一行。",
            ),
            "title.cut": NoteText(
                Verdict.CHANGED,
                "title",
                "It was cut: with it whole, no native message fits.",
                "已截断：原生消息放不下全部内容。",
            ),
        },
        refusals={
            "no_title": RefusalText(
                "The message has no title",
                "消息没有标题",
            ),
        },
    ),
    # The vendor's own demos for Turbo and SC3 still send the classic name.
    Parameter(
        name="text",
        place="title",
        translate=_translate,
        notes={
            "title.unused": NoteText(
                Verdict.CHANGED,
                None,
                "It stands in for a missing title, and there was a title.",
                "只在没有 title 时代替它，而这里有 title。",
            ),
        },
    ),
)
