"""The generated tables in the migration guides: ``python -m tests.guide_tables``.

Each dialect has a guide in English and one in Chinese below ``docs``. Between the two
marks of a table the text comes from the parameter tables and notes of the adapters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import adapters
from adapters.bark.parameters import TABLE as BARK
from adapters.ntfy.mail.notes import NOTES as NTFY_MAIL
from adapters.ntfy.parameters import TABLE as NTFY
from adapters.ntfy.parameters.parameter import Parameter as NtfyParameter
from adapters.serverchan.parameters import TABLE as SERVERCHAN
from pushgo_compat.core.receipts.notes import GATE_NOTES, public_code
from pushgo_compat.legacy import NoteText, Verdict
from tests.pages import ROOT

DIALECTS = {str(dialect.source): dialect for dialect in adapters.DIALECTS}

_TABLE = re.compile(
    r"(?P<begin><!-- begin generated (?P<name>[a-z]+) -->\n).*?"
    r"(?P<end><!-- end generated -->)",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One parameter of an old server, and the notes that it may get."""

    label: str
    """Markdown: its names."""
    notes: Mapping[str, NoteText]
    detail: str = "…"
    """What fills the braces of a note's place."""


# ------------------------------------------------------------- the adapters' tables

BORROWED: Mapping[tuple[str, str], str] = {
    ("ntfy", "content_type"): "markdown",
    ("ntfy", "content_encoding"): "unifiedpush",
    ("bark", "automaticallycopy"): "autocopy",
    ("bark", "category"): "recorded",
    ("bark", "iv"): "recorded",
    ("serverchan", "text"): "title",
}
"""Dialect and parameter → a note that it gets and that stands elsewhere."""
_SHARED = frozenset({"recorded"})
"""Borrowed notes that stand with no parameter."""
_OURS = frozenset({"pushgo_dry_run"})
"""A name in Bark's table that is the gateway's own switch."""
_BARK_SPELLING = {
    name.lower(): name for name in ("autoCopy", "automaticallyCopy", "isArchive")
}
"""As Bark's documentation spells it; any case is read."""
GOTIFY = (
    ("`title`", "title"),
    ("`message`", "message"),
    ("`priority`", "priority"),
    ("`client::display` `contentType`", "display"),
    ("`client::notification` `click.url`", "click"),
    ("`client::notification` `bigImageUrl`", "image"),
    ("`extras`", "extras"),
    ("`appid`", "appid"),
)
"""Gotify's fields, and what the codes of their notes begin with."""


def _code_span(name: str) -> str:
    return f"`{name}`"


def _ntfy_label(name: str, parameter: NtfyParameter) -> str:
    """The names without their form in X-, which every header has as well."""
    known = set(parameter.names)
    shown = [n for n in parameter.names if n.removeprefix("x-") not in known - {n}]
    if parameter.from_json and name not in known:
        shown.append(name)
    return ", ".join(map(_code_span, shown))


def _entry(dialect: str, name: str, label: str, notes: Mapping[str, NoteText]) -> Entry:
    detail = f"compat.{dialect}.{name}" if dialect == "bark" else "…"
    if borrowed := BORROWED.get((dialect, name)):
        notes = {borrowed: DIALECTS[dialect].notes[borrowed], **notes}
    return Entry(label, notes, detail)


def _ntfy() -> Iterator[Entry]:
    for name, parameter in NTFY.items():
        yield _entry("ntfy", name, _ntfy_label(name, parameter), parameter.notes)
    yield Entry("`MAIL`", NTFY_MAIL)


def _bark() -> Iterator[Entry]:
    for name, parameter in BARK.items():
        if name not in _OURS:
            label = _code_span(_BARK_SPELLING.get(name, name))
            yield _entry("bark", name, label, parameter.notes)


def _serverchan() -> Iterator[Entry]:
    for name, parameter in SERVERCHAN.items():
        yield _entry("serverchan", name, _code_span(name), parameter.notes)


def _gotify() -> Iterator[Entry]:
    for label, begin in GOTIFY:
        notes = {
            code: note
            for code, note in DIALECTS["gotify"].notes.items()
            if code.partition(".")[0] == begin
        }
        yield Entry(label, notes)


_ENTRIES: Mapping[str, Callable[[], Iterator[Entry]]] = {
    "ntfy": _ntfy,
    "bark": _bark,
    "serverchan": _serverchan,
    "gotify": _gotify,
}


def entries(dialect: str) -> list[Entry]:
    """The parameters of a dialect, in the order of its table."""
    return list(_ENTRIES[dialect]())


def general_notes(dialect: str) -> Mapping[str, NoteText]:
    """The notes of a dialect that belong to no one parameter, and the gateway's."""
    own = {code for entry in entries(dialect) for code in entry.notes} - _SHARED
    notes = DIALECTS[dialect].notes
    others = {code: note for code, note in notes.items() if code not in own}
    return {**others, **GATE_NOTES}


# ------------------------------------------------------------------------- Markdown

_ENDINGS = {"en": "", "zh": ".zh"}
_HEADS = {
    "en": ("Old parameter", "Code", "Becomes", "Verdict", "What happens"),
    "zh": ("旧参数", "代码", "变成", "结论", "说明"),
}
_VERDICTS = {
    "en": {**{verdict: verdict.value for verdict in Verdict}, Verdict.LOST: "**lost**"},
    "zh": {
        Verdict.KEPT: "保留",
        Verdict.CHANGED: "有变化",
        Verdict.RECORDED: "仅记录",
        Verdict.LOST: "**丢失**",
    },
}


def _row(dialect: str, code: str, note: NoteText, detail: str, language: str) -> str:
    whole = "…" if note.to == "{}" else detail
    place = _code_span(note.to.replace("{}", whole)) if note.to else "–"
    why = note.why if language == "en" else note.why_zh
    cells = (_code_span(public_code(dialect, code)), place)
    text = why.replace("|", r"\|").replace("*", r"\*").replace("<", "&lt;")
    return " | ".join((*cells, _VERDICTS[language][note.verdict], text)) + " |"


def _parameters(dialect: str, language: str) -> Iterator[str]:
    heads = _HEADS[language]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for entry in entries(dialect):
        label = entry.label
        for code, note in entry.notes.items():
            yield f"| {label} | {_row(dialect, code, note, entry.detail, language)}"
            label = ""


def _general(dialect: str, language: str) -> Iterator[str]:
    heads = _HEADS[language][1:]
    yield f"| {' | '.join(heads)} |"
    yield "|---" * len(heads) + "|"
    for code, note in general_notes(dialect).items():
        yield f"| {_row(dialect, code, note, '…', language)}"


_TABLES = {"parameters": _parameters, "general": _general}


def guides() -> Iterator[tuple[Path, str, str]]:
    """Each guide, its dialect and its language."""
    for dialect in _ENTRIES:
        for language, ending in _ENDINGS.items():
            guide = ROOT / "docs" / f"migrating-from-{dialect}{ending}.md"
            yield guide, dialect, language


def with_tables(text: str, dialect: str, language: str) -> str:
    """The text of a guide with its tables made anew."""

    def make(found: re.Match[str]) -> str:
        lines = _TABLES[found["name"]](dialect, language)
        return "\n".join([found["begin"].strip(), *lines, found["end"]])

    return _TABLE.sub(make, text)


def _write() -> None:
    for guide, dialect, language in guides():
        text = guide.read_text(encoding="utf-8")
        guide.write_text(with_tables(text, dialect, language), encoding="utf-8")


if __name__ == "__main__":
    _write()
