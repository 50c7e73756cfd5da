"""Texts of senders as PostgreSQL can keep them."""

from __future__ import annotations

from typing import overload


@overload
def storable(text: str) -> str: ...
@overload
def storable(text: None) -> None: ...
def storable(text: str | None) -> str | None:
    """A text for a column of type text, which holds neither NUL nor half a pair."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


@overload
def raw(text: str) -> bytes: ...
@overload
def raw(text: None) -> None: ...
def raw(text: str | None) -> bytes | None:
    """A text for a column of type bytea, in which every text stays itself."""
    return None if text is None else text.encode("utf-8", "surrogatepass")
