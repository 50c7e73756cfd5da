"""The pages keep up with the program: citations, links, settings, commands, files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pushgo_compat.cli import build_cli
from pushgo_compat.config import COMMAND_VARIABLES, Config, settings_of
from tests.pages import (
    PAGES,
    ROOT,
    Citation,
    anchors,
    citations,
    leads_somewhere,
    links,
    page_of,
)

CODE = ("pushgo_compat", "adapters", "tests", "benchmarks")
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
_VARIABLE = re.compile(r"PUSHGO_[A-Z_]*[A-Z]")


def _cited_by_code() -> Iterator[Citation]:
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            where = path.relative_to(ROOT).as_posix()
            if where not in ("tests/pages.py", "tests/test_docs.py"):
                yield from citations(where, path.read_text(encoding="utf-8"))


def _cited_by_fixtures() -> Iterator[Citation]:
    for path in (ROOT / "fixtures").rglob("*.jsonl"):
        for line in path.read_text(encoding="utf-8").splitlines():
            case = json.loads(line)
            where = f"{path.name}: {case['id']}"
            yield from citations(where, case.get("source", ""))


def test_every_section_that_code_cites_is_in_the_repository() -> None:
    cited = list(_cited_by_code())
    assert len(cited) > 30
    assert [c for c in cited if not leads_somewhere(page_of(c), c.place)] == []


def test_every_section_that_a_golden_case_cites_is_below_docs() -> None:
    cited = list(_cited_by_fixtures())
    assert len(cited) > 1000
    assert [c for c in cited if not leads_somewhere(page_of(c), c.place)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), (target, anchor)


def test_the_table_of_settings_has_every_setting_and_no_other() -> None:
    known = {row.variable for row in settings_of(Config)}
    table = {
        name
        for line in READMES[0].read_text(encoding="utf-8").splitlines()
        if line.startswith("| `PUSHGO_")
        for name in _VARIABLE.findall(line.split("|")[1])
    }
    assert table == known


@pytest.mark.parametrize("readme", READMES, ids=lambda p: p.name)
def test_a_readme_names_no_variable_that_does_not_exist(readme: Path) -> None:
    known = {row.variable for row in settings_of(Config)} | set(COMMAND_VARIABLES)
    named = set(_VARIABLE.findall(readme.read_text(encoding="utf-8")))
    assert named - {"PUSHGO_"} <= known


def _command_lines(readme: Path) -> Iterator[str]:
    """Lines of a README that call the program, each up to its comment."""
    for line in readme.read_text(encoding="utf-8").splitlines():
        _, called, rest = line.partition("pushgo-compat ")
        if called and line.startswith("    pushgo-compat "):
            yield rest.partition("  #")[0]


@pytest.mark.parametrize("readme", READMES, ids=lambda p: p.name)
def test_every_command_of_a_readme_exists_with_its_flags(readme: Path) -> None:
    program = build_cli(lambda _: 0)
    lines = list(_command_lines(readme))
    assert len(lines) > 5
    for line in lines:
        group_name, *rest = line.split()
        command = program.commands.get(group_name)
        assert command, line
        for alternative in " ".join(rest).split(" | "):
            found = command
            if isinstance(command, click.Group):
                found = command.commands[alternative.split()[0]]
            flags = {flag for p in found.params for flag in p.opts}
            assert set(re.findall(r"--[a-z-]+", alternative)) <= flags, line
