"""The true reasons of refusals, in the operator's words, in both languages.

Only the operator reads them: a caller is told what his old server would have said.
"""

from __future__ import annotations

from typing import NamedTuple

from pushgo_compat.core.auth.opening.grants import (
    LOGIN_NEEDED,
    NO_KEY,
    NO_TOPIC,
    SEND_ONLY,
    UNKNOWN_KEY,
    WRONG_LOGIN,
    WRONG_PASSWORD,
)
from pushgo_compat.core.receipts.faults import FaultWords
from pushgo_compat.errors import ChannelNotFound, NativeError

BY_THE_DIALECT = "dialect"
"""The old server refuses such a request itself, in words of its own."""


class Words(NamedTuple):
    """A sentence in both languages.

    ``{channel}`` is the channel's name, ``{detail}`` what the refusal said.
    """

    en: str
    zh: str


class ReasonText(NamedTuple):
    """A reason, and what can be done about it."""

    title: Words
    todo: Words


class Reason(NamedTuple):
    """Why one call was refused."""

    code: str
    detail: str = ""
    channel: int | None = None
    """The channel that the key named, in vain."""
    alias_id: str | None = None


REASONS = {
    UNKNOWN_KEY: ReasonText(
        Words("Unknown key", "未认领的密钥"),
        Words(
            "Bind the key to a channel; its next call goes through.",
            "把密钥绑定到频道，下一次调用就会通过。",
        ),
    ),
    NO_KEY: ReasonText(
        Words("No key", "没有密钥"),
        Words(
            "The call names no topic, device key or sendkey: look at its address.",
            "调用里没有主题、device key 或 sendkey，请检查它的地址。",
        ),
    ),
    NO_TOPIC: ReasonText(
        Words(
            "A topic of UnifiedPush without a phone", "没有手机订阅的 UnifiedPush 主题"
        ),
        Words(
            "Nothing to do: the app has dropped it, or was not here for 30 days.",
            "不用处理：手机上的应用已经不用它，或者 30 天没有来过。",
        ),
    ),
    WRONG_PASSWORD: ReasonText(
        Words("Wrong password for {channel}", "“{channel}”的密码不对"),
        Words(
            "Put the channel's password of today into the script, or make a new one.",
            "在脚本里换成频道现在的密码，或者更换密码。",
        ),
    ),
    LOGIN_NEEDED: ReasonText(
        Words("A login is needed", "需要登录"),
        Words(
            "Let the script log in, or bind its key without a login.",
            "让脚本登录，或者重新绑定它的密钥，不要求登录。",
        ),
    ),
    WRONG_LOGIN: ReasonText(
        Words("The login does not fit this alias", "登录信息与这个别名不符"),
        Words(
            "Bind the old login to the alias, or use the channel's password.",
            "把旧的登录信息绑定到别名，或者使用频道密码。",
        ),
    ),
    SEND_ONLY: ReasonText(
        Words("This alias only sends", "这个别名只能发送"),
        Words(
            "Subscribe with the channel's key, or change the alias.",
            "用频道的密钥订阅，或者修改别名。",
        ),
    ),
    BY_THE_DIALECT: ReasonText(
        Words(
            "Refused as the old server would: {detail}", "旧服务器也会拒绝：{detail}"
        ),
        Words("Mend the call; the answer says what.", "请修改调用，回答里写明了原因。"),
    ),
    "authentication_failed": ReasonText(
        Words("The gateway token is missing or wrong", "网关令牌缺失或不对"),
        Words(
            "Send PUSHGO_TOKEN along, or set PUSHGO_TOKEN_ON_DIALECTS=false.",
            "请带上 PUSHGO_TOKEN，或设置 PUSHGO_TOKEN_ON_DIALECTS=false。",
        ),
    ),
    "rate_limited": ReasonText(
        Words("Too many calls or password checks at once", "调用或密码校验过多"),
        Words(
            "Try again; PUSHGO_RATE_LIMIT sets how many are let in.",
            "请稍后再试；PUSHGO_RATE_LIMIT 决定放行多少。",
        ),
    ),
    "request_too_large": ReasonText(
        Words("Too large", "内容过大"),
        Words("Send less.", "请减小内容。"),
    ),
    "server_busy": ReasonText(
        Words("Busy: {detail}", "繁忙：{detail}"),
        Words(
            "Nothing was accepted. Look at the disk and at the outbox.",
            "消息未被接受。请检查磁盘和推送队列。",
        ),
    ),
    "internal_error": ReasonText(
        Words("A fault of the gateway", "网关内部错误"),
        Words(
            "The log has the request id and the place.",
            "日志里有请求 ID 和出错位置。",
        ),
    ),
    "malformed_request": ReasonText(
        Words("Not HTTP that can be read", "无法解析的 HTTP 请求"),
        Words(
            "Look at the client, or what stands before us.",
            "请检查客户端或前面的代理。",
        ),
    ),
    "not_found": ReasonText(
        Words("There is no such thing here: {detail}", "这里没有：{detail}"),
        Words("Look at the address of the call.", "请检查调用的地址。"),
    ),
}
"""Every reason by its code."""
_OTHERWISE = ReasonText(
    Words("Refused: {detail}", "已拒绝：{detail}"),
    Words("The answer says why.", "回答里写明了原因。"),
)


def reason_of(error: NativeError) -> Reason:
    """The true reason of one of the core's refusals."""
    if isinstance(error, ChannelNotFound):
        return Reason(error.why or NO_KEY, "", error.channel, error.alias_id)
    return Reason(error.code, error.detail or error.code)


def word_fault(words: FaultWords) -> ReasonText:
    """What a dialect refused by itself, and what is to be mended in the call."""
    todo = REASONS[BY_THE_DIALECT].todo
    if words.what_en:
        todo = Words(
            f"Mend {words.what_en}; the answer is in the old server's words.",
            f"请修改{_spaced(words.what_zh)}；回答是旧服务器的原话。",
        )
    return ReasonText(Words(words.en, words.zh), todo)


def _spaced(name: str) -> str:
    """Latin letters stand apart from Chinese ones."""
    return f" {name}" if name[:1].isascii() else name


def word_reason(code: str, detail: str, channel_name: str) -> ReasonText:
    """A reason's sentences, filled in."""
    text = REASONS.get(code, _OTHERWISE)
    filled = [
        Words(
            *(
                words.replace("{channel}", channel_name or "?").replace(
                    "{detail}", detail or code
                )
                for words in pair
            )
        )
        for pair in text
    ]
    return ReasonText(*filled)
