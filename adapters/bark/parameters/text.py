"""Title, subtitle, body and markdown (docs/dialects/bark.md 12.1).

Native titles are required and have one line, and there is one body: these parameters
are collected first and become native fields together, in ``title`` and ``body``.
"""

from __future__ import annotations

from adapters.bark.draft import RECORDED, PushDraft, Sent
from adapters.bark.parameters.parameter import Cut, FromJson, Parameter, View
from pushgo_compat.legacy import Note, NoteText, Verdict, known_note
from pushgo_compat.model import NativeMessage

PATH_FORMS: tuple[tuple[str, ...], ...] = (
    (),
    ("body",),
    ("title", "body"),
    ("title", "subtitle", "body"),
)
"""Which of these parameters stand behind the device key, by the number of segments."""
EMPTY_MESSAGE = "Empty Message"
"""The body that bark-server makes up for a push without any text (route_push.go)."""
_MAX_VIEW_BYTES = 4096
"""Apple refuses larger payloads, so a longer body beside a markdown never arrived."""


def title(draft: PushDraft, default: str) -> str:
    """The title in one line, or else the subtitle, or else ``default``."""
    title, subtitle = draft.texts.get("title"), draft.texts.get("subtitle")
    line = _one_line(title.text) if title else ""
    if title and not line:
        draft.notes.append(Note(title.name, "empty"))
    elif title:
        code = "title" if line == title.text else "title_one_line"
        draft.notes.append(known_note(title.name, code))
    if not line:
        draft.view["title"] = ""
    if subtitle is not None:
        stands_in = "" if line else _one_line(subtitle.text)
        draft.keep_prose("subtitle", subtitle, RECORDED if stands_in else "subtitle")
        if stands_in:
            draft.notes.append(Note(subtitle.name, "subtitle_as_title"))
            line = stands_in
    return line or default


def body(draft: PushDraft) -> str | None:
    """The markdown, or else the body, or else what bark-server makes up."""
    body, markdown = draft.texts.get("body"), draft.texts.get("markdown")
    if body:
        code = "body_hidden" if markdown else "body"
        draft.notes.append(known_note(body.name, code))
    if markdown:
        draft.notes.append(Note(markdown.name, "markdown"))
        draft.view["markdown"] = True
        if body and len(body.text.encode()) <= _MAX_VIEW_BYTES:
            draft.view["body"] = body.text
    shown = markdown or body
    if shown:
        # A native body is not blank (docs/native-api.md, "POST /message").
        return None if shown.text.isspace() else shown.text
    if draft.texts or draft.ciphertext:
        return None
    draft.view["body"] = ""
    return EMPTY_MESSAGE


def _collect(draft: PushDraft, name: str, sent: Sent) -> None:
    draft.texts[name] = sent


def _one_line(text: str) -> str:
    """The text trimmed, each run of blanks that holds a line break one space."""
    text = text.strip()
    if "\n" not in text and "\r" not in text:
        return text
    lines = (line.strip() for line in text.replace("\r", "\n").split("\n"))
    return " ".join(line for line in lines if line)


def _forward_title(message: NativeMessage, view: View) -> str | None:
    return None if "title" in view else message.title


def _forward_body(message: NativeMessage, view: View) -> str | None:
    if "body" in view:
        return str(view["body"])
    return None if "markdown" in view else message.body


def _forward_markdown(message: NativeMessage, view: View) -> str | None:
    return message.body if "markdown" in view else None


PARAMETERS = (
    Parameter(
        name="title",
        translate=_collect,
        from_json=FromJson.PLAIN,
        from_object=False,
        forward=_forward_title,
        notes={
            "title": NoteText(
                Verdict.KEPT,
                "title",
                "The title, word for word.",
                "标题，一字不差。",
            ),
            "title_one_line": NoteText(
                Verdict.CHANGED,
                "title",
                "A native title is one line without blanks around it.",
                "原生标题只有一行，首尾没有空白。",
            ),
            "title_cut": NoteText(
                Verdict.CHANGED,
                "title",
                "The message was too large, so its title was cut.",
                "消息太大，标题被截断。",
            ),
        },
    ),
    Parameter(
        name="subtitle",
        translate=_collect,
        from_json=FromJson.PLAIN,
        from_object=False,
        notes={
            "subtitle": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app shows this line, others do not.",
                "已保存。Bark 应用会显示这一行，其他不会。",
            ),
            "subtitle_as_title": NoteText(
                Verdict.CHANGED,
                "title",
                "A title is required, and the subtitle was the only one.",
                "必须有标题，而请求里只有副标题。",
            ),
        },
    ),
    Parameter(
        name="body",
        translate=_collect,
        from_json=FromJson.PLAIN,
        from_object=False,
        forward=_forward_body,
        notes={
            "body": NoteText(
                Verdict.KEPT,
                "body",
                "The text, word for word. A reader that takes it for Markdown may "
                "show * _ # and < in another way.",
                "正文，一字不差。把它当作 Markdown 的客户端可能会改变 * _ # < 的显示。",
            ),
            "body_cut": NoteText(
                Verdict.CHANGED,
                "body",
                "The message was too large, so its body was cut.",
                "消息太大，正文被截断。",
            ),
            "body_large": NoteText(
                Verdict.KEPT,
                "body",
                "Kept whole, but larger than one POST /message could carry.",
                "完整保留，但已超出一次 POST /message 的容量。",
            ),
            "body_hidden": NoteText(
                Verdict.CHANGED,
                None,
                "Bark shows the markdown in place of the body.",
                "Bark 显示 markdown，不显示 body。",
            ),
        },
    ),
    Parameter(
        name="markdown",
        translate=_collect,
        from_json=FromJson.PLAIN,
        forward=_forward_markdown,
        notes={
            "markdown": NoteText(
                Verdict.KEPT,
                "body",
                "A native body is Markdown.",
                "原生正文就是 Markdown。",
            ),
        },
    ),
)
CUTS = {
    "title": Cut("title_cut", ("title", "subtitle")),
    "body": Cut("body_cut", ("markdown", "body")),
}
