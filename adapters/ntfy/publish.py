"""One publish: its parameters checked, its body read, a native message made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.ntfy.body import read_body
from adapters.ntfy.event import EventView
from adapters.ntfy.fields import read_fields
from adapters.ntfy.mapping import to_native
from adapters.ntfy.params import Parameters, Sent, read_parameters
from pushgo_compat.legacy import LegacyRequest, Note, Translation

EMPTY_MESSAGE = "triggered"
"""What ntfy says for senders that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a route hands over to be published."""

    request: LegacyRequest
    body: bytes
    body_field: str = "body"
    """The sender's name for the text; empty when there was none (JSON)."""
    sequence_id: str = ""
    """From the path; the parameter does not count then."""
    overrides: Mapping[str, Sent] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def translate(draft: Draft) -> Translation:
    """Check a publish and turn it into one native message, in ntfy's order."""
    found = read_parameters(draft.request, draft.overrides)
    found.notes.extend(draft.notes)
    view: EventView = {}
    if draft.sequence_id:
        _take_sequence_id(draft.sequence_id, found, view)
    read_fields(found, view)
    if poll_id := found.values.get("poll_id"):
        return _poll_request(poll_id, found)
    text = read_body(draft.body, draft.body_field, found, view)
    view["message"] = text or _stand_in(view)
    message = to_native(view, found, draft.body_field)
    return Translation(message=message, notes=tuple(found.notes), view=view)


def _take_sequence_id(sequence_id: str, found: Parameters, view: EventView) -> None:
    view["sequence_id"] = sequence_id
    found.notes.append(Note("path", "sequence_id"))
    if found.values.pop("sequence_id", None):
        found.notes.append(Note(found.fields["sequence_id"], "overridden"))


def _poll_request(poll_id: str, found: Parameters) -> Translation:
    """Server-to-server traffic of ntfy's iOS app: nothing is sent or stored."""
    found.notes.extend(
        Note(found.fields[name], "poll_id" if name == "poll_id" else "unused")
        for name in found.values
    )
    view: EventView = {
        "event": "poll_request",
        "message": "New message",
        "poll_id": poll_id,
    }
    return Translation(message=None, notes=tuple(found.notes), view=view)


def _stand_in(view: EventView) -> str:
    """The text of a message without one."""
    attachment = view.get("attachment")
    if attachment is None:
        return EMPTY_MESSAGE
    return f"You received a file: {attachment['name']}"
