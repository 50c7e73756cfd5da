"""The words of the pages, in English and Chinese: ``texts/en/``, ``texts/zh/``.

One file a page; its name begins the keys: ``start.title`` is ``title`` in start.toml.
Folders group the files, as those of the pages do, and are no part of a key.

Texts are ours and may hold HTML; what is put into them is escaped.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from importlib.resources.abc import Traversable

    from markupsafe import Markup

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")

_FOLDER = files("pushgo_compat.web.pages") / "texts"


class Texts:
    """One language's texts, called as ``t("start.title")`` in templates."""

    def __init__(self, language: Language) -> None:
        """Raises OSError when the table is missing."""
        self._table = load_texts(language)
        self.gap = " " if language == "en" else ""
        """Between two sentences; Chinese marks end with a space of their own."""

    def __contains__(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self._table

    def __call__(self, key: str, **values: object) -> Markup:
        """The text of a key, ``{name}`` replaced by ``values``.

        A ``count`` chooses between ``key.one`` and ``key.other``. Raises KeyError for
        a key or a placeholder that is missing.
        """
        from markupsafe import Markup

        if "count" in values:
            key += ".one" if values["count"] == 1 else ".other"
        text = Markup(self._table[key])  # noqa: S704 - our own words
        return text.format(**values) if values else text


@cache
def load_texts(language: Language) -> dict[str, str]:
    """Every text of a language under its dotted key."""
    texts: dict[str, str] = {}
    for file in _files_below(_FOLDER / language):
        page = file.name.removesuffix(".toml")
        texts |= _flat(f"{page}.", tomllib.loads(file.read_text(encoding="utf-8")))
    return texts


def _files_below(folder: Traversable) -> Iterator[Traversable]:
    """The files of a folder and of its wings; no two have one name."""
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files_below(entry)
        else:
            yield entry


def _flat(prefix: str, table: dict[str, object]) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for name, value in table.items():
        key = f"{prefix}{name}"
        if isinstance(value, dict):
            rows += _flat(f"{key}.", value)
        else:
            rows.append((key, str(value)))
    return rows
