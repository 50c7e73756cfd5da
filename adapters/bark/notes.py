"""Notes that any Bark parameter may have; those of one alone stand with it."""

from __future__ import annotations

import re

from pushgo_compat.legacy import Note, NoteText, Verdict

MAX_NOTES = 256
"""Of the parameters, and as many of what reading lost: a receipt needs no more."""
UNNAMED = "…"
UNREAD = Note(UNNAMED, "unread")
_ORDINARY_NAME = re.compile(r"[\w.-]{1,48}")


def shown_name(name: str) -> str:
    """The sender's spelling of a name, or ``…`` for a text that is no name.

    ``curl -d '{…}'`` sends JSON that is read as a form: the whole text is then the
    name, and it may hold a key.
    """
    return name if _ORDINARY_NAME.fullmatch(name) else UNNAMED


NOTES = {
    # kept as metadata
    "metadata": NoteText(
        Verdict.KEPT,
        "metadata.{}",
        "Native messages have no such field; it is recorded.",
    ),
    "metadata_cut": NoteText(
        Verdict.CHANGED,
        "metadata.{}",
        "It was longer than metadata may be and was cut.",
    ),
    "too_long": NoteText(
        Verdict.LOST, None, "It is too long, and half of it would be worse than none."
    ),
    "metadata_dropped": NoteText(
        Verdict.LOST, None, "The message was too large, so it has no metadata."
    ),
    # values that say nothing
    "cleaned": NoteText(
        Verdict.CHANGED,
        "message",
        "Characters that native text cannot hold were taken out.",
    ),
    "empty": NoteText(Verdict.LOST, None, "An empty value says nothing."),
    "null": NoteText(Verdict.LOST, None, "A null says nothing."),
    "not_text": NoteText(Verdict.LOST, None, "Bark reads only plain values here."),
    # what reading loses
    "lifted": NoteText(
        Verdict.CHANGED,
        "message",
        "Bark reads the members of an object as parameters.",
    ),
    "not_lifted": NoteText(
        Verdict.LOST, None, "Bark does not take this from inside an object."
    ),
    "overruled": NoteText(
        Verdict.LOST, None, "The request names it again, where it counts for more."
    ),
    "unread": NoteText(
        Verdict.LOST, None, "No more than 1,000 parameters are read of one place."
    ),
    "body_unread": NoteText(
        Verdict.LOST, None, "Bark reads a body as JSON, form or multipart, by its type."
    ),
    # beside the parameters
    "not_bound": NoteText(
        Verdict.LOST,
        None,
        "The app has its server, but its phone is not bound to the key.",
    ),
    "login": NoteText(
        Verdict.LOST,
        None,
        "The device key suffices; the old server's login is not needed.",
    ),
}
