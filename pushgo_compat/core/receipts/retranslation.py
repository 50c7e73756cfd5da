"""Translates a kept call once more: what this version makes of it. Nothing is sent.

A call is kept masked, and of a long body the beginning, so this is the nearest that
can be had: a stand-in takes the place of the key, and what was cut off is missing.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from multidict import CIMultiDict, CIMultiDictProxy

from pushgo_compat.core.auth.opening.grants import Grant
from pushgo_compat.core.calls.call_id import call_time_ms
from pushgo_compat.core.messages import addressed
from pushgo_compat.core.receipts.masking import HIDDEN, MAX_BODY_CHARS
from pushgo_compat.core.receipts.notes import AboutMessage, show_notes
from pushgo_compat.core.receipts.receipts import (
    CallRecord,
    Document,
    Reader,
    native_json,
)
from pushgo_compat.errors import NativeError
from pushgo_compat.legacy import Dialect, LegacyRefusal, LegacyRequest, Note, Publish
from pushgo_compat.model import NativeMessage

_STAND_IN = "Stand1nKey"
"""In place of what a masked key leaves out: letters and digits, as keys have."""
_REPLACED = "\ufffd"
"""Stands in a kept body that was no text."""


_PASSING = frozenset({"op_id", "occurred_at"})
"""Fields that follow from the moment of a call, not from its words."""


class Gap(enum.StrEnum):
    """Why a call cannot be translated again as it was."""

    FILE = "file"
    """The body was a file, and files are not kept with calls."""
    HIDDEN = "hidden"
    """The body was hidden whole, as a key may have remained in it."""
    CUT = "cut"
    """What is kept of a long body cannot be read without the rest."""
    NO_PUBLISH = "no_publish"
    """As it is kept, it sends no message."""
    REFUSED = "refused"
    """This version refuses what is kept of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retranslation:
    """What this version makes of a call."""

    gap: Gap | None = None
    native: Document | None = None
    """None where there is a gap."""
    differing: Sequence[str] = ()
    """The native fields that come out another way, by name; metadata's each."""
    notes: Sequence[Mapping[str, object]] = ()
    """As in a receipt."""
    is_cut: bool = False
    """Only the beginning of the body was kept."""


def translate_again(
    dialect: Dialect,
    record: CallRecord,
    stored: NativeMessage,
    grant: Grant,
    *,
    reader: Reader,
) -> Retranslation:
    """The message that ``grant`` lets in, compared with the one that is stored."""
    message, notes, gap = _translated(dialect, record, reader.base_url)
    if message is None:
        return Retranslation(gap=gap)
    about = [AboutMessage(note) for note in notes]
    shown = show_notes(dialect, record.request, about, chinese=reader.chinese)
    native = native_json(addressed(message, grant))
    return Retranslation(
        native=native,
        differing=_differing(native_json(stored), native),
        notes=shown,
        is_cut=_is_cut(record),
    )


def _translated(
    dialect: Dialect, record: CallRecord, base_url: str
) -> tuple[NativeMessage | None, Sequence[Note], Gap | None]:
    """Its message and notes, or why there is none."""
    gap: Gap | None = None
    if record.body == HIDDEN:
        gap = Gap.HIDDEN
    elif _REPLACED in record.body:
        gap = Gap.FILE
    else:
        try:
            call = dialect.open(_request(record, f"{base_url}/{dialect.source}"))
            if isinstance(call, Publish) and call.begin_upload is None:
                translation = call.translate()
                return translation.message, translation.notes, Gap.NO_PUBLISH
            gap = Gap.FILE if isinstance(call, Publish) else Gap.NO_PUBLISH
        except (LegacyRefusal, NativeError):
            gap = Gap.CUT if _is_cut(record) else Gap.REFUSED
    return None, (), gap


def _is_cut(record: CallRecord) -> bool:
    return len(record.body) > MAX_BODY_CHARS


def _differing(stored: Document, again: Document) -> list[str]:
    first, second = _flat(stored), _flat(again)
    return [
        name
        for name in {**first, **second}
        if name not in _PASSING and first.get(name) != second.get(name)
    ]


def _flat(fields: Mapping[str, object]) -> dict[str, object]:
    flat = {name: value for name, value in fields.items() if name != "metadata"}
    metadata = fields.get("metadata")
    if isinstance(metadata, Mapping):
        flat |= {f"metadata.{name}": value for name, value in metadata.items()}
    return flat


def _request(record: CallRecord, base_url: str) -> LegacyRequest:
    """The call as it is kept, a stand-in where its key stood."""
    hint = record.key_hint
    key = hint.replace(HIDDEN, _STAND_IN)

    def unmasked(text: str) -> str:
        return text.replace(hint, key) if HIDDEN in hint else text

    path, _, query = record.target.partition("?")
    kept = {**record.headers, "User-Agent": record.client}
    headers = CIMultiDict({name: unmasked(value) for name, value in kept.items()})
    return LegacyRequest(
        method=record.method,
        path=unmasked(path),
        query=unmasked(query),
        headers=CIMultiDictProxy(headers),
        body=unmasked(record.body.removesuffix(HIDDEN)).encode(),
        received_at_ms=call_time_ms(record.call_id),
        base_url=base_url,
        client_address=record.address,
    )
