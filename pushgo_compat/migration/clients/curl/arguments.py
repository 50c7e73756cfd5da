"""The words of a curl line → its options and URLs, one group for each ``--next``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pushgo_compat.migration.clients.curl.options import OPTIONS
from pushgo_compat.migration.shell.commands import Argument
from pushgo_compat.migration.words import Word


@dataclass(slots=True)
class Group:
    """What holds for the URLs between two ``--next``."""

    options: list[tuple[str, Word]] = field(default_factory=list)
    """Long name and value, in order; a switch has an empty value."""
    urls: list[Word] = field(default_factory=list)
    unread: list[Word] = field(default_factory=list)
    """Variables without quotes and lists (``"$@"``), which may hold anything."""

    def has(self, *names: str) -> bool:
        """Whether one of these was given."""
        return any(name in names for name, _ in self.options)

    def last(self, name: str) -> Word | None:
        """The value that counts of an option that is given once."""
        values = [value for each, value in self.options if each == name]
        return values[-1] if values else None

    def all(self, name: str) -> list[Word]:
        """Every value of an option that can be given often."""
        return [value for each, value in self.options if each == name]


def read_arguments(words: Sequence[Argument]) -> list[Group]:
    """Group the words behind ``curl``. Raises Unreadable for an unknown option."""
    groups = [Group()]
    maybe: list[tuple[Group, Word]] = []
    for name, word, is_bare in OPTIONS.read(words):
        group = groups[-1]
        if name == "next":
            groups.append(Group())
        elif name is None and is_bare:
            maybe.append((group, word))
            group.unread.append(word)
        elif name in (None, "url"):
            group.urls.append(word)
        else:
            group.options.append((str(name), word))
    for group, word in maybe:
        # An expansion without quotes is the URL, or options that nobody knows.
        if not group.urls:
            group.urls.append(word)
    return groups
