"""Making a payload fit its provider's limit: cut the body first, then drop fields."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

ELLIPSIS = "…"


class DoesNotFit(ValueError):
    """Even without body and optional fields the payload is over the limit."""


def clip_utf8(text: str, limit_bytes: int) -> str:
    """Cut text to at most ``limit_bytes`` of UTF-8, never inside a character.

    Negative limits count as 0.
    """
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit_bytes:
        return text
    return raw[: max(0, limit_bytes)].decode("utf-8", "ignore")


def fit_body(
    fields: dict[str, Any],
    encode: Callable[[dict[str, Any]], bytes],
    limit_bytes: int,
    *,
    body: str = "body",
    then_drop: Sequence[str] = (),
) -> tuple[bytes, str]:
    """The encoded fields within the limit, and what was cut ("" for nothing).

    What counts is the size as encoded, escapes included. Raises DoesNotFit.
    """
    kept, cut = fit(
        fields,
        lambda some: len(encode(some)),
        limit_bytes,
        body=body,
        then_drop=then_drop,
    )
    return encode(kept), cut


def fit(
    fields: dict[str, Any],
    size: Callable[[dict[str, Any]], int],
    limit_bytes: int,
    *,
    body: str = "body",
    then_drop: Sequence[str] = (),
) -> tuple[dict[str, Any], str]:
    """The fields within the limit, and what was cut. Raises DoesNotFit."""
    if size(fields) <= limit_bytes:
        return fields, ""
    cut: list[str] = []
    kept = dict(fields)
    text = kept.get(body)
    if isinstance(text, str) and text:
        cut.append(f"{body} cut")
        shortened = _longest_fitting(kept, size, limit_bytes, body, text)
        if shortened is not None:
            return {**kept, body: shortened}, ", ".join(cut)
        kept[body] = ELLIPSIS
    for name in then_drop:
        if name in kept:
            del kept[name]
            cut.append(f"{name} dropped")
            if size(kept) <= limit_bytes:
                return kept, ", ".join(cut)
    raise DoesNotFit


def _longest_fitting(
    fields: dict[str, Any],
    size: Callable[[dict[str, Any]], int],
    limit_bytes: int,
    body: str,
    text: str,
) -> str | None:
    """As much of the text as fits; None when not one character does."""
    low, high, best = 1, len(text), None
    while low <= high:
        middle = (low + high) // 2
        shortened = text[:middle].rstrip() + ELLIPSIS
        if size({**fields, body: shortened}) <= limit_bytes:
            best, low = shortened, middle + 1
        else:
            high = middle - 1
    return best
