"""Notes that any parameter may get, in sentences (docs/dialects/ntfy.md 13)."""

from __future__ import annotations

from collections.abc import Mapping

from pushgo_compat.legacy import NoteText, Verdict

NOTES: Mapping[str, NoteText] = {
    # Kept in another form
    "cleaned": NoteText(
        Verdict.CHANGED, "{}", "U+0000 cannot be in a native message and was removed."
    ),
    "too_large": NoteText(
        Verdict.CHANGED, "{}", "Shortened: it was more than a native message may hold."
    ),
    "cut": NoteText(
        Verdict.CHANGED, "metadata.compat.ntfy.{}", "Shortened to 512 characters."
    ),
    "dropped": NoteText(
        Verdict.LOST,
        None,
        "Too long to keep whole, and half an address is none; "
        "metadata.compat.ntfy.dropped names it.",
    ),
    # Without an effect
    "default": NoteText(Verdict.KEPT, None, "Asks for what happens anyway."),
    "unused": NoteText(
        Verdict.LOST, None, "ntfy does not use it in a request like this one."
    ),
    "overridden": NoteText(
        Verdict.LOST, None, "The same parameter was sent again, where ntfy looks first."
    ),
    "blank": NoteText(Verdict.LOST, None, "Empty: ntfy takes it as not sent."),
    "unknown": NoteText(Verdict.LOST, None, "ntfy has no parameter of this name."),
    "login_unreadable": NoteText(
        Verdict.LOST,
        None,
        "Neither Basic nor Bearer, or garbled: ntfy takes it as no login.",
    ),
}
