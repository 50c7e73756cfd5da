"""Pieces of scripts as people have them, run as they stand: one call in each.

``scripts.txt`` holds them. A piece begins behind a line ``#= DIALECT SETTINGS``; the
settings are what the piece itself sets, as the native call that stands in its place
would find it.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pushgo_compat.model import Source
from tests.gateway import Gateway
from tests.migration.test_as_executed import caught, compare, folder
from tests.migration.translating import message_of, translate, translate_one

__all__ = ["caught", "folder"]

_PIECES = re.findall(
    r"(?ms)^#= (\w+) ?(.*?)\n(.*?)\n(?=#= |\Z)",
    Path(__file__).with_name("scripts.txt").read_text(encoding="utf-8"),
)


@pytest.mark.parametrize(("dialect", "sets", "script"), _PIECES)
def test_a_piece_of_a_script_makes_what_translate_says(
    caught: Gateway, folder: Path, dialect: str, sets: str, script: str
) -> None:
    compare(caught, folder, Source(dialect), script, set_in_line=f"{sets}\n")


@pytest.mark.parametrize(
    ("script", "body"),
    [
        ("curl -d (date) ntfy.sh/a", "$(date)"),
        ('curl -d "up "(hostname) ntfy.sh/a; or echo no', "up $(hostname)"),
        ("test -f x; and curl -d (cat x | head -1) ntfy.sh/a", "$(cat x | head -1)"),
        ("if test -f x\n  curl -d (date) ntfy.sh/a\nend", "$(date)"),
        ("for h in (cat hosts); curl -d $h ntfy.sh/a; end", "$h"),
        ('function notify\n  curl -d "$argv" ntfy.sh/a\nend', "$argv"),
        ("curl -d '(as it is)'(date) ntfy.sh/a # (none)", "(as it is)$(date)"),
    ],
)
def test_a_script_of_fish_is_read_with_its_substitutions(
    script: str, body: str
) -> None:
    assert message_of(translate_one(script))["body"] == body


@pytest.mark.parametrize(
    "line",
    [
        'curl "$@" https://ntfy.sh/a',
        'curl -s "${ARGS[@]}" ntfy.sh/a',
        "curl $ARGS https://api.day.app/push",
    ],
)
def test_options_that_nobody_sees_are_no_call_that_works(line: str) -> None:
    answer = translate_one(line)

    assert answer["problem"] == "what is sent stands in a variable alone"
    assert answer["verdict"] is None


@pytest.mark.parametrize(
    "line",
    ["curl -s $OPTS ntfy.sh/a/json", 'curl "$@" -d x ntfy.sh/a', "curl ntfy.sh/a"],
)
def test_what_can_be_seen_of_a_call_is_enough_where_it_is_whole(line: str) -> None:
    assert translate_one(line)["verdict"] == "works"


def test_a_command_within_what_cannot_be_parsed_is_told_once() -> None:
    answers = translate("if test -f x\n  curl -d one ntfy.sh/a\nend\n")

    assert [answer["source"]["line"] for answer in answers] == [2]


def test_a_file_alone_is_the_body_of_httpie() -> None:
    answer = translate_one("http ntfy.sh/a @note.txt", files={"note.txt": b"n"}.get)

    assert message_of(answer)["body"] == "n"


@pytest.mark.parametrize(
    "runner", ["pct exec 101 --", "lxc exec c --", "and", "chroot /"]
)
def test_what_runs_a_call_is_seen_through(runner: str) -> None:
    assert message_of(translate_one(f"{runner} curl -d x ntfy.sh/a"))["body"] == "x"
