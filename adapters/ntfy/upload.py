"""A body that is a file: its name, its type, and where it can be had (4.6)."""

from __future__ import annotations

from adapters.ntfy.errors import refusal
from adapters.ntfy.event import Attachment, EventView
from adapters.ntfy.params import Parameters
from adapters.ntfy.sniffing import sniff
from pushgo_compat.model import NewFile, Upload

_UNNAMED = "attachment"


def attach(
    upload: Upload, base_url: str, found: Parameters, view: EventView
) -> NewFile:
    """Put ntfy's attachment object into the view; how the file is to be served.

    Refuses a file that would be gone before its message arrives.
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
