"""The address behind a tap, pictures, and the actions of a notification."""

from __future__ import annotations

from adapters.bark.draft import PushDraft, Sent
from adapters.bark.parameters.parameter import (
    Cut,
    FromJson,
    Parameter,
    View,
    keep_copy,
    keep_switch,
)
from adapters.shared.parsing import MAX_NATIVE_URL_CHARS, is_http_url, native_url
from pushgo_compat.legacy import Note, NoteText, Verdict
from pushgo_compat.model import NativeMessage


def _translate_url(draft: PushDraft, name: str, sent: Sent) -> None:
    url = sent.text.strip()
    if not url:
        draft.notes.append(Note(sent.name, "empty"))
    elif len(url.encode()) > MAX_NATIVE_URL_CHARS:
        draft.drop_long(name, sent)
    else:
        draft.url = native_url(url)
        draft.notes.append(Note(sent.name, "url" if draft.url else "url_forbidden"))


def _forward_url(message: NativeMessage, view: View) -> str | None:
    return message.url


def _translate_image(draft: PushDraft, name: str, sent: Sent) -> None:
    image = sent.text.strip()
    if is_http_url(image) and len(image.encode()) <= MAX_NATIVE_URL_CHARS:
        draft.images = (image,)
        draft.notes.append(Note(sent.name, "image"))
    else:
        draft.keep_whole(name, sent)


def _forward_image(message: NativeMessage, view: View) -> str | None:
    return message.images[0] if message.images else None


PARAMETERS = (
    Parameter(
        name="url",
        translate=_translate_url,
        from_json=FromJson.PLAIN,
        forward=_forward_url,
        notes={
            "url": NoteText(
                Verdict.KEPT,
                "url",
                "The address is opened on tap.",
                "点击时打开这个地址。",
            ),
            "url_forbidden": NoteText(
                Verdict.LOST,
                None,
                "Native messages refuse addresses that run code.",
                "原生消息不接受会运行代码的地址。",
            ),
        },
    ),
    Parameter(
        name="image",
        translate=_translate_image,
        from_json=FromJson.PLAIN,
        forward=_forward_image,
        notes={
            "image": NoteText(
                Verdict.KEPT,
                "images",
                "The picture, shown with the message.",
                "图片，随消息一起显示。",
            ),
            "images_dropped": NoteText(
                Verdict.LOST,
                None,
                "The message was too large, so it has no image.",
                "消息太大，没有图片。",
            ),
        },
    ),
    # The address of a picture in place of the app's icon.
    Parameter(
        name="icon",
        translate=keep_copy("icon", whole=True),
        notes={
            "icon": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Bark's app shows it, others do not.",
                "已保存。Bark 应用会显示，其他不会。",
            )
        },
    ),
    # "none": a tap does nothing; "alert": a tap opens a pop-up.
    Parameter(
        name="action",
        translate=keep_copy("action"),
        notes={
            "action": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Only Bark's app changes what a tap does.",
                "已保存。只有 Bark 应用会改变点击的效果。",
            )
        },
    ),
    # The text that the copy button takes; autocopy=1 takes it on arrival.
    Parameter(
        name="copy",
        translate=keep_copy("copy"),
        notes={
            "copy": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Only Bark's app has a copy button.",
                "已保存。只有 Bark 应用有复制按钮。",
            ),
        },
    ),
    Parameter(
        name="autocopy",
        translate=keep_switch("autocopy"),
        notes={
            "autocopy": NoteText(
                Verdict.LOST,
                "metadata.{}",
                "Stored. Only Bark's app copies when the message arrives.",
                "已保存。只有 Bark 应用会在收到时复制。",
            ),
        },
    ),
    # The older name of autocopy; acme.sh still sends it.
    Parameter(name="automaticallycopy", translate=keep_switch("autocopy")),
)
CUTS = {"images": Cut("images_dropped", ("image",))}
