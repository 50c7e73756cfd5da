"""The JSON of a webhook, in which any value may be missing or of another type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from adapters.golang.values import float_text
from adapters.shared.parsing import clip_utf8

MAX_MESSAGE_BYTES = 4096


class Story(NamedTuple):
    """The text of a webhook: what happened, and lines of details."""

    title: str
    lines: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The lines that are not empty as one text, cut to ntfy's 4096 bytes."""
        text = "\n".join([line for line in self.lines if line])
        return clip_utf8(text, MAX_MESSAGE_BYTES)


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON value. Nothing here raises for a missing value or one of another type."""

    value: object

    def at(self, *names: str) -> Payload:
        """The value below the names; None inside when there is none."""
        value = self.value
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return Payload(value)

    def text(self, *names: str) -> str:
        """The text or number below the names; "" when there is neither."""
        match self.at(*names).value:
            case str() as text:
                return text.strip()
            case float() as number:
                whole = number.is_integer() and abs(number) < 1e15  # noqa: PLR2004
                return str(int(number)) if whole else float_text(number)
            case _:
                return ""

    def each(self, *names: str) -> list[Payload]:
        """The elements of the list below the names; empty when there is none."""
        value = self.at(*names).value
        return [Payload(one) for one in value] if isinstance(value, list) else []

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        """Keys and values of an object, only of texts and numbers."""
        value = self.at(*names).value
        keys = list(value) if isinstance(value, dict) else []
        pairs = [(key, self.at(*names).text(key)) for key in keys]
        return [(key, text) for key, text in pairs if text]

    def is_true(self, *names: str) -> bool:
        """Whether the value below the names is ``true``."""
        return self.at(*names).value is True

    def __contains__(self, name: str) -> bool:
        """Whether the object has a value of this name that is not null."""
        return self.at(name).value is not None


def first_line(text: str, limit_chars: int = 200) -> str:
    """The first line of a text, cut to at most ``limit_chars``."""
    line = text.strip().partition("\n")[0].rstrip()
    return line if len(line) <= limit_chars else f"{line[: limit_chars - 1]}…"


def joined(separator: str, *texts: str) -> str:
    """The texts that are not empty, with the separator between them."""
    return separator.join([text for text in texts if text])
