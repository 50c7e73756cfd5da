"""What becomes of each Bark parameter, for the receipt."""

from __future__ import annotations

import re

from pushgo_compat.legacy import NoteText, Verdict

_KEPT, _CHANGED, _LOST = Verdict.KEPT, Verdict.CHANGED, Verdict.LOST
_ORDINARY_NAME = re.compile(r"[\w.-]{1,48}")
UNNAMED = "…"


def shown_name(name: str) -> str:
    """The name, if it is one: a JSON text read as a form is a name that holds a key."""
    return name if _ORDINARY_NAME.fullmatch(name) else UNNAMED


NOTES = {
    # texts
    "title": NoteText(_KEPT, "title", "The title is the title."),
    "title_one_line": NoteText(
        _CHANGED, "title", "A native title is one line without blanks around it."
    ),
    "title_cut": NoteText(
        _CHANGED, "title", "The message was too large, so its title was cut."
    ),
    "subtitle_as_title": NoteText(
        _CHANGED, "title", "A title is required, and the subtitle was the only one."
    ),
    "body": NoteText(_KEPT, "body", "The body is the body."),
    "body_cut": NoteText(
        _CHANGED, "body", "The message was too large, so its body was cut."
    ),
    "body_large": NoteText(
        _KEPT, "body", "Kept whole, but larger than one POST /message could carry."
    ),
    "body_hidden": NoteText(
        _LOST, None, "Bark shows the markdown in place of the body."
    ),
    "markdown": NoteText(_KEPT, "body", "A native body is Markdown."),
    # fields with a native place
    "level": NoteText(_KEPT, "severity", "The level has its own severity."),
    "level_unknown": NoteText(
        _CHANGED, "metadata.{}", "Bark shows an unknown level as active."
    ),
    "url": NoteText(_KEPT, "url", "The address is opened on tap."),
    "url_forbidden": NoteText(
        _LOST, None, "Native messages refuse addresses that run code."
    ),
    "image": NoteText(_KEPT, "images", "The image is the only one of the message."),
    "ttl": NoteText(
        _CHANGED, "ttl", "Seconds to stay in the history became a time of expiry."
    ),
    "ttl_ignored": NoteText(
        _LOST, None, "No positive number of seconds, so the message does not expire."
    ),
    "group_tag": NoteText(_KEPT, "tags", "The group is a tag, too."),
    "ciphertext": NoteText(
        _KEPT, "ciphertext", "The ciphertext is passed on as it came."
    ),
    "ciphertext_plus": NoteText(
        _CHANGED, "ciphertext", "Unescaped plus signs had become blanks."
    ),
    "ciphertext_rejoined": NoteText(
        _CHANGED, "ciphertext", "The IV was appended, where the native client looks."
    ),
    "does_not_fit": NoteText(
        _LOST, None, "It is too large for a native message, so nothing is sent."
    ),
    # metadata
    "metadata": NoteText(
        _KEPT, "metadata.{}", "Native messages have no such field; it is recorded."
    ),
    "metadata_cut": NoteText(
        _CHANGED, "metadata.{}", "It was longer than metadata may be and was cut."
    ),
    "too_long": NoteText(
        _LOST, None, "It is too long, and half of it would be worse than none."
    ),
    "no_room": NoteText(_LOST, None, "The message had no room for this much metadata."),
    "metadata_dropped": NoteText(
        _LOST, None, "The message was too large, so it has no metadata."
    ),
    "tags_dropped": NoteText(
        _LOST, None, "The message was too large, so it has no tags."
    ),
    "images_dropped": NoteText(
        _LOST, None, "The message was too large, so it has no image."
    ),
    # parameters that say nothing
    "cleaned": NoteText(
        _CHANGED, "message", "Characters that native text cannot hold were taken out."
    ),
    "empty": NoteText(_LOST, None, "An empty value says nothing."),
    "null": NoteText(_LOST, None, "A null says nothing."),
    "not_text": NoteText(_LOST, None, "Bark reads only plain values here."),
    "lifted": NoteText(
        _CHANGED, "message", "Bark reads the members of an object as parameters."
    ),
    "not_lifted": NoteText(
        _LOST, None, "Bark does not take this from inside an object."
    ),
    "overruled": NoteText(
        _LOST, None, "The request names it again, where it counts for more."
    ),
    "unread": NoteText(
        _LOST, None, "No more than 1,000 parameters are read of one place."
    ),
    "body_unread": NoteText(
        _LOST, None, "Bark reads a body as JSON, form or multipart, by its type."
    ),
    "key_overruled": NoteText(
        _LOST, None, "The path or a list of device keys names the receiver."
    ),
    "batch_needs_json": NoteText(
        _LOST, None, "Only device_keys in a JSON request names several devices."
    ),
    "delete_ignored": NoteText(_LOST, None, "Only 1 deletes a notification in Bark."),
    "delete": NoteText(
        _LOST, None, "Native messages cannot be taken back, so nothing is sent."
    ),
    "nothing_sent": NoteText(
        _LOST, None, "The request deletes a notification; nothing is sent."
    ),
    "aps": NoteText(_LOST, None, "The payload for Apple is not the sender's to write."),
    "secret": NoteText(_LOST, None, "Keys and passwords are never stored."),
    "unfit_name": NoteText(
        _LOST, None, "Metadata names have at most 48 plain letters, digits, _ . -"
    ),
    "not_bound": NoteText(
        _LOST, None, "The app has its server, but its phone is not bound to the key."
    ),
    "login": NoteText(
        _LOST, None, "The device key suffices; the old server's login is not needed."
    ),
}
