"""ntfy's event → native message, with a note for every field (the ntfy page, 13)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from adapters.ntfy.action_metadata import encode_actions
from adapters.ntfy.body import is_template
from adapters.ntfy.event import Attachment, EventView
from adapters.ntfy.fields import is_markdown
from adapters.ntfy.native_fields import NativeFields
from adapters.ntfy.params import Parameters
from adapters.shared.parsing import (
    MAX_METADATA_CHARS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    clean_text,
    is_http_url,
    native_url,
)
from adapters.shared.size_limit import fit
from pushgo_compat.model import NativeMessage, Severity

_SEVERITIES = {
    5: Severity.CRITICAL,
    4: Severity.HIGH,
    3: Severity.NORMAL,
    2: Severity.LOW,
    1: Severity.LOW,
}
_IMAGE = re.compile(r"(?i)\.(?:png|jpe?g|gif|webp|svg|bmp|avif|heic)$")
_KEPT_METADATA = frozenset({"compat.source"})
"""What stays when all other metadata has to go."""
_URL_WITHOUT_QUERY = re.compile(r"[^?#]*")


def to_native(view: EventView, found: Parameters, body_field: str) -> NativeMessage:
    """Build the message; ``body_field`` is the sender's name for the body, if any."""
    file_field = found.fields.get("filename", body_field)
    # A message without a text says the name of its file.
    text_field = found.fields.get("message", file_field)
    native = NativeFields(view, found)
    for parameter, value in found.values.items():
        _MAPPERS[parameter](native, value, found.fields[parameter])
    if attachment := view.get("attachment"):
        sent_as = found.fields.get("attach", body_field) or file_field
        _map_attachment(native, attachment, sent_as)
    if sequence_id := view.get("sequence_id"):
        native.metadata["compat.ntfy.sequence_id"] = sequence_id
    if content_type := view.get("content_type"):
        native.metadata["compat.ntfy.content_type"] = content_type
    if encoding := view.get("encoding"):
        native.metadata["compat.ntfy.encoding"] = encoding
    if native.dropped:
        native.metadata["compat.ntfy.dropped"] = ",".join(native.dropped)
    body = native.clean(view.get("message", ""), text_field, "body")
    title = native.clean(view.get("title", ""), found.fields.get("title", ""), "title")
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
        sent_as = text_field if place == "body" else found.fields.get(place, place)
        native.note(sent_as, "too_large", place)
    if fitted.is_large:
        native.note(text_field, "large_body")
    return fitted.message


# -------------------------------------------------------------- one for each parameter


def _map_title(native: NativeFields, _value: str, sent_as: str) -> None:
    native.note(sent_as, "title")


def _map_priority(native: NativeFields, _value: str, sent_as: str) -> None:
    priority = native.view.get("priority", 3)
    native.severity = _SEVERITIES[priority]
    native.metadata["compat.ntfy.priority"] = str(priority)
    native.note(sent_as, "priority")


def _map_tags(native: NativeFields, _value: str, sent_as: str) -> None:
    sent = native.view.get("tags")
    if not sent:
        native.note(sent_as, "blank")
        return
    whole = [clean_text(tag).strip() for tag in sent]
    short = dict.fromkeys([tag[:MAX_TAG_CHARS].rstrip() for tag in whole if tag])
    native.tags = tuple(short)[:MAX_TAGS]
    if len(short) <= MAX_TAGS and max(map(len, whole)) <= MAX_TAG_CHARS:
        native.note(sent_as, "tags")
        return
    native.note(sent_as, "tags_cut")
    full = clean_text(",".join(sent)).strip()
    if len(full) <= MAX_METADATA_CHARS:
        native.metadata["compat.ntfy.tags"] = full


def _map_delay(native: NativeFields, value: str, sent_as: str) -> None:
    native.record("delay", value, sent_as)
    native.note(sent_as, "delay")


def _map_actions(native: NativeFields, _value: str, sent_as: str) -> None:
    actions = native.view.get("actions")
    if not actions:
        native.note(sent_as, "blank")
        return
    for key, text, whole in encode_actions(actions):
        if text is None:
            native.dropped.append(key)
            native.note(sent_as, "dropped")
        else:
            native.metadata[f"compat.ntfy.{key}"] = text
            number = key.rpartition(".")[2]
            native.note(sent_as, *(("actions",) if whole else ("actions_cut", number)))


