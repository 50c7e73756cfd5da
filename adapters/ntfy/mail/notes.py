"""Notes about a mail's own fields, in sentences."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

NOTES: Mapping[str, NoteText] = {
    "mail_html": NoteText(
        Verdict.CHANGED,
        "body",
        "The mail has HTML only; its text is kept.",
        "邮件只有 HTML，保留其中的文字。",
    ),
    "mail_alternative": NoteText(
        Verdict.CHANGED,
        None,
        "The same once more as HTML: ntfy takes the plain text.",
        "同样内容的 HTML 版本：ntfy 取纯文本。",
    ),
    "mail_subject": NoteText(
        Verdict.CHANGED,
        "body",
        "The mail has no text, so its subject is the message.",
        "邮件没有正文，主题就是消息。",
    ),
    "mail_importance": NoteText(
        Verdict.CHANGED,
        "severity",
        "ntfy does not read it; here it makes a message high or low.",
        "ntfy 不读取它；这里用它决定消息的紧急程度。",
    ),
    "mail_image": NoteText(
        Verdict.KEPT,
        "images",
        "ntfy drops what is attached; here the first picture comes along.",
        "ntfy 会丢弃附件；这里保留第一张图片。",
    ),
    "mail_attachment": NoteText(
        Verdict.CHANGED,
        None,
        "ntfy takes the text of a mail, and nothing attached to it.",
        "ntfy 只取邮件的文字，不取附件。",
    ),
}
