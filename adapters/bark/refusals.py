"""Refusals of bark-server's that are about no parameter alone, for the operator."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import RefusalText

LOGIN = "login"
NO_ROUTE = "no_route"
WRONG_METHOD = "wrong_method"
TOO_LARGE = "too_large"
BAD_JSON = "bad_json"
BAD_FORM = "bad_form"
BAD_ESCAPE = "bad_escape"
WRONG_TYPE = "wrong_type"
NO_TOKEN = "device_token.empty"  # noqa: S105 - a code
LONG_TOKEN = "device_token.long"  # noqa: S105 - a code
NO_BODY = "register.body"

REFUSALS: Mapping[str, RefusalText] = {
    LOGIN: RefusalText(
        "The login is not that of PUSHGO_BARK_USER", "登录信息与 PUSHGO_BARK_USER 不符"
    ),
    NO_ROUTE: RefusalText("Bark has no such address", "Bark 没有这个地址"),
    WRONG_METHOD: RefusalText(
        "This address wants another method", "这个地址要用另一种请求方法"
    ),
    TOO_LARGE: RefusalText("The body is too large", "请求体过大"),
    BAD_JSON: RefusalText("The body is no JSON object", "请求体不是 JSON 对象"),
    BAD_FORM: RefusalText(
        "The multipart body cannot be read", "无法读取 multipart 请求体"
    ),
    BAD_ESCAPE: RefusalText(
        "A % in the path is followed by no two hex digits",
        "路径里的 % 后面不是两位十六进制数",
    ),
    WRONG_TYPE: RefusalText(
        "A member of the JSON is no text", "JSON 里有一个字段不是文本"
    ),
    NO_TOKEN: RefusalText("The app gave no device token", "应用没有提供 device token"),
    LONG_TOKEN: RefusalText(
        "The device token is longer than 160 bytes",
        "device token 超过 160 字节",
    ),
    NO_BODY: RefusalText(
        "The body is neither JSON nor a form", "请求体既不是 JSON 也不是表单"
    ),
}
"""Each code and its sentence; see ``RefusalText``."""
