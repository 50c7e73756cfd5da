"""The sentence of each error code, in English and in Simplified Chinese."""

from __future__ import annotations

from typing import NamedTuple


class Sentence(NamedTuple):
    """One refusal in both languages; ``{detail}`` stands for ``NativeError.detail``."""

    en: str
    zh: str


SENTENCES = {
    "invalid_json_syntax": Sentence(
        "The body is not valid JSON in UTF-8.",
        "请求体不是有效的 UTF-8 JSON。",
    ),
    "invalid_json_data": Sentence(
        "A wrong type or character in the data: {detail}",
        "数据中的类型或字符有误：{detail}",
    ),
    "unknown_field": Sentence(
        "Unknown field: {detail}",
        "未知字段：{detail}",
    ),
    "missing_json_content_type": Sentence(
        "Send the message with Content-Type: application/json.",
        "请使用 Content-Type: application/json 发送。",
    ),
    "channel_id_required": Sentence(
        "channel_id is required.",
        "缺少 channel_id。",
    ),
    "invalid_channel_id": Sentence(
        "channel_id must be 26 symbols of Crockford's base32 (no I, L, O, U).",
        "channel_id 必须是 26 个 Crockford Base32 字符（不含 I、L、O、U）。",
    ),
    "password_required": Sentence(
        "password is required.",
        "缺少 password。",
    ),
    "invalid_password": Sentence(
        "password must be text of 8 to 128 characters.",
        "password 必须是 8 到 128 个字符的文本。",
    ),
    "title_required": Sentence(
        "title is required: text that is not blank.",
        "缺少 title：必须是非空文本。",
    ),
    "op_id_invalid": Sentence(
        "op_id must be 1 to 128 letters, digits, _ : or -",
        "op_id 必须是 1 到 128 个字母、数字、_、: 或 -",
    ),
    "thing_id_invalid": Sentence(
        "thing_id must be 1 to 64 letters, digits, _ : or -",
        "thing_id 必须是 1 到 64 个字母、数字、_、: 或 -",
    ),
    "occurred_at_invalid": Sentence(
        "occurred_at must be a Unix time in seconds or milliseconds.",
        "occurred_at 必须是 Unix 时间（秒或毫秒）。",
    ),
    "occurred_at_required_for_thing_scoped_message": Sentence(
        "occurred_at is required with thing_id.",
        "传入 thing_id 时必须同时传入 occurred_at。",
    ),
    "ttl_invalid": Sentence(
        "ttl must be the expiry as a Unix time in milliseconds or seconds.",
        "ttl 必须是过期时刻的 Unix 时间（毫秒或秒）。",
    ),
    "url_invalid": Sentence(
        "url must be at most 2048 characters and not javascript:, data: or vbscript:",
        "url 最多 2048 个字符，且不能是 javascript:、data: 或 vbscript:",
    ),
    "images_invalid": Sentence(
        "images must be a list of at most 32 URLs of 1 to 2048 characters.",
        "images 必须是最多 32 个 URL 的数组，每个 1 到 2048 个字符。",
    ),
    "tags_invalid": Sentence(
        "tags must be a list of at most 32 texts of 1 to 64 characters.",
        "tags 必须是最多 32 个标签的数组，每个 1 到 64 个字符。",
    ),
    "metadata_invalid": Sentence(
        "metadata must be an object with keys of 1 to 64 characters and strings, "
        "numbers or booleans of 1 to 512 characters.",
        "metadata 必须是对象：键 1 到 64 个字符，值为 1 到 512 个字符的字符串、"
        "数字或布尔值。",
    ),
    "subscription_invalid": Sentence(
        "The subscription must be a browser's PushSubscription: an https endpoint of at"
        " most 2,048 characters, and its two keys.",
        "必须是浏览器的 PushSubscription：不超过 2048 个字符的 https 地址及两个密钥。",
    ),
    "too_many_targets": Sentence(
        "This channel has 20 browsers already; remove one first.",
        "本频道已有 20 个浏览器订阅，请先移除一个。",
    ),
    "webpush_not_configured": Sentence(
        "This gateway sends no web push: set PUSHGO_WEBPUSH_SUBJECT.",
        "本网关未启用网页推送：请设置 PUSHGO_WEBPUSH_SUBJECT。",
    ),
    "since_invalid": Sentence(
        "since must be the id of a message of this channel, a Unix time in "
        "milliseconds, or all.",
        "since 必须是本频道的消息 ID、毫秒 Unix 时间或 all。",
    ),
    "before_invalid": Sentence(
        "before must be the id of a message of this channel.",
        "before 必须是本频道的消息 ID。",
    ),
    "limit_invalid": Sentence(
        "limit must be a number from 1 to 500.",
        "limit 必须是 1 到 500 的整数。",
    ),
    "order_invalid": Sentence(
        "order must be asc or desc.",
        "order 必须是 asc 或 desc。",
    ),
    "authentication_failed": Sentence(
        "Authentication failed: this route needs Authorization: {detail}.",
        "认证失败：此接口需要 Authorization: {detail}。",
    ),
    "channel_not_found": Sentence(
        "There is no such channel, or the password is wrong.",
        "频道不存在，或密码不正确。",
    ),
    "message_not_found": Sentence(
        "There is no such message in this channel.",
        "该频道中没有这条消息。",
    ),
    "route_not_found": Sentence(
        "There is no such route.",
        "没有这个接口。",
    ),
    "method_not_allowed": Sentence(
        "This route does not take this method.",
        "此接口不支持该请求方法。",
    ),
    "request_too_large": Sentence(
        "The request is larger than 32768 bytes.",
        "请求超过 32768 字节。",
    ),
    "rate_limited": Sentence(
        "Too many requests; try again in a moment.",
        "请求过于频繁，请稍后再试。",
    ),
    "internal_error": Sentence(
        "The gateway failed; the request id helps its operator to find out why.",
        "网关内部错误；管理员可凭请求 ID 查找原因。",
    ),
    "server_busy": Sentence(
        "The gateway could not store anything just now; nothing was accepted. "
        "Try again in a moment.",
        "网关暂时无法写入，消息未被接受，请稍后再试。",
    ),
}
"""Every code that the native API answers with, in the order of docs/native-api.md."""

_MAX_DETAIL_CHARS = 64
_STORE_REASONS_ZH = {
    "disk full": "磁盘已满",
    "disk error": "磁盘读写错误",
    "held by another process": "存储被其他进程占用",
    "read-only": "存储为只读",
    "cannot be opened": "存储无法打开",
    "damaged": "存储已损坏",
}


def sentence(code: str, detail: str, *, chinese: bool) -> str:
    """Word a refusal. Raises KeyError for a code that is not in ``SENTENCES``."""
    pair = SENTENCES[code]
    text = pair.zh if chinese else pair.en
    return text.replace("{detail}", detail[:_MAX_DETAIL_CHARS])


def store_reason(reason: str, *, chinese: bool) -> str:
    """The reason in ``ServerBusy.detail``, in the caller's language."""
    return _STORE_REASONS_ZH.get(reason, reason) if chinese else reason
