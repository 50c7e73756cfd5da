"""Notes that any ServerChan parameter may have, and those on what is no parameter."""

from __future__ import annotations

from pushgo_compat.legacy import NoteText, Verdict

NOTES = {
    # any parameter
    "empty": NoteText(
        Verdict.LOST,
        None,
        "It was empty or switched off, which says the same as absent.",
    ),
    "overruled": NoteText(
        Verdict.LOST,
        None,
        "It came again; the body beats the query, the last the first.",
    ),
    "cleaned": NoteText(
        Verdict.CHANGED,
        "{}",
        "Native text has no U+0000 and no half of a surrogate pair.",
    ),
    "metadata.cut": NoteText(
        Verdict.CHANGED, "{}", "Only the first 512 characters fit a metadata value."
    ),
    "metadata.dropped": NoteText(
        Verdict.LOST, None, "The message was too large, so only its mark is kept."
    ),
    "nested": NoteText(
        Verdict.LOST,
        None,
        "It held an object or an array, which ServerChan ignored too.",
    ),
    # no parameter
    "not_send": NoteText(
        Verdict.LOST, None, "The key stands in the address; this was always ignored."
    ),
    "unknown": NoteText(Verdict.LOST, None, "ServerChan has no such parameter."),
    "login": NoteText(
        Verdict.LOST, None, "ServerChan knows no logins; the key alone suffices."
    ),
    "get_body": NoteText(Verdict.LOST, None, "The body of a GET is not read."),
}
