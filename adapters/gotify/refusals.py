"""What the operator reads of Gotify's own refusals."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import RefusalText

NO_TOKEN = "no_token"  # noqa: S105 - a code
NO_ROUTE = "no_route"
TOO_LARGE = "too_large"
NO_MESSAGE = "message.missing"
NOT_TEXT = "not_text"
EXTRAS = "extras.type"
PRIORITY = "priority"
BAD_JSON = "bad_json"
BAD_FORM = "bad_form"
BAD_MULTIPART = "bad_multipart"

REFUSALS: Mapping[str, RefusalText] = {
    NO_TOKEN: RefusalText(
        "No application's token, or a call that only clients of Gotify make",
        "没有应用的令牌，或者是只有 Gotify 客户端才会用的调用",
    ),
    NO_ROUTE: RefusalText("Gotify has no such address", "Gotify 没有这个地址"),
    TOO_LARGE: RefusalText("The message is too large", "消息过大"),
    NO_MESSAGE: RefusalText("The call has no message", "调用里没有 message"),
    NOT_TEXT: RefusalText("The value {value} is no text", "值{value}不是文本"),
    EXTRAS: RefusalText(
        "The extras {value} are no JSON object", "extras 的值{value}不是 JSON 对象"
    ),
    PRIORITY: RefusalText(
        "Priority {value} is no whole number of 64 bits",
        "优先级{value}不是 64 位整数",
    ),
    BAD_JSON: RefusalText("The body is no JSON object", "请求体不是 JSON 对象"),
    BAD_FORM: RefusalText(
        "The form or the query has a semicolon, or a % before no two hex digits",
        "表单或查询里有分号，或者 % 后面不是两位十六进制数",
    ),
    BAD_MULTIPART: RefusalText(
        "The multipart body cannot be read", "无法读取 multipart 请求体"
    ),
}
"""Each code and its sentence; see ``RefusalText``."""
