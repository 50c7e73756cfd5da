"""Refusals of ntfy's that are about no parameter alone, in the operator's words."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import RefusalText

WRONG_TYPE = "wrong_type"
"""Of a member of JSON; ntfy's number is 40024, as of what is no JSON."""

REFUSALS: Mapping[str, RefusalText] = {
    "40009": RefusalText(
        "The topic has signs that no topic may have, or more than 64",
        "主题含有不允许的字符，或者超过 64 个字符",
    ),
    "40010": RefusalText(
        "ntfy keeps this topic's name for itself",
        "这个主题名是 ntfy 保留的",
    ),
    "40011": RefusalText("The message is not UTF-8", "消息不是 UTF-8 编码"),
    "40014": RefusalText(
        "A body that is a file, and this gateway stores none",
        "请求体是文件，而网关没有开启附件",
    ),
    "40015": RefusalText(
        "The file would be gone before its message is due",
        "文件在消息送出之前就会过期",
    ),
    "40019": RefusalText(
        "The JSON of the Matrix server names no device to push to",
        "Matrix 服务器的 JSON 里没有可推送的设备",
    ),
    "40024": RefusalText("The body is no JSON object", "请求体不是 JSON 对象"),
    WRONG_TYPE: RefusalText(
        "A member of the JSON has another type than ntfy takes",
        "JSON 里有一个字段的类型不对",
    ),
    "40041": RefusalText(
        "What the template makes is longer than 4,096 bytes",
        "模板生成的消息超过 4,096 字节",
    ),
    "40042": RefusalText(
        "A template wants JSON in the body, and this is none",
        "使用模板时请求体必须是 JSON，而它不是",
    ),
    "40043": RefusalText("The template cannot be read", "模板有语法错误"),
    "40044": RefusalText(
        "The template uses call, template or define, which are not allowed",
        "模板用了不允许的 call、template 或 define",
    ),
    "40045": RefusalText(
        "The template failed while it ran on this body", "模板处理这个请求体时出错"
    ),
    "40047": RefusalText("There is no template of this name", "没有这个名字的模板"),
    "40048": RefusalText("The file of the template cannot be read", "模板文件无法读取"),
    "40055": RefusalText("The template took too long", "模板运行时间过长"),
    "40056": RefusalText(
        "The template is longer than 32,768 bytes", "模板超过 32,768 字节"
    ),
    "40101": RefusalText("The login is not good", "登录信息不对"),
    "40401": RefusalText("ntfy has no such address", "ntfy 没有这个地址"),
    "41302": RefusalText(
        "The JSON of the Matrix server is longer than 4,095 bytes",
        "Matrix 服务器的 JSON 超过 4,095 字节",
    ),
    "41303": RefusalText("The JSON is too long", "JSON 过长"),
    "50003": RefusalText(
        "The gateway does not know its own address: set PUSHGO_PUBLIC_BASE_URL",
        "网关不知道自己的地址：请设置 PUSHGO_PUBLIC_BASE_URL",
    ),
}
"""By ntfy's number, or a word of ours; see ``RefusalText``."""
