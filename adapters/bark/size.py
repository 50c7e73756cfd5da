"""A native message has room for less than Bark's four mebibytes of request."""

from __future__ import annotations

import contextlib
import dataclasses

from adapters.bark.metadata import PREFIX
from adapters.shared.parsing import clip_utf8
from adapters.shared.size_limit import DoesNotFit, fit_native
from pushgo_compat.model import NativeMessage

_CUT_TITLE_BYTES = 1024


def fit_message(message: NativeMessage) -> tuple[NativeMessage, tuple[str, ...]]:
    """Cut a long title first, then the body, at last drop the metadata but the IV.

    The codes of the notes say which of these was needed.

    A push is never refused for its size, except when a ciphertext is too large even
    so: raises DoesNotFit.
    """
    fitted, cut = message, True
    with contextlib.suppress(DoesNotFit):
        fitted, cut = fit_native(message)
    if not cut:
        return fitted, ()
    codes: list[str] = []
    title = clip_utf8(message.title or "", _CUT_TITLE_BYTES)
    if title != message.title:
        message = dataclasses.replace(message, title=title.rstrip())
        codes.append("title_cut")
    try:
        fitted, cut = fit_native(message)
    except DoesNotFit:
        message = dataclasses.replace(message, metadata=_without_extras(message))
        codes.append("metadata_dropped")
        fitted, cut = fit_native(message)
    if cut:
        codes.append("body_cut")
    return fitted, tuple(codes)


def _without_extras(message: NativeMessage) -> dict[str, str | int | float | bool]:
    """What a ciphertext cannot be opened without; nothing where there is none."""
    place = f"{PREFIX}iv"
    if message.ciphertext is None or place not in message.metadata:
        return {}
    return {place: message.metadata[place]}
