"""One publish: its parameters checked, its body read, a native message made."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from adapters.ntfy.attachments.upload import attach
from adapters.ntfy.event import EventView
from adapters.ntfy.parameters import RECORDED, TABLE, TURNS
from adapters.ntfy.parameters.files import translate_attachment
from adapters.ntfy.parameters.found import Found, Sent
from adapters.ntfy.parameters.native_fields import NativeFields
from adapters.ntfy.parameters.text import EMPTY_MESSAGE
from adapters.ntfy.parameters.updates import cancel_waiting, take_from_path
from adapters.ntfy.publish.body import Role, read_body, read_parameter
from adapters.ntfy.publish.templating import defer, render_body
from adapters.shared.size_limit import fit
from pushgo_compat.legacy import (
    LegacyRefusal,
    LegacyRequest,
    Note,
    Translation,
    known_note,
)
from pushgo_compat.model import NativeMessage, Upload

_KEPT_METADATA = frozenset({"compat.source"})
"""The metadata that stays when a message is too large for all of it."""


@dataclass(slots=True, kw_only=True)
class Draft:
    """A publish as its route hands it over."""

    request: LegacyRequest
    body: bytes
    body_field: str = "body"
    """The sender's name for the body; empty when JSON had none."""
    sequence_id: str = ""
    """From the path; the parameter does not count then."""
    overrides: Mapping[str, Sent] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()


def translate(draft: Draft, found: Found, role: Role) -> Translation:
    """Check a publish and turn it into one native message, in ntfy's order."""
    if role is Role.TEMPLATE_INPUT:
        deferred = defer(found)
        view = _check(draft, found)
        text = render_body(draft.body, draft.body_field, found, view, deferred)
        return _finish(draft, found, view, text)
    view = _check(draft, found)
    if role is Role.NOTHING:
        return _poll_request(found)
    text = read_body(role, draft.body, draft.body_field, found, view)
    return _finish(draft, found, view, text)


def begin_upload(
    draft: Draft, found: Found, text: str | None = None
) -> Callable[[Upload], Translation]:
    """Check a publish that has a file, as far as that goes without the file.

    ``text`` stands beside the file; None: the message parameter does.
    """
    return partial(_finish_upload, draft, found, _check(draft, found), text)


# ------------------------------------------------------------------------- checking


def _check(draft: Draft, found: Found) -> EventView:
    """The event so far. The first parameter that ntfy would refuse is refused."""
    found.notes.extend(draft.notes)
    view: EventView = {}
    if draft.sequence_id:
        take_from_path(draft.sequence_id, found, view)
    values = found.values
    for name in sorted(values, key=TURNS.__getitem__):
        parameter = TABLE[name]
        if parameter.check:
            try:
                parameter.check(found, view, values[name])
            except LegacyRefusal as refused:
                refused.name_field(found.fields[name])
                raise
        elif event_key := parameter.event_key:
            view[event_key] = values[name]  # type: ignore[literal-required]
    return view


def _finish_upload(
    draft: Draft, found: Found, view: EventView, text: str | None, upload: Upload
) -> Translation:
    file = attach(upload, draft.request.base_url, found, view)
    if text is None:
        text = read_parameter(found)
    translation = _finish(draft, found, view, text)
    return replace(translation, file=file)


def _finish(draft: Draft, found: Found, view: EventView, text: str) -> Translation:
    view["message"] = text or _stand_in(view)
    message = _to_native(view, found, draft.body_field)
    sequence_id = view.get("sequence_id")
    return Translation(
        message=message,
        notes=tuple(found.notes),
        view=view,
        deliver_at_ms=message.occurred_at_ms if "time" in view else None,
        sequence_id=sequence_id,
        cancels=cancel_waiting(sequence_id) if sequence_id else None,
    )


def _poll_request(found: Found) -> Translation:
    """Traffic between ntfy servers, for ntfy's iOS app: nothing is sent or stored."""
    found.notes.extend(
        Note(found.fields[name], "poll_id" if name == "poll_id" else "unused")
        for name in found.values
    )
    view: EventView = {
        "event": "poll_request",
        "message": "New message",
        "poll_id": found.values["poll_id"],
    }
    return Translation(message=None, notes=tuple(found.notes), view=view)


def _stand_in(view: EventView) -> str:
    """The text of a message without one."""
    attachment = view.get("attachment")
    if attachment is None:
        return EMPTY_MESSAGE
    return f"You received a file: {attachment['name']}"


# ---------------------------------------------------------------- the native message


def _to_native(view: EventView, found: Found, body_field: str) -> NativeMessage:
    """Build the message; ``body_field`` is the sender's name for the body, if any."""
    native = NativeFields(view, found)
    _translate_parameters(native, found)
    if attachment := view.get("attachment"):
        translate_attachment(native, attachment, body_field)
    for key in filter(view.__contains__, RECORDED):
        if recorded := view.get(key):
            native.metadata[f"compat.ntfy.{key}"] = str(recorded)
    if native.dropped:
        native.metadata["compat.ntfy.dropped"] = ",".join(native.dropped)
    fields = found.fields
    # A message without a text says the name of its file.
    text_field = fields.get("message", fields.get("filename", body_field))
    body = _clean(native, view.get("message", ""), text_field, "body")
    title = _clean(native, view.get("title", ""), fields.get("title", ""), "title")
    message = NativeMessage(
        title=title.strip() or None,
        body=body if body.strip() else None,
        occurred_at_ms=view["time"] * 1000 if "time" in view else None,
        severity=native.severity,
        url=native.url,
        images=native.images,
        tags=native.tags,
        metadata=native.metadata,
    )
    fitted = fit(message, kept_metadata=_KEPT_METADATA)
    for place in fitted.cut:
        sent_as = text_field if place == "body" else fields.get(place, place)
        native.note(sent_as, "too_large", place)
    if fitted.is_large:
        native.note(text_field, "large_body")
    return fitted.message


def _translate_parameters(native: NativeFields, found: Found) -> None:
    for name, value in found.values.items():
        parameter = TABLE[name]
        sent_as = found.fields[name]
        code = parameter.note
        if parameter.translate:
            code = parameter.translate(native, value, sent_as)
        if code:
            found.notes.append(known_note(sent_as, code))


def _clean(native: NativeFields, text: str, sent_as: str, place: str) -> str:
    if text.isascii() and "\0" not in text:  # most texts
        return text
    return native.clean(text, sent_as, place)
