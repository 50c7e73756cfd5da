"""E-mail to a topic, as ntfy's SMTP server takes it (docs/dialects/ntfy.md 10).

address, login → KeyClaim        mail → parts → text, subject, urgency → Translation
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import unquote

from multidict import CIMultiDict, CIMultiDictProxy

from adapters.golang.time import Clock
from adapters.ntfy.keys import claim
from adapters.ntfy.mail.address import BadTopic, ForeignDomain, read_address
from adapters.ntfy.mail.parts import Attached, Mail, Unreadable, take_apart
from adapters.ntfy.mail.replies import (
    ACCEPTED,
    bad_topic,
    foreign_domain,
    native_error_reply,
    unreadable,
)
from adapters.ntfy.mail.urgency import find_urgency
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.publish.body import MAX_TEXT_BYTES, Role
from adapters.ntfy.publish.translating import Draft, begin_upload, translate
from adapters.shared.parsing import clean_text, clip_utf8, shown_name
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import (
    LegacyReply,
    LegacyRequest,
    Letter,
    MailRecipient,
    Note,
    Publish,
    Translation,
)
from pushgo_compat.model import KeyClaim, Source, Upload

__all__ = ["ACCEPTED", "MAIL_ROUTE", "NtfyMail"]

MAIL_ROUTE = "MAIL {topic}"
_RECORDED = (
    "Subject",
    "From",
    "Date",
    "Message-ID",
    "Content-Type",
    "Importance",
    "X-Priority",
    "Priority",
    "X-PushGo-Via",
    "X-PushGo-Dry-Run",
)
"""Fields that a receipt keeps. Those with addresses of receivers are left out: these
may be other people's keys."""
_CLIENT_FIELDS = ("user-agent", "x-mailer")


@dataclass(frozen=True, slots=True, kw_only=True)
class NtfyMail:
    """ntfy's language in e-mail; see ``pushgo_compat.legacy.MailDialect``."""

    domain: str
    prefix: str = ""

    @property
    def source(self) -> Source:
        """The dialect."""
        return Source.NTFY

    @property
    def route(self) -> str:
        """The route's pattern, for receipts, metrics and the log."""
        return MAIL_ROUTE

    def recipient(self, address: str) -> MailRecipient:
        """The topic of an address, and the token behind its plus sign."""
        try:
            topic, token = read_address(address, self.prefix, self.domain)
        except ForeignDomain as error:
            raise foreign_domain() from error
        except BadTopic as error:
            raise bad_topic() from error
        return MailRecipient(topic, f"Bearer {token}" if token else None)

    def claim(self, request: LegacyRequest) -> KeyClaim:
        """The topic as a key, with the login."""
        return claim(unquote(request.path[1:]), request)

    def read(self, request: LegacyRequest, claims: Sequence[KeyClaim]) -> Letter:
        """Take a mail apart."""
        try:
            mail = take_apart(request.body)
        except Unreadable as error:
            raise unreadable(str(error)) from error
        text = clean_text(mail.text)
        shown = replace(request, headers=_headers(request, mail), body=text.encode())
        picture = _picture(mail) if request.base_url else None
        publish = Publish(
            route=MAIL_ROUTE,
            claims=tuple(claims),
            translate=partial(_translate, shown, mail, text),
            batch=len(claims) > 1,
        )
        if picture is not None:
            publish = replace(
                publish,
                begin_upload=partial(_begin_upload, shown, mail, text, picture),
                file_content=picture.decoded(),
            )
        return Letter(shown, publish)

    def accepted(self) -> LegacyReply:
        """Word the success."""
        return ACCEPTED

    def refused(self, error: NativeError) -> LegacyReply:
        """Word a refusal of the core."""
        return native_error_reply(error)


def _translate(request: LegacyRequest, mail: Mail, text: str) -> Translation:
    draft, found, _ = _draft(request, mail, text)
    return translate(draft, found, Role.TEXT)


def _begin_upload(
    request: LegacyRequest, mail: Mail, text: str, picture: Attached
) -> Callable[[Upload], Translation]:
    draft, found, shown = _draft(request, mail, text, picture)
    if picture.name:
        found.values["filename"] = picture.name
        found.fields["filename"] = "filename"
    return begin_upload(draft, found, shown)


def _draft(
    request: LegacyRequest, mail: Mail, text: str, picture: Attached | None = None
) -> tuple[Draft, Found, str]:
    """The mail as a publish, its parameters, and its message."""
    found = Found(Clock(request.received_at_ms))
    subject = clean_text(mail.fields.text("subject"))
    notes = list(_part_notes(mail, picture))
    if subject and text:
        found.values["title"] = subject
        found.fields["title"] = "Subject"
    elif subject:
        text = subject
        notes.append(Note("Subject", "mail_subject"))
    if urgency := find_urgency(mail.fields):
        found.values["priority"] = urgency.priority
        found.fields["priority"] = urgency.field
        notes.append(Note(urgency.field, "mail_importance"))
    shown = clip_utf8(text, MAX_TEXT_BYTES)
    if shown != text:
        notes.append(Note("body", "cut_by_ntfy"))
    draft = Draft(request=request, body=shown.encode(), notes=tuple(notes))
    return draft, found, shown


def _part_notes(mail: Mail, picture: Attached | None) -> Sequence[Note]:
    """What became of the parts that are not the text."""
    notes = []
    if mail.html is not None:
        only = mail.plain is None
        notes.append(Note("text/html", "mail_html" if only else "mail_alternative"))
    for part in mail.attached:
        code = "mail_image" if part is picture else "mail_attachment"
        notes.append(Note(shown_name(part.name or part.media_type), code))
    return notes


def _picture(mail: Mail) -> Attached | None:
    """The first picture that is attached."""
    for part in mail.attached:
        if part.media_type.startswith("image/"):
            return part
    return None


def _headers(request: LegacyRequest, mail: Mail) -> CIMultiDictProxy[str]:
    """The call's headers, and the mail's telling fields, their words decoded."""
    headers = CIMultiDict(request.headers)
    for name in _RECORDED:
        if value := mail.fields.text(name.lower()):
            headers[name] = clean_text(value)
    for name in _CLIENT_FIELDS:
        if value := mail.fields.text(name):
            headers["User-Agent"] = clean_text(value)
            break
    return CIMultiDictProxy(headers)
