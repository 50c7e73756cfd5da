"""What an old server gives out and clients come back with: ServerChan's numbers, files.

Only digests are stored: whoever knows a file's name can have the file.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterator

import orjson

from pushgo_compat.core.auth.secrets import SecretKey
from pushgo_compat.core.shadows.answers import Answer
from pushgo_compat.core.shadows.compare import unpacked

_FILE_ID = re.compile(r"/file/([A-Za-z0-9]+)")


def push_name(number: int | str) -> str:
    """The name of a ServerChan push by its number."""
    return f"push {number}"


def file_name(file_id: str) -> str:
    """The name of an ntfy attachment."""
    return f"file {file_id}"


class Given:
    """Digests of what was given out, the same on every instance."""

    def __init__(self, secret: SecretKey) -> None:
        self._key = secret.derive_key("shadow-given")

    def digest(self, name: str) -> bytes:
        """The stored form of a name."""
        return hmac.digest(self._key, name.encode("utf-8", "replace"), "sha256")

    def digests_of(self, answer: Answer) -> list[bytes]:
        """All that an answer gives out."""
        try:
            document = orjson.loads(unpacked(answer))
        except orjson.JSONDecodeError:
            return []
        return [self.digest(name) for name in _names(document)]


def _names(document: object) -> Iterator[str]:
    if not isinstance(document, dict):
        return
    data, attachment = document.get("data"), document.get("attachment")
    if isinstance(data, dict) and isinstance(data.get("pushid"), int | str):
        yield push_name(data["pushid"])
    if isinstance(attachment, dict):
        found = _FILE_ID.search(str(attachment.get("url")))
        if found is not None:
            yield file_name(found[1])
