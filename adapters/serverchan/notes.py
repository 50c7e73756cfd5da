"""Notes that any ServerChan parameter may have, and those on what is no parameter."""

from __future__ import annotations

from pushgo_compat.legacy import NoteText, Verdict

NOTES = {
    # any parameter
    "empty": NoteText(
        Verdict.CHANGED,
        None,
        "It was empty or switched off, which says the same as absent.",
        "为空或已关闭，等于没有发送。",
    ),
    "overruled": NoteText(
        Verdict.CHANGED,
        None,
        "It came again; the body beats the query, the last the first.",
        "出现了多次；请求体优先于查询串，后面的优先于前面的。",
        outdone=True,
    ),
    "cleaned": NoteText(
        Verdict.CHANGED,
        "{}",
        "Native text has no U+0000 and no half of a surrogate pair.",
        "原生文本不能有 U+0000 和不成对的代理字符。",
    ),
    "metadata.cut": NoteText(
        Verdict.CHANGED,
        "{}",
        "Only the first 512 characters fit a metadata value.",
        "元数据的值只放得下前 512 个字符。",
    ),
    "metadata.dropped": NoteText(
        Verdict.LOST,
        None,
        "The message was too large, so only its mark is kept.",
        "消息太大，只保留标记。",
    ),
    "nested": NoteText(
        Verdict.CHANGED,
        None,
        "It held an object or an array, which ServerChan ignored too.",
        "值是对象或数组，Server酱也会忽略。",
    ),
    # no parameter
    "not_send": NoteText(
        Verdict.CHANGED,
        None,
        "The key stands in the address; this was always ignored.",
        "密钥在地址里，这个参数一直被忽略。",
    ),
    "unknown": NoteText(
        Verdict.CHANGED,
        None,
        "ServerChan has no such parameter.",
        "Server酱没有这个参数。",
    ),
    "login": NoteText(
        Verdict.CHANGED,
        None,
        "ServerChan knows no logins; the key alone suffices.",
        "Server酱没有登录，有密钥就够了。",
    ),
    "get_body": NoteText(
        Verdict.CHANGED,
        None,
        "The body of a GET is not read.",
        "GET 的请求体不会被读取。",
    ),
}
