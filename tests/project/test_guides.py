"""The migration guides: their tables are fresh, and no loss is without advice."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from pushgo_compat.core.receipts.notes import public_code
from pushgo_compat.legacy import Verdict
from pushgo_compat.model import Source
from tests.gateway import Gateway, Mount
from tests.golden import KEY
from tests.guide_tables import (
    BORROWED,
    DIALECTS,
    entries,
    general_notes,
    guides,
    with_tables,
)
from tests.pages import ROOT

LINES = [
    pytest.param(line.strip(), id=f"{page.name}:{number}")
    for page in sorted((ROOT / "docs").glob("*.md"))
    if page.name.startswith(("migrating-from-", "troubleshooting"))
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1)
    if re.match(r" *curl .*(?:X-PushGo-Dry-Run: 1|pushgo_dry_run=1)", line)
]
"""The lines for the shell that ask for a dry run."""
GUIDES = pytest.mark.parametrize(
    ("guide", "dialect", "language"),
    [pytest.param(*guide, id=guide[0].name) for guide in guides()],
)
GUIDED = sorted({dialect for _, dialect, _ in guides()})
DRY_RUN = ("X-PushGo-Dry-Run", b"1")
_ADVICE = re.compile(r"(?m)^## \d\. (?:What is lost|丢了什么).*?(?=^## |\Z)", re.DOTALL)
_CLIENTS = re.compile(r"(?m)^## 2\..*?(?=^## )", re.DOTALL)


def _first_cells(section: str) -> list[str]:
    rows = [line.split(" | ") for line in section.splitlines() if line[:2] == "| "]
    return [row[0].removeprefix("| ") for row in rows[1:]]


@GUIDES
def test_the_tables_say_what_the_adapters_say(
    guide: Path, dialect: str, language: str
) -> None:
    text = guide.read_text(encoding="utf-8")
    assert text.count("<!-- begin generated") == 2
    stale = "write it anew: .venv/bin/python -m tests.guide_tables"
    assert with_tables(text, dialect, language) == text, stale


@GUIDES
def test_every_loss_has_advice(guide: Path, dialect: str, language: str) -> None:
    section = _ADVICE.search(guide.read_text(encoding="utf-8"))
    assert section
    advised = re.findall(r"`([^`]+)`", " ".join(_first_cells(section[0])))
    lost = {
        public_code(dialect, code)
        for code, note in DIALECTS[dialect].notes.items()
        if note.verdict is Verdict.LOST
    }
    assert sorted(advised) == sorted(lost)


@pytest.mark.parametrize("dialect", GUIDED)
def test_both_languages_tell_of_as_many_clients_and_enter_the_same(
    dialect: str,
) -> None:
    entered = []
    for page in (guide for guide, of, _ in guides() if of == dialect):
        section = _CLIENTS.search(page.read_text(encoding="utf-8"))
        assert section
        rows = [line for line in section[0].splitlines() if line[:2] == "| "]
        entered.append([re.findall(r"`([^`]+)`", row) for row in rows])
    assert entered[0] == entered[1]


@pytest.mark.parametrize("dialect", GUIDED)
def test_every_note_of_a_dialect_stands_in_one_of_its_tables(dialect: str) -> None:
    told = {code for entry in entries(dialect) for code in entry.notes}
    told |= general_notes(dialect).keys()
    assert set(DIALECTS[dialect].notes) <= told
    assert all(entry.notes for entry in entries(dialect))


_SAMPLES = {
    ("ntfy", "content_type"): ("POST", f"/{KEY}", "Content-Type", b"text/markdown"),
    ("ntfy", "content_encoding"): ("POST", f"/{KEY}", "Content-Encoding", b"aes128gcm"),
    ("bark", "automaticallycopy"): ("GET", f"/{KEY}/hi?automaticallyCopy=1", "A", b"1"),
    ("bark", "category"): ("GET", f"/{KEY}/hi?category=x", "A", b"1"),
    ("bark", "iv"): ("GET", f"/{KEY}/hi?iv=0123456789ab", "A", b"1"),
    ("serverchan", "text"): ("GET", f"/{KEY}.send?text=hi", "A", b"1"),
}


@pytest.mark.parametrize(("of", "code"), BORROWED.items(), ids=str)
def test_a_borrowed_note_is_what_the_parameter_gets(
    gateway: Gateway, of: tuple[str, str], code: str
) -> None:
    method, path, header, value = _SAMPLES[of]
    lines = [DRY_RUN, (header, value)]
    body = b"hi" if method == "POST" else b""
    reply = gateway.call(Source(of[0]), Mount.PREFIX, method, path, lines, body)
    name = of[1].replace("_", "-") if of[0] == "ntfy" else of[1]
    codes = [n["code"] for n in reply.json["notes"] if n["field"].lower() == name]
    assert codes == [public_code(of[0], code)]


@pytest.mark.parametrize("line", LINES)
def test_a_dry_run_of_a_guide_works_as_typed(gateway: Gateway, line: str) -> None:
    port, _, host = gateway.place(Source.NTFY, Mount.PREFIX)
    words = line.replace("/backups", "/KEY").replace("KEY", KEY)
    words = words.replace("http://HOST", f"http://{host}:{port}")
    program, *rest = shlex.split(words)
    done = subprocess.run(
        [program, "--silent", "--max-time", "10", *rest],
        capture_output=True,
        check=True,
    )
    receipt = json.loads(done.stdout)
    assert (receipt["dry_run"], receipt["outcome"]) == (True, "accepted")
    assert receipt["notes"]