def _map_click(native: NativeFields, value: str, sent_as: str) -> None:
    if is_http_url(value):
        native.url = native_url(native.clean(value, sent_as, "url"))
        if native.url:
            native.note(sent_as, "click")
        else:
            native.dropped.append("click")
            native.note(sent_as, "dropped")
    else:
        kept = native.record_address("click", value)
        native.note(sent_as, "click_recorded" if kept else "dropped")


def _map_icon(native: NativeFields, value: str, sent_as: str) -> None:
    kept = native.record_address("icon", value)
    native.note(sent_as, "icon" if kept else "dropped")


def _map_attachment(native: NativeFields, attachment: Attachment, sent_as: str) -> None:
    """Called last: the address opens on a tap only where no click address does."""
    name, address = attachment["name"], attachment["url"]
    native.record("attachment_name", name, native.found.fields.get("filename", sent_as))
    recorded = native.record_address("attachment_url", address)
    for key in ("type", "size", "expires"):
        if (detail := attachment.get(key)) is not None:
            native.metadata[f"compat.ntfy.attachment_{key}"] = str(detail)
    url = native_url(clean_text(address))
    code = "attach_recorded" if recorded else "dropped"
    if url and _is_image(attachment):
        native.images = (url,)
        code = "attach_image"
    elif url and not native.url:
        native.url = url
        code = "attach_link"
    native.note(sent_as, code)


def _is_image(attachment: Attachment) -> bool:
    """By its type where that is known, else by how name or path end."""
    if "type" in attachment:
        return attachment["type"].startswith("image/")
    path = _URL_WITHOUT_QUERY.match(attachment["url"])
    return bool(_IMAGE.search(attachment["name"]) or (path and _IMAGE.search(path[0])))


def _map_filename(native: NativeFields, _value: str, sent_as: str) -> None:
    native.note(sent_as, "filename" if "attachment" in native.view else "unused")


def _map_markdown(native: NativeFields, _value: str, sent_as: str) -> None:
    native.note(sent_as, "markdown" if native.found.flag("markdown") else "default")


def _map_content_type(native: NativeFields, value: str, sent_as: str) -> None:
    if is_markdown(value):
        native.note(sent_as, "markdown")


def _map_email(native: NativeFields, value: str, sent_as: str) -> None:
    native.record("email", value, sent_as)
    native.note(sent_as, "email")


def _map_call(native: NativeFields, value: str, sent_as: str) -> None:
    native.record("call", value, sent_as)
    native.note(sent_as, "call")


def _map_cache(native: NativeFields, _value: str, sent_as: str) -> None:
    if "cache" in native.view:
        native.metadata["compat.ntfy.cache"] = "no"
        native.note(sent_as, "cache_off")
    else:
        native.note(sent_as, "default")


def _map_firebase(native: NativeFields, _value: str, sent_as: str) -> None:
    native.note(sent_as, "default" if native.found.flag("firebase") else "firebase")


def _map_unifiedpush(native: NativeFields, _value: str, sent_as: str) -> None:
    on = native.found.flag("unifiedpush")
    native.note(sent_as, "unifiedpush" if on else "default")


def _map_content_encoding(native: NativeFields, value: str, sent_as: str) -> None:
    if value == "aes128gcm":
        native.note(sent_as, "unifiedpush")


def _map_template(native: NativeFields, value: str, sent_as: str) -> None:
    native.note(sent_as, "unused" if is_template(value) else "default")


def _map_sequence_id(native: NativeFields, _value: str, sent_as: str) -> None:
    native.note(sent_as, "sequence_id")


def _map_attach(_native: NativeFields, _value: str, _sent_as: str) -> None:
    """Waits for the click address; see ``_map_attachment``."""


_MAPPERS: Mapping[str, Callable[[NativeFields, str, str], None]] = {
    "title": _map_title,
    "priority": _map_priority,
    "tags": _map_tags,
    "delay": _map_delay,
    "actions": _map_actions,
    "click": _map_click,
    "attach": _map_attach,
    "filename": _map_filename,
    "icon": _map_icon,
    "markdown": _map_markdown,
    "content_type": _map_content_type,
    "email": _map_email,
    "call": _map_call,
    "cache": _map_cache,
    "firebase": _map_firebase,
    "unifiedpush": _map_unifiedpush,
    "content_encoding": _map_content_encoding,
    "template": _map_template,
    "sequence_id": _map_sequence_id,
}
