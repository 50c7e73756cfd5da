"""What became of ntfy's fields, in sentences (the mapping of the ntfy page, 13)."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

_KEPT, _CHANGED, _LOST = Verdict.KEPT, Verdict.CHANGED, Verdict.LOST

NOTES: Mapping[str, NoteText] = {
    # Text
    "message": NoteText(_KEPT, "body", "The text, word for word."),
    "title": NoteText(_KEPT, "title", "The title, word for word."),
    "markdown": NoteText(
        _KEPT, "metadata.compat.ntfy.content_type", "Marks the text as Markdown."
    ),
    "base64": NoteText(
        _CHANGED, "body", "The bytes are not UTF-8; they are sent as base64."
    ),
    "cut_by_ntfy": NoteText(
        _CHANGED, "body", "ntfy cuts this text after 4096 bytes, so it is cut here too."
    ),
    "cleaned": NoteText(
        _CHANGED, "{}", "U+0000 cannot be in a native message and was removed."
    ),
    "too_large": NoteText(
        _CHANGED, "{}", "Shortened: it was more than a native message may hold."
    ),
    "large_body": NoteText(
        _KEPT, "body", "Kept whole, but larger than one POST /message could carry."
    ),
    "template": NoteText(_LOST, None, "Only the text that the template made is kept."),
    "template_input": NoteText(
        _CHANGED, "body", "The data of a template: what it did not take is not kept."
    ),
    "rendered": NoteText(_CHANGED, "{}", "A template, kept as the text that it made."),
    # Urgency and order
    "priority": NoteText(
        _CHANGED,
        "severity",
        "Five priorities become four severities; "
        "metadata.compat.ntfy.priority has the exact one.",
    ),
    "tags": NoteText(_KEPT, "tags", "The tags, in the sender's order."),
    "tags_cut": NoteText(
        _CHANGED,
        "tags",
        "At most 32 tags of 64 characters; "
        "metadata.compat.ntfy.tags has them all if they fit.",
    ),
    "sequence_id": NoteText(
        _CHANGED,
        "metadata.compat.ntfy.sequence_id",
        "ntfy subscribers see an update; natively it is a new message.",
    ),
    "message_delete": NoteText(
        _LOST,
        None,
        "ntfy subscribers remove the notification; what still waits is not sent.",
    ),
    "message_clear": NoteText(
        _LOST, None, "ntfy subscribers dismiss the notification; nothing is sent."
    ),
    "delay": NoteText(
        _KEPT,
        "occurred_at",
        "The message waits until then; metadata.compat.ntfy.delay has the words.",
    ),
    # Links, pictures, buttons
    "click": NoteText(_KEPT, "url", "Opens when the message is tapped."),
    "click_recorded": NoteText(
        _CHANGED,
        "metadata.compat.ntfy.click",
        "Not a web address, so it is recorded and not opened.",
    ),
    "icon": NoteText(
        _CHANGED, "metadata.compat.ntfy.icon", "Recorded; icons are not shown."
    ),
    "attach_image": NoteText(_KEPT, "images", "A picture, shown with the message."),
    "attach_link": NoteText(
        _CHANGED, "url", "Nothing else is tapped open, so the link leads to the file."
    ),
    "attach_recorded": NoteText(
        _CHANGED,
        "metadata.compat.ntfy.attachment_url",
        "Recorded; the click address is what opens.",
    ),
    "filename": NoteText(
        _KEPT, "metadata.compat.ntfy.attachment_name", "The attachment's name."
    ),
    "actions": NoteText(
        _CHANGED, "metadata.compat.ntfy.actions", "Recorded; buttons are not drawn."
    ),
    "actions_cut": NoteText(
        _CHANGED,
        "metadata.compat.ntfy.actions.{}",
        "Recorded without what does not fit 512 characters.",
    ),
    # Services of the old server
    "email": NoteText(
        _CHANGED, "metadata.compat.ntfy.email", "Recorded; no e-mail is sent."
    ),
    "call": NoteText(
        _CHANGED, "metadata.compat.ntfy.call", "Recorded; nobody is called."
    ),
    "cache_off": NoteText(
        _CHANGED,
        "metadata.compat.ntfy.cache",
        "Hidden from ntfy polls; the message itself is always durable.",
    ),
    "firebase": NoteText(_LOST, None, "There is no Firebase detour to switch off."),
    "unifiedpush": NoteText(
        _KEPT, "body", "The body is passed on untouched, for another app."
    ),
    "poll_id": NoteText(
        _LOST, None, "A poll request is answered; it carries no message."
    ),
    # No effect
    "default": NoteText(_KEPT, None, "Asks for what happens anyway."),
    "unused": NoteText(_LOST, None, "ntfy does not use it in a request like this one."),
    "overridden": NoteText(
        _LOST, None, "The same parameter was sent again, where ntfy looks first."
    ),
    "blank": NoteText(_LOST, None, "Empty: ntfy takes it as not sent."),
    "unknown": NoteText(_LOST, None, "ntfy has no parameter of this name."),
    "priority_hint": NoteText(
        _LOST, None, "An HTTP priority hint (RFC 9218), not the message's priority."
    ),
    "login_unreadable": NoteText(
        _LOST, None, "Neither Basic nor Bearer, or garbled: ntfy takes it as no login."
    ),
    "dropped": NoteText(
        _LOST,
        None,
        "Too long to keep whole, and half an address is none; "
        "metadata.compat.ntfy.dropped names it.",
    ),
    "cut": NoteText(
        _CHANGED, "metadata.compat.ntfy.{}", "Shortened to 512 characters."
    ),
}
