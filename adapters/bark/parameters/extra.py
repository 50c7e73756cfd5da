"""Parameters that Bark does not know, and those that nobody may set.

bark-server passes any parameter on to the phone, so it becomes metadata here, unless
its name is none for metadata or speaks of a secret.
"""

from __future__ import annotations

import re

from adapters.bark.draft import PushDraft, Sent
from adapters.bark.notes import shown_name
from adapters.bark.parameters.parameter import Parameter, lose
from pushgo_compat.legacy import Note, NoteText, Verdict

_METADATA_NAME = re.compile(r"[a-z0-9_.-]{1,48}")
_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:key|auth|pass|pwd)(?:$|[_.-])"
    r"|(?:token|password|passwd|secret|sendkey|apikey|devicekey"
    r"|authorization|credentials?)(?:$|[_.-])"
)


def translate_extra(draft: PushDraft, name: str, sent: Sent) -> None:
    """Record a parameter that is not in the table."""
    draft.notes.append(Note(shown_name(sent.name), "unknown"))
    if not _METADATA_NAME.fullmatch(name):
        draft.notes.append(Note(shown_name(sent.name), "unfit_name"))
    elif _SECRET_NAME.search(name):
        draft.notes.append(Note(sent.name, "secret"))
    else:
        draft.keep_extra(name, sent)


PARAMETERS = (
    # In bark-server it replaces what Apple is told.
    Parameter(
        name="aps",
        translate=lose("aps"),
        notes={
            "aps": NoteText(
                Verdict.LOST,
                None,
                "The payload for Apple is not the sender's to write.",
                "发给苹果的内容不由发送方决定。",
            ),
        },
    ),
    # The gateway's own switch; inside a body it is no parameter of Bark's.
    Parameter(name="pushgo_dry_run", translate=lose("secret")),
)
NOTES = {
    "unknown": NoteText(
        Verdict.CHANGED,
        None,
        "Bark has no parameter of this name.",
        "Bark 没有这个参数。",
    ),
    "no_room": NoteText(
        Verdict.CHANGED,
        None,
        "The message had no room for this much metadata.",
        "消息放不下这么多元数据。",
    ),
    "secret": NoteText(
        Verdict.CHANGED,
        None,
        "Keys and passwords are never stored.",
        "密钥和密码从不保存。",
    ),
    "unfit_name": NoteText(
        Verdict.CHANGED,
        None,
        "Metadata names have at most 48 plain letters, digits, _ . -",
        "元数据名称最多 48 个字母、数字、_ . -",
    ),
}
