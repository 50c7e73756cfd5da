"""Answers in the words of SMTP: codes of RFC 5321, enhanced ones of RFC 3463."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.errors import (
    AuthenticationFailed,
    InvalidRequest,
    NativeError,
    NotFound,
    RateLimited,
    RequestTooLarge,
)
from pushgo_compat.legacy import LegacyRefusal, LegacyReply, RefusalText


def smtp_reply(code: int, text: str) -> LegacyReply:
    """A reply's code and text, the enhanced code first."""
    return LegacyReply(status=code, body=text.encode(), content_type=None)


ACCEPTED = smtp_reply(250, "2.0.0 OK: queued")
_FOREIGN = smtp_reply(550, "5.7.1 relaying denied: not a domain of this server")
_BAD_TOPIC = smtp_reply(550, "5.1.1 no topic of this server")
_FORBIDDEN = smtp_reply(550, "5.7.1 forbidden")
"""Unknown keys, wrong passwords, wrong logins: in one wording."""
_LIMITED = smtp_reply(450, "4.7.1 limit reached: too many requests")
_TOO_LARGE = smtp_reply(552, "5.3.4 message too large")
_INVALID = smtp_reply(554, "5.6.0 message refused")
_BUSY = smtp_reply(451, "4.3.0 not stored, try again later")


REFUSALS: Mapping[str, RefusalText] = {
    "mail.foreign": RefusalText(
        "A mail for another domain than this gateway's",
        "邮件的域名不是这个网关的",
    ),
    "mail.topic": RefusalText(
        "The mail's address names no topic", "邮件地址里没有可用的主题"
    ),
    "mail.unreadable": RefusalText(
        "The mail cannot be read: it breaks a limit",
        "邮件无法读取：超出了限制",
    ),
}
"""What the operator reads of the refusals of mails."""


def foreign_domain() -> LegacyRefusal:
    """The refusal of an address elsewhere."""
    return LegacyRefusal(_FOREIGN, "mail.foreign")


def bad_topic() -> LegacyRefusal:
    """The refusal of an address that can open nothing."""
    return LegacyRefusal(_BAD_TOPIC, "mail.topic")


def unreadable(reason: str) -> LegacyRefusal:
    """The refusal of a mail that breaks a limit."""
    reply = smtp_reply(554, f"5.6.0 message refused: {reason}")
    return LegacyRefusal(reply, "mail.unreadable")


def native_error_reply(error: NativeError) -> LegacyReply:
    """The words for an error of the core; what may pass is worth another try."""
    match error:
        case NotFound() | AuthenticationFailed():
            return _FORBIDDEN
        case RateLimited():
            return _LIMITED
        case RequestTooLarge():
            return _TOO_LARGE
        case InvalidRequest():
            return _INVALID
        case _:
            return _BUSY
