"""Notes that any parameter may get, in sentences (docs/dialects/ntfy.md 13)."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

NOTES: Mapping[str, NoteText] = {
    # Kept in another form
    "cleaned": NoteText(
        Verdict.CHANGED,
        "{}",
        "U+0000 cannot be in a native message and was removed.",
        "原生消息不能有 U+0000，已去掉。",
    ),
    "too_large": NoteText(
        Verdict.CHANGED,
        "{}",
        "Shortened: it was more than a native message may hold.",
        "超出原生消息的容量，已缩短。",
    ),
    "cut": NoteText(
        Verdict.CHANGED,
        "metadata.compat.ntfy.{}",
        "Shortened to 512 characters.",
        "缩短到 512 个字符。",
    ),
    "dropped": NoteText(
        Verdict.LOST,
        None,
        "Too long to keep whole, and half an address is none; "
        "metadata.compat.ntfy.dropped names it.",
        "太长，截断的地址没有用处，所以没有保留；名称在 metadata.compat.ntfy.dropped。",
    ),
    # Without an effect
    "default": NoteText(
        Verdict.KEPT,
        None,
        "Asks for what happens anyway.",
        "默认就是这样。",
    ),
    "unused": NoteText(
        Verdict.CHANGED,
        None,
        "ntfy does not use it in a request like this one.",
        "在这样的请求里，ntfy 也不用它。",
        outdone=True,
    ),
    "overridden": NoteText(
        Verdict.CHANGED,
        None,
        "The same parameter was sent again, where ntfy looks first.",
        "同一个参数在别处也有，ntfy 以那个为准。",
        outdone=True,
    ),
    "blank": NoteText(
        Verdict.CHANGED,
        None,
        "Empty: ntfy takes it as not sent.",
        "为空，ntfy 当作没有发送。",
    ),
    "unknown": NoteText(
        Verdict.CHANGED,
        None,
        "ntfy has no parameter of this name.",
        "ntfy 没有这个参数。",
    ),
    "login_unreadable": NoteText(
        Verdict.CHANGED,
        None,
        "Neither Basic nor Bearer, or garbled: ntfy takes it as no login.",
        "既不是 Basic 也不是 Bearer，或者已损坏：ntfy 当作没有登录。",
    ),
}
