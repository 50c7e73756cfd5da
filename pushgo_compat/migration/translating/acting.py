"""What a server would do with a request: the dry run of a key that opens a channel."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.receipts.rehearsal import Rehearsed, rehearse
from pushgo_compat.errors import ChannelNotFound, NativeError
from pushgo_compat.legacy import (
    Account,
    Answer,
    Dialect,
    Download,
    KeyCheck,
    LegacyCall,
    LegacyRefusal,
    LegacyReply,
    LegacyRequest,
    Publish,
    Register,
    StatusQuery,
    Subscribe,
    claims_of,
)
from pushgo_compat.model import Channel, KeyForm, Upload

CHANNEL_NAME = "CHANNEL_NAME"
"""Stands for the title that a message gets from its channel."""
_FILE_ID = "…"
_FILE_EXPIRY_MS = 3 * 3600 * 1000
_FILE_NAME_HEADER = "Filename"
_HEAD_BYTES = 4096
_HEADS = {
    "jpg": b"\xff\xd8\xff",
    "jpeg": b"\xff\xd8\xff",
    "png": b"\x89PNG\r\n\x1a\n",
    "gif": b"GIF89a",
    "webp": b"RIFF\0\0\0\0WEBPVP",
    "pdf": b"%PDF-",
    "zip": b"PK\x03\x04",
    "gz": b"\x1f\x8b\x08",
    "txt": b"text",
    "log": b"text",
    "csv": b"text",
    "md": b"text",
}
"""How files begin, for those that were not read; their names are all that is known."""
_NOT_FOUND = 404
_CHANNEL = Channel(
    number=0,
    channel_id="CHANNEL_ID",
    name=CHANNEL_NAME,
    password_hash="",
    created_at_ms=0,
)


class Acted(NamedTuple):
    """What a request came to."""

    call: LegacyCall | None
    rehearsed: Rehearsed
    untitled: bool = False
    """The message has no title of its own."""
    key_in_host: bool = False


def act(
    dialect: Dialect, request: LegacyRequest, content: bytes, attachment: str | None
) -> Acted:
    """Ask the dialect.

    ``attachment``: the name of a file that nobody has read, for which the body stands.
    """
    if attachment is not None and not _is_named(request):
        headers = CIMultiDict(request.headers)
        headers.add(_FILE_NAME_HEADER, attachment)
        request = replace(request, headers=CIMultiDictProxy(headers))
    call: LegacyCall | None = None
    try:
        call = dialect.open(request)
        acted = _do(dialect, request, call, content, attachment)
    except LegacyRefusal as refused:
        acted = Acted(call, Rehearsed(reply=refused.reply, accepted=False))
    except NativeError as error:
        reply = _refused(dialect, request, call, error)
        acted = Acted(call, Rehearsed(reply=reply, accepted=False))
    if request.method == "HEAD":
        # Nothing is sent by a HEAD anywhere: its caller looks whether we are here.
        return Acted(call, Rehearsed(reply=acted.rehearsed.reply))
    return acted


def _do(
    dialect: Dialect,
    request: LegacyRequest,
    call: LegacyCall,
    content: bytes,
    attachment: str | None,
) -> Acted:
    match call:
        case Publish():
            return _publish(dialect, request, call, content, attachment)
        case Answer():
            return Acted(call, Rehearsed(reply=call.reply))
        case KeyCheck():
            return Acted(call, Rehearsed(reply=call.reply, notes=call.notes))
        case Register():
            return _register(call)
        case Subscribe():
            reply = LegacyReply(content_type=call.encoder.content_type)
            return Acted(call, Rehearsed(reply=reply))
        case StatusQuery() | Account() | Download():
            return Acted(call, Rehearsed(reply=LegacyReply()))


def _register(call: Register) -> Acted:
    if call.claim is None:
        return Acted(call, Rehearsed(reply=call.refusal, accepted=False))
    reply = call.reply(call.claim.key)
    return Acted(call, Rehearsed(reply=reply, notes=call.unbound))


def _publish(
    dialect: Dialect,
    request: LegacyRequest,
    call: Publish,
    content: bytes,
    attachment: str | None,
) -> Acted:
    with suppress(LegacyRefusal):
        unknown = _refused(dialect, request, call, ChannelNotFound())
        if unknown.status == _NOT_FOUND:  # no key of the old server's
            raise LegacyRefusal(unknown)
    if call.begin_upload is None:
        translation = call.translate()
    else:
        data = content if call.file_content is None else call.file_content
        head, size = data[:_HEAD_BYTES], len(data)
        if attachment is not None:
            extension = attachment.rpartition(".")[2].lower()
            head, size = _HEADS.get(extension, b"\0"), 0
        translation = call.begin_upload()(_upload(request, head, size))
    opened: Sequence[Grant | NativeError] = [
        Grant(channel=_CHANNEL, generation=0, form=KeyForm.UNKNOWN) for _ in call.claims
    ]
    rehearsed = rehearse(dialect, request, call, translation, opened)
    message = translation.message
    return Acted(
        call,
        rehearsed,
        untitled=message is not None and message.title is None,
        key_in_host=any(claim.fold_case for claim in claims_of(call)),
    )


def _is_named(request: LegacyRequest) -> bool:
    return any(name in request.headers for name in ("x-filename", "filename"))


def _upload(request: LegacyRequest, head: bytes, size: int) -> Upload:
    return Upload(
        file_id=_FILE_ID,
        size_bytes=size,
        head=head,
        expires_at_ms=request.received_at_ms + _FILE_EXPIRY_MS,
    )


def _refused(
    dialect: Dialect,
    request: LegacyRequest,
    call: LegacyCall | None,
    error: NativeError,
) -> LegacyReply:
    if isinstance(call, Publish | Account) and call.refused is not None:
        return call.refused(error)
    return dialect.refused(request, error)
