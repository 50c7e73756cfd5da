"""The pages keep up with the program: citations, links, settings, commands, files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from adapters import DIALECTS
from pushgo_compat.cli import build_cli
from pushgo_compat.config.config import Config
from pushgo_compat.config.loading import COMMAND_VARIABLES, settings_of
from tests.dialects import TRAITS
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
GUIDES = (*ROOT.glob("docs/migrating-from-*.md"), *ROOT.glob("docs/troubleshooting*"))
_VARIABLE = re.compile(r"PUSHGO_[A-Z_]*[A-Z]")


def _cited_by_code() -> Iterator[Citation]:
    for folder in CODE:
        for path in (ROOT / folder).rglob("*.py"):
            where = path.relative_to(ROOT).as_posix()
            if where not in ("tests/pages.py", "tests/project/test_docs.py"):
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
    assert [c for c in cited if not leads_somewhere(ROOT / c.page, c.place)] == []


def test_every_section_that_a_golden_case_cites_is_below_docs() -> None:
    cited = list(_cited_by_fixtures())
    assert len(cited) > 1000
    assert [c for c in cited if not leads_somewhere(page_of(c), c.place)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), target
        assert not anchor or anchor in anchors(target), (target, anchor)


def _names(row: str, known: set[str]) -> Iterator[str]:
    """The settings of a row; ``…_KEY_ID`` goes on from the name in its first cell."""
    first, *others = _VARIABLE.findall(row.split("|")[1])
    yield from (first, *others)
    stems = [first[:end] for end, letter in enumerate(first) if letter == "_"]
    for ending in re.findall(r"…(_[A-Z_]+)", row):
        named = [stem + ending for stem in stems if stem + ending in known]
        yield named[-1] if named else ending


@pytest.mark.parametrize("readme", READMES, ids=lambda p: p.name)
def test_the_table_of_settings_has_every_setting_and_no_other(readme: Path) -> None:
    known = {row.variable for row in settings_of(Config, TRAITS)}
    table = {
        name
        for line in readme.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `PUSHGO_")
        for name in _names(line, known)
    }
    assert table == known


@pytest.mark.parametrize("readme", [*READMES, *GUIDES], ids=lambda p: p.name)
def test_a_page_names_no_variable_that_does_not_exist(readme: Path) -> None:
    known = {row.variable for row in settings_of(Config, TRAITS)} | set(
        COMMAND_VARIABLES
    )
    named = set(_VARIABLE.findall(readme.read_text(encoding="utf-8")))
    assert named - {"PUSHGO_"} <= known


def _command_lines(readme: Path) -> Iterator[str]:
    """The calls of the program on a page: lines up to their comment, and in a text."""
    for line in readme.read_text(encoding="utf-8").splitlines():
        _, called, rest = line.partition("pushgo-compat ")
        if called and re.match(" {4,7}pushgo-compat ", line):
            yield rest.partition("  #")[0]
        else:
            yield from re.findall("`pushgo-compat ([a-z][^`]*)`", line)


@pytest.mark.parametrize("readme", [*READMES, *GUIDES], ids=lambda p: p.name)
def test_every_command_of_a_page_exists_with_its_flags(readme: Path) -> None:
    program = build_cli(lambda _: 0, DIALECTS)
    lines = list(_command_lines(readme))
    assert len(lines) > (5 if readme in READMES else 0)
    for line in lines:
        group_name, _, rest = line.partition(" ")
        command = program.commands[group_name]
        for alternative in re.split(r" \| (?=[a-z])", rest):
            found = _walk(command, alternative.split())
            flags = _flags(found) | {"--help"}
            assert set(re.findall(r"--[a-z-]+", alternative)) <= flags, line


def _walk(command: click.Command, words: list[str]) -> click.Command:
    """The command that the words lead to; KIND and the like lead no further."""
    if not isinstance(command, click.Group) or not re.match("[a-z]", words[0]):
        return command
    below = command.get_command(click.Context(command), words[0])
    assert below, words
    return _walk(below, words[1:])


def _flags(command: click.Command) -> set[str]:
    """The flags of a command, of a group those of all its commands."""
    flags = {flag for parameter in command.params for flag in parameter.opts}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            flags |= _flags(below) if below else set()
    return flags


def test_every_file_that_the_architecture_names_exists() -> None:
    page = ROOT / "docs" / "architecture.md"
    named = set(re.findall(r"`([\w./-]+(?:\.py|\.cfg|\.md|/))`", page.read_text()))
    whole = {name for name in named if "/" in name.rstrip("/")}
    assert len(whole) > 40
    lost = {name for name in whole if not _is_there(name)}
    assert lost == set()


def _is_there(name: str) -> bool:
    """A path from the root, or from the program's folder where that is left out."""
    if "NAME" in name:  # to be made by the reader
        return True
    return any((base / name).exists() for base in (ROOT, ROOT / "pushgo_compat"))
