"""A file beside the text: an address elsewhere, or an upload, and its name."""

from __future__ import annotations

import re
from urllib.parse import unquote

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import Attachment, EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.parameters.links import WEB_PREFIXES
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Parameter
from adapters.shared.parsing import clean_text, native_url
from pushgo_compat.legacy import NoteText, RefusalText, Verdict
from pushgo_compat.model import NativeMessage, Source

_URL_PATH = re.compile(r"https?://[^/?#]*([^?#]*)", re.DOTALL)
_URL_WITHOUT_QUERY = re.compile(r"[^?#]*")
_IMAGE = re.compile(r"(?i)\.(?:png|jpe?g|gif|webp|svg|bmp|avif|heic)$")


def _check_attach(found: Found, view: EventView, value: str) -> None:
    if not value.startswith(WEB_PREFIXES):
        raise refusal(40013)
    name = found.values.get("filename") or _name_from_url(value)
    view["attachment"] = {"name": name, "url": value}


def translate_attachment(
    native: NativeFields, attachment: Attachment, body_field: str
) -> None:
    """Put the event's attachment, sent or uploaded, into the native message.

    To be called after all parameters: the address becomes that of a tap only where no
    click address did. ``body_field`` is the sender's name for an uploaded body.
    """
    fields = native.found.fields
    file_field = fields.get("filename", body_field)
    sent_as = fields.get("attach", body_field) or file_field
    name, address = attachment["name"], attachment["url"]
    native.record("attachment_name", name, fields.get("filename", sent_as))
    recorded = native.record_address("attachment_url", address)
    for key in ("type", "size", "expires"):
        if (detail := attachment.get(key)) is not None:
            native.metadata[f"compat.ntfy.attachment_{key}"] = str(detail)
    url = native_url(clean_text(address))
    code = "attach_recorded" if recorded else "dropped"
    if url and _is_image(attachment):
        native.images = (url,)
        code = "attach_image"
    elif url and not native.url:
        native.url = url
        code = "attach_link"
    native.note(sent_as, code)


def _show_attachment(message: NativeMessage, _source: Source, view: EventView) -> None:
    if message.images:
        picture = message.images[0]
        view["attachment"] = {"name": _name_from_url(picture), "url": picture}


def _translate_filename(native: NativeFields, _value: str, _sent_as: str) -> str:
    attachment = native.view.get("attachment")
    if attachment is None:
        return "unused"
    return "filename" if "type" in attachment else "filename_recorded"


def _name_from_url(url: str) -> str:
    """The last segment of the address's path."""
    path = _URL_PATH.match(url)
    name = unquote(path[1]).rstrip("/").rpartition("/")[2] if path else ""
    return name or "attachment"


def _is_image(attachment: Attachment) -> bool:
    """By its type where that is known, else by the end of its name or its path."""
    if "type" in attachment:
        return attachment["type"].startswith("image/")
    path = _URL_WITHOUT_QUERY.match(attachment["url"])
    return bool(_IMAGE.search(attachment["name"]) or (path and _IMAGE.search(path[0])))


PARAMETERS = (
    # Its note comes from translate_attachment.
    Parameter(
        name="attach",
        names=("x-attach", "attach", "a"),
        from_json=read_text,
        check=_check_attach,
        turn=2,
        show=_show_attachment,
        notes={
            "attach_image": NoteText(
                Verdict.KEPT,
                "images",
                "A picture, shown with the message.",
                "图片，随消息一起显示。",
            ),
            "attach_link": NoteText(
                Verdict.CHANGED,
                "url",
                "Nothing else is tapped open, so the link leads to the file.",
                "没有其他点击地址，所以链接指向这个文件。",
            ),
            "attach_recorded": NoteText(
                Verdict.RECORDED,
                "metadata.compat.ntfy.attachment_url",
                "Stored; the click address is what opens.",
                "已保存；点击时打开的是 click 的地址。",
            ),
        },
        refusals={
            "40013": RefusalText(
                "The attachment {value} is no http or https address",
                "附件{value}不是 http 或 https 地址",
            ),
        },
    ),
    Parameter(
        name="filename",
        names=("x-filename", "filename", "file", "f"),
        from_json=read_text,
        translate=_translate_filename,
        notes={
            "filename": NoteText(
                Verdict.KEPT,
                "metadata.compat.ntfy.attachment_name",
                "The file is saved under this name.",
                "下载时文件用这个名字。",
            ),
            "filename_recorded": NoteText(
                Verdict.RECORDED,
                "metadata.compat.ntfy.attachment_name",
                "Stored. ntfy's apps show it, others do not.",
                "已保存。ntfy 应用会显示，其他不会。",
            ),
        },
    ),
)
