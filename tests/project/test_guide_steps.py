"""The command lines of the migration guides, typed in their order on a fresh store."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from click.testing import CliRunner

from adapters import DIALECTS
from pushgo_compat.cli import build_cli
from tests.golden import CHANNEL_ID
from tests.guide_tables import guides
from tests.pages import ROOT

PAGES = [
    *(page for page, _, _ in guides()),
    *(ROOT / "docs" / f"troubleshooting{ending}.md" for ending in ("", ".zh")),
]
EVERY_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
WORK = (
    *("channel create", "alias add --dialect", "translate", "calls list", "stats"),
    *("unknown list", "shadow status", "target list", "outbox list"),
)
"""What works on a fresh store; others name what is not there, which is no misuse."""
STANDS_FOR = {"ID": CHANNEL_ID, "USER:PASSWORD": "phil:secret"}
_LINE = re.compile(r"(?m)^ {4,}pushgo-compat (.+)$|`pushgo-compat ([a-z][^`]*)`")
_TYPED_KEY = "SCT1TabcdefghijKLMNOPQRS"


class Line(NamedTuple):
    """One command line, without the program."""

    written: str
    words: Sequence[str]


def _lines(page: Path) -> Iterator[Line]:
    """The command lines of a page; ``a | b`` are two, comments are none."""
    for found in _LINE.finditer(page.read_text(encoding="utf-8")):
        written = found[1] or found[2]
        words = shlex.split(written, comments=True)
        yield Line(written, [STANDS_FOR.get(word, word) for word in words])


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> click.Group:
    for name in [name for name in os.environ if name.startswith("PUSHGO_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    made: click.Group = build_cli(lambda _: 0, DIALECTS)
    return made


@EVERY_PAGE
def test_the_lines_are_taken_and_the_steps_work_in_their_order(
    program: click.Group, page: Path
) -> None:
    runner = CliRunner()
    begin = ["channel", "create", "--name", "First", "--channel-id", CHANNEL_ID]
    assert runner.invoke(program, begin).exit_code == 0
    lines = list(_lines(page))

    assert len(lines) > 5
    for line in lines:
        done = runner.invoke(program, list(line.words), input=_TYPED_KEY)
        works = line.written.startswith(WORK)
        assert done.exit_code in ((0,) if works else (0, 1)), (line, done.output)


@EVERY_PAGE
def test_what_a_guide_translates_is_accepted(program: click.Group, page: Path) -> None:
    translated = [line for line in _lines(page) if line.words[0] == "translate"]

    assert translated or page.name.startswith("troubleshooting")
    for line in translated:
        done = CliRunner().invoke(program, list(line.words))
        assert re.search(r"(?m)^outcome +accepted$", done.output), line.written


@pytest.mark.parametrize("page", PAGES[::2], ids=lambda page: page.name)
def test_both_languages_type_the_same_commands(page: Path) -> None:
    def commands(of: Path) -> list[list[str]]:
        return [
            [word for word in line.words if word.isascii() and word != word.upper()]
            for line in _lines(of)
        ]

    def plain(words: list[list[str]]) -> list[list[str]]:
        values = ("--name", "Home")
        return [[word for word in line if word not in values] for line in words]

    other = page.with_stem(f"{page.stem}.zh")
    assert plain(commands(page)) == plain(commands(other))
