"""Requests that random drawing has failed with once are always tried first."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from hypothesis import example

Test = TypeVar("Test", bound=Callable[..., Any])


def examples(values: Iterable[object]) -> Callable[[Test], Test]:
    """Explicit examples of a test that takes one argument."""

    def decorate(test: Test) -> Test:
        for value in values:
            test = example(value)(test)
        return test

    return decorate


def as_line(
    method: str, target: bytes, headers: Sequence[tuple[str, bytes]], body: bytes
) -> str:
    """A request as the line that keeps it in ``fixtures/fuzz``."""
    request: dict[str, object] = {
        "method": method,
        "path": target.decode("utf-8", "backslashreplace"),
        "headers": [[name, value.decode("latin-1")] for name, value in headers],
        "headers_encoding": "latin-1",
        "body_b64": base64.b64encode(body).decode(),
    }
    return json.dumps({"id": "fuzz.NAME", "why": "WHAT BROKE", "request": request})
