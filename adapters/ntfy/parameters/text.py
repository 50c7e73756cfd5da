"""What a message says: text, title, format, and the template that may make them."""

from __future__ import annotations

from adapters.ntfy.event import Event, EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_flag, read_text
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Filter, Parameter, Wanted
from pushgo_compat.legacy import NoteText, Verdict
from pushgo_compat.model import NativeMessage, Source

EMPTY_MESSAGE = "triggered"
"""The text that ntfy gives a message without one."""

_MARKDOWN = "text/markdown"
_MARKDOWN_SOURCES = frozenset({Source.NATIVE, Source.SERVERCHAN})
"""Doors whose bodies are Markdown. Bark's may be either, and does not say."""
_TEMPLATE_OFF = frozenset({"0", "no", "false"})


def _wanted_text(value: str) -> Wanted:
    return frozenset((value,)) if value else frozenset()


# ------------------------------------------------------------------- message, title


def _show_message(message: NativeMessage, _source: Source, view: EventView) -> None:
    """A title without a body is the whole text: ntfy has no message without one."""
    view["message"] = message.body or message.title or EMPTY_MESSAGE


def _show_title(message: NativeMessage, _source: Source, view: EventView) -> None:
    if message.title and message.body:
        view["title"] = message.title


def _has_message(wanted: Wanted, event: Event) -> bool:
    return event["message"] in wanted


def _has_title(wanted: Wanted, event: Event) -> bool:
    return event.get("title") in wanted


# ----------------------------------------------------------- markdown, content type


def _is_markdown(content_type: str) -> bool:
    """Only the bare type: ``text/markdown; charset=utf-8`` is plain text on ntfy."""
    return content_type.lower() == _MARKDOWN


def _check_markdown(found: Found, view: EventView, _value: str) -> None:
    if found.flag("markdown"):
        view["content_type"] = _MARKDOWN


def _check_content_type(_found: Found, view: EventView, value: str) -> None:
    if _is_markdown(value):
        view["content_type"] = _MARKDOWN


def _translate_markdown(native: NativeFields, _value: str, _sent_as: str) -> str:
    return "markdown" if native.found.flag("markdown") else "default"


def _translate_content_type(_native: NativeFields, value: str, _sent_as: str) -> str:
    return "markdown" if _is_markdown(value) else ""


def _show_markdown(message: NativeMessage, source: Source, view: EventView) -> None:
    if message.body and source in _MARKDOWN_SOURCES:
        view["content_type"] = _MARKDOWN


# ------------------------------------------------------------------------- template


def is_template(value: str) -> bool:
    """Whether the template parameter is on: true, or the name of a template."""
    return value.lower() not in _TEMPLATE_OFF


def _translate_template(_native: NativeFields, value: str, _sent_as: str) -> str:
    """A template that was used has left the parameters, with a note of its own."""
    return "unused" if is_template(value) else "default"


PARAMETERS = (
    # Read with the body, which replaces it (publish/body.py).
    Parameter(
        name="message",
        names=("x-message", "message", "m"),
        show=_show_message,
        filter=Filter(_wanted_text, _has_message),
        notes={
            "message": NoteText(
                Verdict.KEPT,
                "body",
                "The text, word for word.",
                "正文，一字不差。",
            ),
            "base64": NoteText(
                Verdict.CHANGED,
                "body",
                "The bytes are not UTF-8; they are sent as base64.",
                "内容不是 UTF-8，改用 Base64 发送。",
            ),
            "cut_by_ntfy": NoteText(
                Verdict.CHANGED,
                "body",
                "ntfy cuts this text after 4096 bytes, so it is cut here too.",
                "ntfy 会在 4096 字节处截断这段正文，这里也一样。",
            ),
            "large_body": NoteText(
                Verdict.KEPT,
                "body",
                "Kept whole, but larger than one POST /message could carry.",
                "完整保留，但已超出一次 POST /message 的容量。",
            ),
        },
    ),
    Parameter(
        name="title",
        names=("x-title", "title", "t"),
        from_json=read_text,
        event_key="title",
        note="title",
        show=_show_title,
        filter=Filter(_wanted_text, _has_title),
        notes={
            "title": NoteText(
                Verdict.KEPT,
                "title",
                "The title, word for word.",
                "标题，一字不差。",
            ),
        },
    ),
    Parameter(
        name="markdown",
        names=("x-markdown", "markdown", "md"),
        from_json=read_flag,
        check=_check_markdown,
        translate=_translate_markdown,
        recorded="content_type",
        show=_show_markdown,
        notes={
            "markdown": NoteText(
                Verdict.KEPT,
                "metadata.compat.ntfy.content_type",
                "Marks the text as Markdown.",
                "标记正文是 Markdown。",
            ),
        },
    ),
    Parameter(
        name="content_type",
        names=("content-type", "content_type"),
        of_http=True,
        check=_check_content_type,
        translate=_translate_content_type,
    ),
    Parameter(
        name="template",
        names=("x-template", "template", "tpl"),
        translate=_translate_template,
        notes={
            "template": NoteText(
                Verdict.CHANGED,
                "body",
                "The text that the template made is the message.",
                "模板生成的文本就是消息正文。",
            ),
            "template_input": NoteText(
                Verdict.CHANGED,
                "body",
                "The data of a template: what it did not take is not kept.",
                "模板的数据：模板没有用到的部分不保留。",
            ),
            "rendered": NoteText(
                Verdict.CHANGED,
                "{}",
                "A template, kept as the text that it made.",
                "这是模板，保留的是它生成的文本。",
            ),
        },
    ),
)
