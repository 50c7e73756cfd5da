"""A body that is a file: name, type and address (docs/dialects/ntfy.md 4.6)."""

from __future__ import annotations

from adapters.ntfy.attachments.sniffing import sniff
from adapters.ntfy.errors import refusal
from adapters.ntfy.event import Attachment, EventView
from adapters.ntfy.parameters.found import Found
from pushgo_compat.model import NewFile, Upload

_UNNAMED = "attachment"


def attach(upload: Upload, base_url: str, found: Found, view: EventView) -> NewFile:
    """Put ntfy's attachment object into the view, and say how the file is served.

    Refuses a file that expires before its message is delivered (40015).
    """
    expires_s = upload.expires_at_ms // 1000
    if view.get("time", 0) > expires_s:
        raise refusal(40015)
    sent_name = found.values.get("filename", "")
    media_type, extension = sniff(upload.head, sent_name)
    name = sent_name or _UNNAMED + extension
    attachment: Attachment = {
        "name": name,
        "type": media_type,
        "size": upload.size_bytes,
        "expires": expires_s,
        "url": f"{base_url}/file/{upload.file_id}{extension}",
    }
    if not upload.size_bytes:
        del attachment["size"]
    view["attachment"] = attachment
    return NewFile(
        file_id=upload.file_id,
        name=name,
        media_type=media_type,
        size_bytes=upload.size_bytes,
        expires_at_ms=upload.expires_at_ms,
    )
