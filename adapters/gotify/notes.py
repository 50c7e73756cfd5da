"""What became of each Gotify field, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

METADATA = "compat.gotify."
"""What the names of this dialect's metadata begin with."""
PRIORITY = f"{METADATA}priority"
CONTENT_TYPE = f"{METADATA}content_type"
EXTRAS = f"{METADATA}extras"
TRUNCATED = f"{METADATA}truncated"

_KEPT, _CHANGED, _LOST = Verdict.KEPT, Verdict.CHANGED, Verdict.LOST

NOTES: Mapping[str, NoteText] = {
    # any field
    "cleaned": NoteText(_CHANGED, "{}", "Native text has no U+0000."),
    "unknown": NoteText(_LOST, None, "Gotify takes no such field here."),
    "appid": NoteText(_LOST, None, "The token alone says which application sends."),
    "metadata.dropped": NoteText(
        _LOST, None, "The message was too large, so it has no metadata."
    ),
    # title, message
    "title": NoteText(_KEPT, "title", "The title."),
    "title.one_line": NoteText(
        _CHANGED, "title", "Line breaks became spaces: a title is one line."
    ),
    "title.blank": NoteText(
        _CHANGED, "title", "It was blank: the channel's name stands for it."
    ),
    "title.cut": NoteText(
        _CHANGED, "title", "It was cut: with it whole, no native message fits."
    ),
    "message": NoteText(_KEPT, "body", "The text, as sent."),
    "message.blank": NoteText(_LOST, None, "A blank text counts as none."),
    "message.cut": NoteText(
        _CHANGED, "body", "The end was cut: a body has at most 65,536 bytes."
    ),
    # priority
    "priority": NoteText(
        _CHANGED, "severity", "Gotify's Android app has the same four bands."
    ),
    "priority.exact": NoteText(
        _KEPT, f"metadata.{PRIORITY}", "The number itself; nothing acts on it."
    ),
    # extras
    "display.markdown": NoteText(
        _KEPT, f"metadata.{CONTENT_TYPE}", "A native body is Markdown by itself."
    ),
    "display.plain": NoteText(
        _CHANGED,
        f"metadata.{CONTENT_TYPE}",
        "Kept, but a native body is shown as Markdown.",
    ),
    "click": NoteText(_KEPT, "url", "Opens when the notification is clicked."),
    "click.unfit": NoteText(
        _LOST, None, "No native link: at most 2,048 characters, no script."
    ),
    "image": NoteText(_KEPT, "images", "The big image of the notification."),
    "image.unfit": NoteText(
        _LOST, None, "No native image: http or https, at most 2,048 characters."
    ),
    "extras": NoteText(
        _CHANGED, f"metadata.{EXTRAS}", "Kept as JSON; nothing here acts on it."
    ),
    "extras.large": NoteText(
        _LOST, None, "As JSON it is longer than the 512 characters of a metadata value."
    ),
}
"""Every code that a note of this dialect carries."""
