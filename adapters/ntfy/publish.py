"""One publish: its parameters checked, its body read, a native message made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from adapters.ntfy.body import Role, read_body, read_parameter
from adapters.ntfy.event import EventView
from adapters.ntfy.fields import read_fields
from adapters.ntfy.mapping import to_native
from adapters.ntfy.params import Parameters, Sent
from adapters.ntfy.sequences import cancel_waiting
from adapters.ntfy.templating import defer_priority
from adapters.ntfy.upload import attach
from pushgo_compat.legacy import LegacyRequest, Note, Translation
from pushgo_compat.model import Upload

EMPTY_MESSAGE = "triggered"
"""What ntfy says for senders that say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a route hands over to be published."""

    request: LegacyRequest
    body: bytes
    body_field: str = "body"
    """The sender's name for the body; empty when he wrote none (JSON)."""
    sequence_id: str = ""
    """From the path; the parameter does not count then."""
    overrides: Mapping[str, Sent] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def translate(draft: Draft, found: Parameters, role: Role) -> Translation:
    """Check a publish and turn it into one native message, in ntfy's order."""
    if role is Role.TEMPLATE_INPUT:
        defer_priority(found)
    view = _check(draft, found)
    if poll_id := found.values.get("poll_id"):
        return _poll_request(poll_id, found)
    text = read_body(role, draft.body, draft.body_field, found, view)
    return _finish(draft, found, view, text)


def begin_upload(draft: Draft, found: Parameters) -> Callable[[Upload], Translation]:
    """Check a publish whose body is a file, as far as that goes without the file."""
    return partial(_finish_upload, draft, found, _check(draft, found))


def _check(draft: Draft, found: Parameters) -> EventView:
    found.notes.extend(draft.notes)
    view: EventView = {}
    if draft.sequence_id:
        _take_sequence_id(draft.sequence_id, found, view)
    read_fields(found, view)
    return view


def _finish(draft: Draft, found: Parameters, view: EventView, text: str) -> Translation:
    view["message"] = text or _stand_in(view)
    message = to_native(view, found, draft.body_field)
    sequence_id = view.get("sequence_id")
    return Translation(
        message=message,
        notes=tuple(found.notes),
        view=view,
        deliver_at_ms=message.occurred_at_ms if "time" in view else None,
        sequence_id=sequence_id,
        cancels=cancel_waiting(sequence_id) if sequence_id else None,
    )


def _finish_upload(
    draft: Draft, found: Parameters, view: EventView, upload: Upload
) -> Translation:
    file = attach(upload, draft.request.base_url, found, view)
    translation = _finish(draft, found, view, read_parameter(found))
    return replace(translation, file=file)


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
