"""What became of each Gotify field, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

METADATA = "compat.gotify."
"""What the names of this dialect's metadata begin with."""
PRIORITY = f"{METADATA}priority"
CONTENT_TYPE = f"{METADATA}content_type"
EXTRAS = f"{METADATA}extras"
TRUNCATED = f"{METADATA}truncated"

_KEPT, _CHANGED = Verdict.KEPT, Verdict.CHANGED
_RECORDED, _LOST = Verdict.RECORDED, Verdict.LOST

NOTES: Mapping[str, NoteText] = {
    # any field
    "cleaned": NoteText(
        _CHANGED,
        "{}",
        "Native text has no U+0000.",
        "原生文本不能有 U+0000。",
    ),
    "unknown": NoteText(
        _CHANGED,
        None,
        "Gotify takes no such field here.",
        "Gotify 在这里没有这个字段。",
    ),
    "appid": NoteText(
        _CHANGED,
        None,
        "The token alone says which application sends.",
        "哪个应用在发送，只看令牌。",
    ),
    "metadata.dropped": NoteText(
        _LOST,
        None,
        "The message was too large, so it has no metadata.",
        "消息太大，没有元数据。",
    ),
    # title, message
    "title": NoteText(
        _KEPT,
        "title",
        "The title.",
        "标题。",
    ),
    "title.one_line": NoteText(
        _CHANGED,
        "title",
        "Line breaks became spaces: a title is one line.",
        "换行变成空格：标题只有一行。",
    ),
    "title.blank": NoteText(
        _CHANGED,
        "title",
        "It was blank: the channel's name stands for it.",
        "标题为空，用频道名称代替。",
    ),
    "title.cut": NoteText(
        _CHANGED,
        "title",
        "It was cut: with it whole, no native message fits.",
        "已截断：原生消息放不下全部内容。",
    ),
    "message": NoteText(
        _KEPT,
        "body",
        "The text, as sent.",
        "正文，和发送的一样。",
    ),
    "message.blank": NoteText(
        _CHANGED,
        None,
        "A blank text counts as none.",
        "空白的正文等于没有正文。",
    ),
    "message.cut": NoteText(
        _CHANGED,
        "body",
        "The end was cut: a body has at most 65,536 bytes.",
        "末尾被截断：正文最多 65,536 字节。",
    ),
    # priority
    "priority": NoteText(
        _CHANGED,
        "severity",
        "The four bands of Gotify's Android app become three severities.",
        "Gotify 安卓应用的四档变成三级严重程度。",
    ),
    "priority.exact": NoteText(
        _RECORDED,
        f"metadata.{PRIORITY}",
        "Stored: the number itself; nothing acts on it.",
        "已保存：数字本身，不产生任何效果。",
    ),
    # extras
    "display.markdown": NoteText(
        _KEPT,
        "body",
        "A native body is Markdown by itself.",
        "原生正文本来就是 Markdown。",
    ),
    "display.plain": NoteText(
        _CHANGED,
        "body",
        "A native body is shown as Markdown.",
        "原生正文按 Markdown 显示。",
    ),
    "click": NoteText(
        _KEPT,
        "url",
        "Opens when the notification is clicked.",
        "点击通知时打开。",
    ),
    "click.unfit": NoteText(
        _LOST,
        None,
        "No native link: at most 2,048 characters, no script.",
        "不能作为原生链接：最多 2,048 个字符，不能是脚本。",
    ),
    "image": NoteText(
        _KEPT,
        "images",
        "The big image of the notification.",
        "通知的大图。",
    ),
    "image.unfit": NoteText(
        _LOST,
        None,
        "No native image: http or https, at most 2,048 characters.",
        "不能作为原生图片：要 http 或 https，最多 2,048 个字符。",
    ),
    "extras": NoteText(
        _RECORDED,
        f"metadata.{EXTRAS}",
        "Stored as JSON for programs that read it; nothing acts on it.",
        "以 JSON 保存，供程序读取；不产生任何效果。",
    ),
    "extras.action": NoteText(
        _LOST,
        f"metadata.{EXTRAS}",
        "Stored as JSON. Only Gotify's Android app opens the intent.",
        "以 JSON 保存。只有 Gotify 安卓应用会打开 intent。",
    ),
    "extras.large": NoteText(
        _LOST,
        None,
        "As JSON it is longer than the 512 characters of a metadata value.",
        "写成 JSON 超过元数据值的 512 个字符。",
    ),
}
"""Every code that a note of this dialect carries."""
