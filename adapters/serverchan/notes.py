"""What became of each ServerChan field, in one sentence each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pushgo_compat.legacy import NoteText, Verdict

METADATA = "compat.serverchan."
"""What the names of this dialect's metadata begin with."""

PLACES: Mapping[str, str] = MappingProxyType(
    {
        "title": "title",
        "text": "title",
        "desp": "body",
        "tags": "tags",
        "short": f"metadata.{METADATA}short",
        "channel": f"metadata.{METADATA}channel",
        "openid": f"metadata.{METADATA}openid",
        "noip": f"metadata.{METADATA}noip",
        "encoded": f"metadata.{METADATA}encoded",
    }
)
"""The send parameters, section 4, and the native place of each."""

_KEPT, _CHANGED, _LOST = Verdict.KEPT, Verdict.CHANGED, Verdict.LOST

NOTES: Mapping[str, NoteText] = MappingProxyType(
    {
        # Whichever field: the braces take its place.
        "empty": NoteText(
            _LOST, None, "It was empty or switched off, which says the same as absent."
        ),
        "overruled": NoteText(
            _LOST, None, "It came again; the body beats the query, the last the first."
        ),
        "cleaned": NoteText(
            _CHANGED, "{}", "Native text has no U+0000 and no half of a surrogate pair."
        ),
        "metadata.cut": NoteText(
            _CHANGED, "{}", "Only the first 512 characters fit a metadata value."
        ),
        "metadata.dropped": NoteText(
            _LOST, None, "The message was too large, so only its mark is kept."
        ),
        "tags.dropped": NoteText(
            _LOST, None, "The message was too large, so it has no tags."
        ),
        "nested": NoteText(
            _LOST, None, "It held an object or an array, which ServerChan ignored too."
        ),
        # title, text
        "title": NoteText(_KEPT, "title", "The title."),
        "title.one_line": NoteText(
            _CHANGED, "title", "Line breaks became spaces: a title is one line."
        ),
        "title.cut": NoteText(
            _CHANGED, "title", "It was cut: with it whole, no native message fits."
        ),
        "title.unused": NoteText(
            _LOST, None, "It stands in for a missing title, and there was a title."
        ),
        "title.from_desp": NoteText(
            _CHANGED, "title", "Without a title, the first line of desp becomes one."
        ),
        # desp
        "desp": NoteText(_KEPT, "body", "The Markdown text, as sent."),
        "desp.cut": NoteText(
            _CHANGED, "body", "The end was cut: a body has at most 65,536 bytes."
        ),
        "body.large": NoteText(
            _KEPT, "body", "Kept whole, but larger than one POST /message could carry."
        ),
        "desp.ciphertext": NoteText(
            _CHANGED,
            "ciphertext",
            "Passed on whole, but PushGo clients cannot decrypt this scheme.",
        ),
        "encoded": NoteText(
            _KEPT, PLACES["encoded"], "It marks the ciphertext as ServerChan's scheme."
        ),
        "encoded.unused": NoteText(
            _LOST, None, "There was no desp for it to speak of."
        ),
        # Options
        "short": NoteText(
            _CHANGED, PLACES["short"], "Kept, but PushGo shows no separate card text."
        ),
        "short.body": NoteText(
            _CHANGED, "body", "It is the readable text beside a ciphertext."
        ),
        "short.body_cut": NoteText(
            _CHANGED, "body", "The end was cut: a body has at most 65,536 bytes."
        ),
        "tags": NoteText(_KEPT, "tags", "The labels between the bars."),
        "tags.cut": NoteText(
            _CHANGED, "tags", "Native limits: 32 different tags, 64 characters each."
        ),
        "channel": NoteText(
            _CHANGED, PLACES["channel"], "Kept, but it no longer chooses a way out."
        ),
        "openid": NoteText(
            _CHANGED, PLACES["openid"], "Kept, but no copies go to other people."
        ),
        "noip": NoteText(
            _KEPT, PLACES["noip"], "The caller's address is not part of a message."
        ),
        # What was never a send parameter
        "not_send": NoteText(
            _LOST, None, "The key stands in the address; this was always ignored."
        ),
        "unknown": NoteText(_LOST, None, "ServerChan has no such parameter."),
        "login": NoteText(
            _LOST, None, "ServerChan knows no logins; the key alone suffices."
        ),
        "get_body": NoteText(_LOST, None, "The body of a GET is not read."),
    }
)
"""Every code that a note of this dialect carries."""
