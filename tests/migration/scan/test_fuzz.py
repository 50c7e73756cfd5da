"""Any bytes end in an answer, whatever kind of file they claim to be."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pushgo_compat.migration.line_numbers import LineNumbers
from pushgo_compat.migration.scan.changes.edits import apply_edits
from pushgo_compat.migration.scan.changes.patches import unified_diff
from pushgo_compat.migration.scan.text import Text
from tests.migration.scan.scanning import GATEWAY, HOUSE, scanner

_NAMES = (
    *("a.sh", "root.crontab", "a.service", "compose.yml", ".env", "a.py", "a.ts"),
    *("a.php", "a.go", "a.ps1", "a.bat", "a.json", "a.xml", "a.toml", "a.rb", "a.lua"),
    *("a.java", "Dockerfile", "Makefile", "apprise.conf", "noextension"),
)
_PIECES = (
    *("curl ", "https://ntfy.sh/topic", "https://api.day.app/KEY/x", "ntfy://a/b"),
    *("requests.post(", "fetch(`", "${", "}", "{", "[", "]", "(", ")", '"', "'", "`"),
    *(
        '"""',
        "/*",
        "*/",
        "#",
        "//",
        "\\",
        "\n",
        "\r\n",
        "=",
        ":",
        ",",
        "SCT1Tabcdefghijkl",
    ),
    *(
        "BARK_PUSH=",
        "headers={",
        "+",
        "%s",
        "|",
        "-d ",
        "<<EOF",
        "@{",
        "=>",
        "\0",
        "中",
    ),
    *("<?php ", "<!--", "- ", "  ", "&a ", "*a", ".send", "\ufeff", "{{", 'f"', "$x"),
)
_SIGNS = b"\"'`{}[]()\\\n$%/*#<\0\xff"
_text = st.lists(st.sampled_from(_PIECES), max_size=40).map("".join)


@pytest.mark.hypothesis
@given(
    name=st.sampled_from(_NAMES),
    data=st.one_of(_text.map(str.encode), st.binary(max_size=300)),
)
@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_bytes_end_in_an_answer(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data + b" ntfy bark ftqq")
    for native in (False, True):
        for report in scanner(gateway=GATEWAY, native=native).scan([str(tmp_path)]):
            for each in report.findings if report else ():
                assert each["verdict"] in ("works", "works_with_loss", "must_change")
    (tmp_path / name).unlink()


def test_files_with_bytes_changed_or_cut_end_in_an_answer(tmp_path: Path) -> None:
    dice = random.Random(20)
    for path in sorted(HOUSE.rglob("*")):
        if not path.is_file():
            continue
        whole = path.read_bytes()
        for _ in range(6):
            data = bytearray(whole)
            for _ in range(dice.randrange(1, 5)):
                data[dice.randrange(len(data))] = dice.choice(
                    b"\"'`{}[]()\\\n$%/*#<\0\xff"
                )
            cut = data[: dice.randrange(len(data))] if dice.random() < 0.4 else data
            (tmp_path / path.name).write_bytes(bytes(cut))
            list(scanner(gateway=GATEWAY).scan([str(tmp_path)]))
        (tmp_path / path.name).unlink()


@given(st.binary(max_size=200))
def test_a_text_is_written_as_it_was_read(raw: bytes) -> None:
    text = Text.read(raw)

    assert text.with_data(text.data) == raw


def test_no_edit_is_no_patch() -> None:
    assert unified_diff("a", b"x\n", [], LineNumbers(b"x\n")) == b""
    assert apply_edits(b"x\n", []) == b"x\n"
