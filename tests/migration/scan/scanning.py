"""Scans small trees of files for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import adapters
from pushgo_compat.core.receipts.receipts import Reader
from pushgo_compat.migration.scan.changes.edits import Gateway, Target
from pushgo_compat.migration.scan.judging import Judge
from pushgo_compat.migration.scan.scanning import FileReport, Scanner, Wanted
from pushgo_compat.migration.scan.vendors import OldHosts, vendor_table
from pushgo_compat.migration.translating.answers import Translator
from pushgo_compat.migration.translating.servers import Servers
from pushgo_compat.traits import Surroundings
from tests.golden import NOW_MS

GATEWAY = Gateway("https", "gw.test", "")
HOUSE = Path(__file__).parents[3] / "fixtures" / "scan" / "tree"


def no_files(name: str) -> bytes | None:
    """Read nothing."""
    return None


def scanner(
    *,
    gateway: Gateway | None = None,
    hosts: Mapping[str, str] | None = None,
    native: bool = False,
) -> Scanner:
    """A scanner; with a gateway or hosts it makes patches."""
    dialects = [each.configured({}, Surroundings()) for each in adapters.DIALECTS]
    base_url = f"{gateway.scheme}://{gateway.authority}" if gateway else "http://x.test"
    translators = {
        str(each.source): Translator(
            Servers(dialects, each.source),
            no_files,
            reader=Reader(base_url),
            now_ms=NOW_MS,
        )
        for each in dialects
    }
    target = Target(gateway, hosts or {})
    diff = not native and (gateway is not None or hosts is not None)
    return Scanner(
        Judge(translators),
        OldHosts(vendor_table(dialects), frozenset(target.hosts)),
        Wanted(target, diff, native),
    )


def reports(folder: Path, **options: Any) -> list[FileReport]:
    """What is found below a folder, file by file."""
    return [each for each in scanner(**options).scan([str(folder)]) if each]


def findings(folder: Path, **options: Any) -> list[dict[str, Any]]:
    """The findings below a folder, their files relative to it."""
    return [
        each | {"file": str(Path(str(each["file"])).relative_to(folder))}
        for report in reports(folder, **options)
        for each in report.findings
    ]


def scan_one(folder: Path, name: str, text: str | bytes, **options: Any) -> list[Any]:
    """The findings of one file."""
    place = folder / name
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(text.encode() if isinstance(text, str) else text)
    return findings(folder, **options)


def lines_of(found: Sequence[Mapping[str, Any]]) -> list[int]:
    """The lines of findings."""
    return [each["line"] for each in found]
