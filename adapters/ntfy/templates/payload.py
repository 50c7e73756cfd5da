"""Reading a webhook's JSON without believing that anything is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from adapters.golang.values import float_text
from adapters.shared.parsing import clip_utf8

MAX_MESSAGE_BYTES = 4096


class Story(NamedTuple):
    """What a webhook tells: what happened, and the lines a person needs."""

    title: str
    lines: tuple[str, ...] = ()

    @property
    def message(self) -> str:
        """The lines as one text, empty ones left out, cut to what ntfy sends."""
        text = "\n".join([line for line in self.lines if line])
        return clip_utf8(text, MAX_MESSAGE_BYTES)


@dataclass(frozen=True, slots=True)
class Payload:
    """A JSON value; every question has an answer, however empty."""

    value: object

    def at(self, *names: str) -> Payload:
        """What stands below the names, perhaps nothing."""
        value = self.value
        for name in names:
            value = value.get(name) if isinstance(value, dict) else None
        return Payload(value)

    def text(self, *names: str) -> str:
        """The text or number below the names; "" when there is none."""
        match self.at(*names).value:
            case str() as text:
                return text.strip()
            case float() as number:
                whole = number.is_integer() and abs(number) < 1e15  # noqa: PLR2004
                return str(int(number)) if whole else float_text(number)
            case _:
                return ""

    def each(self, *names: str) -> list[Payload]:
        """The elements of a list."""
        value = self.at(*names).value
        return [Payload(one) for one in value] if isinstance(value, list) else []

    def pairs(self, *names: str) -> list[tuple[str, str]]:
        """Keys and texts of an object, without what is neither text nor number."""
        value = self.at(*names).value
        keys = list(value) if isinstance(value, dict) else []
        pairs = [(key, self.at(*names).text(key)) for key in keys]
        return [(key, text) for key, text in pairs if text]

    def is_true(self, *names: str) -> bool:
        """Whether ``true`` stands there."""
        return self.at(*names).value is True

    def __contains__(self, name: str) -> bool:
        """Whether the object has something of this name."""
        return self.at(name).value is not None


def first_line(text: str, limit_chars: int = 200) -> str:
    """The first line of a text, shortened to a length that can be read at a glance."""
    line = text.strip().partition("\n")[0].rstrip()
    return line if len(line) <= limit_chars else f"{line[: limit_chars - 1]}…"


def joined(separator: str, *texts: str) -> str:
    """The texts that are not empty, with the separator between them."""
    return separator.join([text for text in texts if text])
