"""Shorten a message that is over native.md's size, least important things first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from adapters.ntfy.params import Parameters
from adapters.shared.size_limit import DoesNotFit, fit_native
from pushgo_compat.legacy import Note
from pushgo_compat.model import NativeMessage

_SHORT_TITLE_CHARS = 1024


def fit(message: NativeMessage, found: Parameters, text_field: str) -> NativeMessage:
    """Cut the body; when that is not enough, what ``_shrunken`` gives up.

    Never fails: ntfy accepts titles of any length, and what it accepts is accepted.
    """
    for candidate, cut in _shrunken(message):
        try:
            fitted, body_cut = fit_native(candidate)
        except DoesNotFit:
            continue
        if body_cut:
            found.notes.append(Note(text_field, "too_large", "body"))
        found.notes.extend(Note(found.fields.get(p, p), "too_large", p) for p in cut)
        return fitted
    raise AssertionError("a short title, a url and three words of metadata do not fit")


def _shrunken(
    message: NativeMessage,
) -> Iterator[tuple[NativeMessage, tuple[str, ...]]]:
    """The message with ever less in it, and what has gone."""
    yield message, ()
    message = replace(
        message, title=message.title and message.title[:_SHORT_TITLE_CHARS].rstrip()
    )
    yield message, ("title",)
    message = replace(message, tags=())
    yield message, ("title", "tags")
    message = replace(message, images=())
    yield message, ("title", "tags", "images")
    source = {"compat.source": message.metadata["compat.source"]}
    yield replace(message, metadata=source), ("title", "tags", "images", "metadata")
