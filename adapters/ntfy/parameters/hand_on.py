"""Parameters for the services that ntfy hands a message on to, or keeps it in.

E-mail, phone calls, Firebase and iOS polls do not exist here; a message that asks for
them is accepted all the same (docs/dialects/ntfy.md 13).
"""

from __future__ import annotations

import re

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.parameter import Parameter
from pushgo_compat.legacy import NoteText, RefusalText, Verdict

_PHONE_NUMBER = re.compile(r"\+[0-9]{1,100}")
_NO_CALL = frozenset({"0", "no", "false"})
_CALL_WORDS = frozenset({"1", "yes", "true", *_NO_CALL})
_WEB_PUSH_ENCODING = "aes128gcm"


def is_unifiedpush(found: Found) -> bool:
    """Whether the body is for another app: by the flag, or encrypted by Web Push."""
    values = found.values
    if values.get("content_encoding") == _WEB_PUSH_ENCODING:
        return True
    return "unifiedpush" in values and found.flag("unifiedpush")


def _translate_email(native: NativeFields, value: str, sent_as: str) -> str:
    native.record("email", value, sent_as)
    return "email"


def _check_call(_found: Found, _view: EventView, value: str) -> None:
    if value not in _CALL_WORDS and not _PHONE_NUMBER.fullmatch(value):
        raise refusal(40033)


def _translate_call(native: NativeFields, value: str, sent_as: str) -> str:
    native.record("call", value, sent_as)
    return "default" if value in _NO_CALL else "call"


def _check_cache(found: Found, view: EventView, _value: str) -> None:
    if not found.flag("cache"):
        view["cache"] = False


def _translate_cache(native: NativeFields, _value: str, _sent_as: str) -> str:
    if "cache" not in native.view:
        return "default"
    native.metadata["compat.ntfy.cache"] = "no"
    return "cache_off"


def _translate_firebase(native: NativeFields, _value: str, _sent_as: str) -> str:
    return "default" if native.found.flag("firebase") else "firebase"


def _translate_unifiedpush(native: NativeFields, _value: str, _sent_as: str) -> str:
    return "unifiedpush" if native.found.flag("unifiedpush") else "default"


def _translate_encoding(_native: NativeFields, value: str, _sent_as: str) -> str:
    return "unifiedpush" if value == _WEB_PUSH_ENCODING else ""


PARAMETERS = (
    Parameter(
        name="email",
        names=("x-email", "x-e-mail", "email", "e-mail", "mail", "e"),
        from_json=read_text,
        translate=_translate_email,
        notes={
            "email": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.email",
                "Stored. No e-mail is sent.",
                "已保存，但不会发邮件。",
            ),
        },
    ),
    Parameter(
        name="call",
        names=("x-call", "call"),
        from_json=read_text,
        check=_check_call,
        turn=4,
        translate=_translate_call,
        notes={
            "call": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.call",
                "Stored. No phone is called; the priority max breaks through silence.",
                "已保存，但不会拨打电话；需要打破静音时请用优先级 max。",
            ),
        },
        refusals={
            "40033": RefusalText(
                "ntfy cannot call the phone number {value}",
                "ntfy 不能拨打电话号码{value}",
            ),
        },
    ),
    Parameter(
        name="cache",
        names=("x-cache", "cache"),
        from_json=read_text,
        check=_check_cache,
        turn=6,
        translate=_translate_cache,
        notes={
            "cache_off": NoteText(
                Verdict.CHANGED,
                "metadata.compat.ntfy.cache",
                "Hidden from ntfy polls; the message itself is always durable.",
                "ntfy 轮询看不到它；消息本身总会保存。",
            ),
        },
    ),
    Parameter(
        name="firebase",
        names=("x-firebase", "firebase"),
        from_json=read_text,
        translate=_translate_firebase,
        notes={
            "firebase": NoteText(
                Verdict.CHANGED,
                None,
                "There is no Firebase detour to switch off.",
                "这里不经过 Firebase，没有什么可关闭的。",
            ),
        },
    ),
    Parameter(
        name="unifiedpush",
        names=("x-unifiedpush", "unifiedpush", "up"),
        translate=_translate_unifiedpush,
        recorded="encoding",
        notes={
            "unifiedpush": NoteText(
                Verdict.KEPT,
                "body",
                "The body is passed on untouched, for another app.",
                "正文原样交给另一个应用。",
            ),
        },
    ),
    Parameter(
        name="content_encoding",
        names=("content-encoding",),
        of_http=True,
        translate=_translate_encoding,
    ),
    # Traffic between ntfy servers, for ntfy's iOS app: nothing is sent or stored.
    Parameter(
        name="poll_id",
        names=("x-poll-id", "poll-id"),
        notes={
            "poll_id": NoteText(
                Verdict.LOST,
                None,
                "A poll request is answered; it carries no message.",
                "轮询请求会得到回答，但其中没有消息。",
            ),
        },
    ),
)
