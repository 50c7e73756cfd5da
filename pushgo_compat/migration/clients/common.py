"""What all clients share: headers, bytes, logins, contents of files."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from pushgo_compat.migration.calls import BodyPart, HttpRequest, ReadFile, Unreadable
from pushgo_compat.migration.shell.commands import Input, InputFile

Headers = list[tuple[str, str]]
Result = HttpRequest | Unreadable
"""What one URL of a line comes to."""
FORM = "application/x-www-form-urlencoded"
STANDARD_INPUT = "-"


def as_bytes(text: str) -> bytes:
    """Text as the client sends it."""
    return text.encode("utf-8", "surrogateescape")


def contents(name: str, given: Input, change: Callable[[bytes], bytes]) -> BodyPart:
    """The contents of a file, or of what stands on standard input."""
    if name != STANDARD_INPUT:
        return ReadFile(name, change)
    if isinstance(given, InputFile):
        return ReadFile(given.name.text, change)
    if given is None:
        return ReadFile(STANDARD_INPUT, change)
    return change(as_bytes(given.text))


def basic(login: str) -> str:
    """A login as ``Authorization`` carries it."""
    return "Basic " + base64.b64encode(as_bytes(login)).decode()


def merged(
    own: Sequence[tuple[str, str]], written: Sequence[tuple[str, str | None]]
) -> Headers:
    """A client's own headers, and those that were asked for in their place.

    None takes a header of the client's out; its own empty ones are not sent.
    """
    replaced = {name.lower() for name, _ in written}
    return [
        *((n, value) for n, value in own if value and n.lower() not in replaced),
        *((n, value) for n, value in written if value is not None),
    ]
