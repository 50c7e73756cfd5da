"""Messages that replace, clear or delete earlier ones (docs/dialects/ntfy.md 4.11)."""

from __future__ import annotations

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import EventView
from adapters.ntfy.ids import ntfy_id_range
from adapters.ntfy.keys import is_topic
from adapters.ntfy.parameters.found import Found
from adapters.ntfy.parameters.json_values import read_text
from adapters.ntfy.parameters.parameter import Parameter
from pushgo_compat.legacy import Note, NoteText, RefusalText, Translation, Verdict
from pushgo_compat.model import Cancel, NativeMessage

MESSAGE_DELETE = "message_delete"
MESSAGE_CLEAR = "message_clear"


def take_from_path(sequence_id: str, found: Found, view: EventView) -> None:
    """Use the sequence id of the path; the parameter does not count then."""
    view["sequence_id"] = sequence_id
    found.notes.append(Note("path", "sequence_id"))
    if found.values.pop("sequence_id", None):
        found.notes.append(Note(found.fields["sequence_id"], "overridden"))


def cancel_waiting(sequence_id: str) -> Cancel:
    """Cancel the delayed messages of this sequence id, or the one of this ntfy id."""
    first, last = ntfy_id_range(sequence_id) or (None, None)
    return Cancel(sequence_id=sequence_id, first_message_id=first, last_message_id=last)


def retract(found: Found, sequence_id: str, event: str) -> Translation:
    """Tell ntfy's subscribers to clear or delete a notification.

    Native readers see nothing of it, and no parameter counts. ntfy does not check that
    there ever was a message of this id.
    """
    found.notes.append(Note("path", event))
    found.notes.extend(Note(sent_as, "unused") for sent_as in found.fields.values())
    view: EventView = {"event": event, "sequence_id": sequence_id}
    return Translation(
        message=NativeMessage(title=None, metadata={"compat.source": "ntfy"}),
        hidden=True,
        notes=tuple(found.notes),
        view=view,
        cancels=cancel_waiting(sequence_id) if event == MESSAGE_DELETE else None,
    )


def _check_sequence_id(_found: Found, view: EventView, value: str) -> None:
    if not is_topic(value):
        raise refusal(40049)
    view["sequence_id"] = value


PARAMETERS = (
    Parameter(
        name="sequence_id",
        names=("x-sequence-id", "sequence-id", "sid"),
        from_json=read_text,
        check=_check_sequence_id,
        turn=1,
        note="sequence_id",
        recorded="sequence_id",
        notes={
            "sequence_id": NoteText(
                Verdict.LOST,
                "metadata.compat.ntfy.sequence_id",
                "ntfy subscribers see an update; everybody else gets a new message.",
                "ntfy 订阅者会看到更新，其他地方则是一条新消息。",
            ),
            "message_delete": NoteText(
                Verdict.LOST,
                None,
                "ntfy subscribers remove the notification; what still waits is "
                "not sent.",
                "ntfy 订阅者会移除该通知；还在等待的消息不再发送。",
            ),
            "message_clear": NoteText(
                Verdict.LOST,
                None,
                "ntfy subscribers dismiss the notification; nothing is sent.",
                "ntfy 订阅者会清除该通知；不会发送消息。",
            ),
        },
        refusals={
            "40049": RefusalText(
                "The sequence id {value} has signs that none may have, or more than 64",
                "序列号{value}含有不允许的字符，或者超过 64 个字符",
            ),
        },
    ),
)
