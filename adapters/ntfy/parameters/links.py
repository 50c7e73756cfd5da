"""Addresses that belong to a message: the one behind a tap, and the icon."""

from __future__ import annotations

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Parameter
from adapters.shared.parsing import is_http_url, native_url
from pushgo_compat.legacy import NoteText, RefusalText, Verdict
from pushgo_compat.model import NativeMessage, Source

WEB_PREFIXES = ("http://", "https://")
"""How an address of an icon or an attachment begins; ntfy wants lower case."""
_BARK_ICON = "compat.bark.icon"


def _translate_click(native: NativeFields, value: str, sent_as: str) -> str:
    if not is_http_url(value):
        kept = native.record_address("click", value)
        return "click_recorded" if kept else "dropped"
    native.url = native_url(native.clean(value, sent_as, "url"))
    if native.url:
        return "click"
    native.dropped.append("click")
    return "dropped"


def _show_click(message: NativeMessage, _source: Source, view: EventView) -> None:
    if message.url:
        view["click"] = message.url


def _check_icon(_found: Found, view: EventView, value: str) -> None:
    if not value.startswith(WEB_PREFIXES):
        raise refusal(40021)
    view["icon"] = value


def _translate_icon(native: NativeFields, value: str, _sent_as: str) -> str:
    return "icon" if native.record_address("icon", value) else "dropped"


def _show_icon(message: NativeMessage, _source: Source, view: EventView) -> None:
    icon = message.metadata.get(_BARK_ICON)
    if isinstance(icon, str) and icon.startswith(WEB_PREFIXES):
        view["icon"] = icon


PARAMETERS = (
    Parameter(
        name="click",
        names=("x-click", "click"),
        from_json=read_text,
        event_key="click",
        translate=_translate_click,
        show=_show_click,
        notes={
            "click": NoteText(
                Verdict.KEPT,
                "url",
                "Opens when the message is tapped.",
                "点击消息时打开。",
            ),
            "click_recorded": NoteText(
                Verdict.RECORDED,
                "metadata.compat.ntfy.click",
                "Stored, as it is no web address. ntfy's apps open it, others do not.",
                "不是网页地址，只保存下来。ntfy 应用会打开，其他不会。",
            ),
        },
    ),
    Parameter(
        name="icon",
        names=("x-icon", "icon"),
        from_json=read_text,
        check=_check_icon,
        turn=3,
        translate=_translate_icon,
        show=_show_icon,
        notes={
            "icon": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.icon",
                "Stored. ntfy's apps show it, others do not.",
                "已保存。ntfy 应用会显示，其他不会。",
            ),
        },
        refusals={
            "40021": RefusalText(
                "The icon {value} is no http or https address",
                "图标{value}不是 http 或 https 地址",
            ),
        },
    ),
)
