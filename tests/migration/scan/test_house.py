"""A house full of files of every kind: what is found, missed, wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.migration.scan.scanning import HOUSE, findings

_EXPECTED = HOUSE.parent / "expected.json"
_FIELDS = ("file", "line", "dialect", "client", "verdict", "key_hint")
_SECRETS = ("SCT", "SCU", "sctp", "Key0123456789", "secretpassword")


def _row(finding: dict[str, Any]) -> tuple[object, ...]:
    return tuple(finding[name] for name in _FIELDS)


def test_in_a_house_of_every_kind_of_file_nothing_is_missed_and_nothing_wrong() -> None:
    expected = {_row(each) for each in json.loads(_EXPECTED.read_text())}

    found = {_row(each) for each in findings(HOUSE)}

    assert {"missed": expected - found, "wrong": found - expected} == {
        "missed": set(),
        "wrong": set(),
    }


def test_no_finding_shows_a_key() -> None:
    keys = set()
    for path in HOUSE.rglob("*"):
        if path.is_file():
            words = path.read_bytes().replace(b"\0", b"").decode("latin-1")
            for sign in "\"'/,:=?<> \n\r":
                words = words.replace(sign, " ")
            keys |= {w for w in words.split() if any(s in w for s in _SECRETS)}
    keys = {key.removesuffix(".send") for key in keys if len(key) > 12}
    assert len(keys) > 20

    shown = json.dumps(findings(HOUSE), ensure_ascii=False)

    assert [key for key in keys if key in shown] == []


def test_prose_and_the_old_servers_own_files_are_no_findings(tmp_path: Path) -> None:
    found = {each["file"].partition("/")[0] for each in findings(HOUSE)}

    assert "prose" not in found
    files = {each["file"] for each in findings(HOUSE)}
    assert "monitoring/nginx.conf" not in files
    assert "monitoring/ntfy-server.yml" not in files
