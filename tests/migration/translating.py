"""A translator for tests, and a running gateway to compare it with."""

from __future__ import annotations

from typing import Any

import adapters
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.translating.answers import Answer, Translator
from pushgo_compat.migration.translating.answers import Source as Place
from pushgo_compat.migration.translating.freezing import Files
from pushgo_compat.migration.translating.servers import Servers
from pushgo_compat.model import Source
from pushgo_compat.traits import Surroundings
from tests.golden import NOW_MS

GATEWAY = "http://gateway.test"


def no_files(name: str) -> bytes | None:
    """Read nothing."""
    return None


def translate(
    text: str | bytes,
    *,
    dialect: Source | None = None,
    base_url: str | None = None,
    files: Files = no_files,
    har: bool = False,
    chinese: bool = False,
) -> list[dict[str, Any]]:
    """The answers to every call of a text."""
    answers = translate_in_full(
        text, dialect=dialect, base_url=base_url, files=files, har=har, chinese=chinese
    )
    return [answer.document for answer in answers]


def translate_in_full(
    text: str | bytes,
    *,
    dialect: Source | None = None,
    base_url: str | None = None,
    files: Files = no_files,
    har: bool = False,
    chinese: bool = False,
) -> list[Answer]:
    """The same, with the lines for people beside each."""
    data = text.encode() if isinstance(text, str) else text
    dialects = [each.configured({}, Surroundings()) for each in adapters.DIALECTS]
    translator = Translator(
        Servers(dialects, dialect, base_url),
        files,
        reader=Reader(GATEWAY, chinese),
        now_ms=NOW_MS,
    )
    found = translator.read(data, har=har)
    return [
        translator.answer_in_full(
            call, found.variables, Place(None, LineNumbers(data).of(call.span.start))
        )
        for call in found.calls
    ]


def translate_one(text: str, **options: Any) -> dict[str, Any]:
    """The answer to the only call of a text."""
    (one,) = translate(text, **options)
    return one


def message_of(answer: dict[str, Any]) -> dict[str, Any]:
    """The only native message of an answer."""
    (message,) = answer["receipt"]["messages"]
    found: dict[str, Any] = message
    return found


def codes_of(answer: dict[str, Any]) -> dict[str, str]:
    """The notes of an answer: field → code."""
    return {note["field"]: note["code"] for note in answer["receipt"]["notes"]}
