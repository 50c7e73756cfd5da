"""Messages that replace, clear or delete earlier ones (the ntfy page, 4.11)."""

from __future__ import annotations

from adapters.ntfy.event import EventView
from adapters.ntfy.ids import ntfy_id_range
from adapters.ntfy.params import Parameters
from pushgo_compat.legacy import Note, Translation
from pushgo_compat.model import Cancel, NativeMessage

MESSAGE_DELETE = "message_delete"
MESSAGE_CLEAR = "message_clear"


def cancel_waiting(sequence_id: str) -> Cancel:
    """Cancel what still waits under this id, or is the message of this id."""
    first, last = ntfy_id_range(sequence_id) or (None, None)
    return Cancel(sequence_id=sequence_id, first_message_id=first, last_message_id=last)


def retract(found: Parameters, sequence_id: str, event: str) -> Translation:
    """Tell ntfy's subscribers that a notification is to go.

    Nothing visible comes of it natively, and no parameter counts. Whether there ever
    was a message of that id does not matter.
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
