"""The walls between the old servers' dialects and the rest of the program.

A dialect is pure: no clock, no randomness, no I/O, no logging. A request goes

    LegacyRequest → Dialect.open() → a call (calls) → call.translate() → Translation
    LegacyReply   ← Dialect.accepted() or Dialect.refused() ←  Receipt or NativeError

and the web layer does everything that touches the world in between: it asks the core
whether the key opens a channel, and submits the native message.
"""

from __future__ import annotations

from pushgo_compat.legacy.accounts import (
    Account,
    AccountView,
    TokenAct,
    TokenWish,
)
from pushgo_compat.legacy.calls import (
    Answer,
    Download,
    KeyCheck,
    LegacyCall,
    Publish,
    Register,
    StatusQuery,
    Subscribe,
    claims_of,
)
from pushgo_compat.legacy.dialect import (
    Dialect,
    StoredCall,
)
from pushgo_compat.legacy.mail import (
    Letter,
    MailDialect,
    MailRecipient,
)
from pushgo_compat.legacy.presentation import AttachedFile, Button, Presentation
from pushgo_compat.legacy.refusing import (
    NO_FAULT,
    Fault,
    LegacyRefusal,
    RefusalText,
    fault_of,
)
from pushgo_compat.legacy.request import (
    SPARING_BYTES,
    LegacyReply,
    LegacyRequest,
)
from pushgo_compat.legacy.streams import (
    Since,
    StreamEncoder,
    StreamMessage,
)
from pushgo_compat.legacy.translation import (
    Note,
    NoteText,
    Place,
    Reading,
    Translation,
    Verdict,
    known_note,
)

__all__ = [
    "NO_FAULT",
    "SPARING_BYTES",
    "Account",
    "AccountView",
    "Answer",
    "AttachedFile",
    "Button",
    "Dialect",
    "Download",
    "Fault",
    "KeyCheck",
    "LegacyCall",
    "LegacyRefusal",
    "LegacyReply",
    "LegacyRequest",
    "Letter",
    "MailDialect",
    "MailRecipient",
    "Note",
    "NoteText",
    "Place",
    "Presentation",
    "Publish",
    "Reading",
    "RefusalText",
    "Register",
    "Since",
    "StatusQuery",
    "StoredCall",
    "StreamEncoder",
    "StreamMessage",
    "Subscribe",
    "TokenAct",
    "TokenWish",
    "Translation",
    "Verdict",
    "claims_of",
    "fault_of",
    "known_note",
]
