"""Notes that any Bark parameter may have; those of one alone stand with it."""

from __future__ import annotations

import re

from pushgo_compat.legacy import Note, NoteText, Verdict

MAX_NOTES = 256
"""Of the parameters, and as many of what reading lost: a receipt needs no more."""
UNNAMED = "…"
UNREAD = Note(UNNAMED, "unread")
_ORDINARY_NAME = re.compile(r"[\w.-]{1,48}")


def shown_name(name: str) -> str:
    """The sender's spelling of a name, or ``…`` for a text that is no name.

    ``curl -d '{…}'`` sends JSON that is read as a form: the whole text is then the
    name, and it may hold a key.
    """
    return name if _ORDINARY_NAME.fullmatch(name) else UNNAMED


NOTES = {
    # kept as metadata
    "recorded": NoteText(
        Verdict.RECORDED,
        "metadata.{}",
        "Stored for programs that read it; nothing acts on it.",
        "已保存，供程序读取；不产生任何效果。",
    ),
    "metadata_cut": NoteText(
        Verdict.CHANGED,
        "metadata.{}",
        "It was longer than metadata may be and was cut.",
        "超出元数据的长度，已截断。",
    ),
    "too_long": NoteText(
        Verdict.LOST,
        None,
        "It is too long, and half of it would be worse than none.",
        "太长，截断后没有意义，所以没有保留。",
    ),
    "metadata_dropped": NoteText(
        Verdict.LOST,
        None,
        "The message was too large, so it has no metadata.",
        "消息太大，没有元数据。",
    ),
    # values that say nothing
    "cleaned": NoteText(
        Verdict.CHANGED,
        "message",
        "Characters that native text cannot hold were taken out.",
        "已去掉原生文本不允许的字符。",
    ),
    "empty": NoteText(
        Verdict.CHANGED,
        None,
        "An empty value says nothing.",
        "空值，等于没有写。",
    ),
    "null": NoteText(
        Verdict.CHANGED,
        None,
        "A null says nothing.",
        "值为 null，等于没有写。",
    ),
    "not_text": NoteText(
        Verdict.CHANGED,
        None,
        "Bark reads only plain values here.",
        "Bark 在这里只读取普通值。",
    ),
    # what reading loses
    "lifted": NoteText(
        Verdict.CHANGED,
        "message",
        "Bark reads the members of an object as parameters.",
        "Bark 把对象的成员当作参数。",
    ),
    "not_lifted": NoteText(
        Verdict.CHANGED,
        None,
        "Bark does not take this from inside an object.",
        "Bark 不从对象里面取这个参数。",
        outdone=True,
    ),
    "overruled": NoteText(
        Verdict.CHANGED,
        None,
        "The request names it again, where it counts for more.",
        "请求里还有一个同名参数，以那个为准。",
        outdone=True,
    ),
    "unread": NoteText(
        Verdict.LOST,
        None,
        "No more than 1,000 parameters are read of one place.",
        "同一处最多读取 1,000 个参数。",
    ),
    "body_unread": NoteText(
        Verdict.CHANGED,
        None,
        "Bark reads a body as JSON, form or multipart, by its type.",
        "Bark 按类型把请求体读作 JSON、表单或 multipart。",
        outdone=True,
    ),
    # beside the parameters
    "not_bound": NoteText(
        Verdict.LOST,
        None,
        "The app has its server, but its phone is not bound to the key.",
        "应用已添加服务器，但手机没有绑定到这个密钥。",
    ),
    "login": NoteText(
        Verdict.CHANGED,
        None,
        "The device key suffices; the old server's login is not needed.",
        "有设备 key 就够了，不需要旧服务器的登录信息。",
    ),
}
