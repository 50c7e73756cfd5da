"""What is written so that a call goes to the gateway, and how."""

from __future__ import annotations

import shutil
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest

from pushgo_compat.migration.scan.changes.edits import Gateway
from pushgo_compat.migration.scan.disk.rewrite import rewrite
from tests.migration.scan.scanning import GATEWAY, HOUSE, findings, reports, scan_one

_HTTP = Gateway("http", "gw.test:8686", "/push")


def _added(found: list[dict[str, Any]]) -> list[str]:
    """The new lines of all patches."""
    return [
        line[1:].strip()
        for each in found
        for line in (each["patch"] or "").splitlines()
        if line.startswith("+") and not line.startswith("+++")
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("a.sh", "curl -d x https://ntfy.sh/t1", "curl -d x https://gw.test/ntfy/t1"),
        ("a.sh", "curl -d x ntfy.sh/t1", "curl -d x https://gw.test/ntfy/t1"),
        ("a.sh", "curl -u a:b ntfy.sh/t1", "curl -u a:b https://gw.test/ntfy/t1"),
        ("a.sh", "curl https://u:p@ntfy.sh/t1", "curl https://u:p@gw.test/ntfy/t1"),
        ("a.sh", "curl http://api.day.app/K/x", "curl https://gw.test/bark/K/x"),
        (
            "a.sh",
            "curl 'https://sctapi.ftqq.com/SCT1Tx.send?title=x'",
            "curl 'https://gw.test/serverchan/SCT1Tx.send?title=x'",
        ),
        (
            "a.env",
            "BARK_PUSH=https://api.day.app/K1",
            "BARK_PUSH=https://gw.test/bark/K1",
        ),
        ("a.env", "NTFY_URL=https://ntfy.sh", "NTFY_URL=https://gw.test/ntfy"),
        (
            "a.env",
            "BARK_PUSH=abcdefghijkl",
            "BARK_PUSH=https://gw.test/bark/abcdefghijkl",
        ),
        (
            "a.json",
            '{"u": "https:\\/\\/ntfy.sh\\/t1"}',
            '{"u": "https:\\/\\/gw.test/ntfy\\/t1"}',
        ),
    ],
)
def test_a_gateway_puts_its_prefix_behind_the_host(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    found = scan_one(tmp_path, name, old + "\n", gateway=GATEWAY)

    assert _added(found) == [new]


@pytest.mark.parametrize(
    ("old", "hosts", "new"),
    [
        ("curl ntfy.sh/t1", {"ntfy.sh": "push.lan"}, "curl push.lan/t1"),
        ("curl http://ntfy.sh:80/t", {"ntfy.sh": "a.lan"}, "curl http://a.lan:80/t"),
        ("curl http://ntfy.sh:80/t", {"ntfy.sh:80": "a.lan"}, "curl http://a.lan/t"),
        ("curl http://ntfy.sh:80/t", {"ntfy.sh": "a:81"}, "curl http://a:81/t"),
        ("curl old.lan/a/b/c/d", {"old.lan": "new.lan"}, "curl new.lan/a/b/c/d"),
    ],
)
def test_a_host_map_changes_the_host_alone(
    tmp_path: Path, old: str, hosts: dict[str, str], new: str
) -> None:
    assert _added(scan_one(tmp_path, "a.sh", old + "\n", hosts=hosts)) == [new]


def test_what_can_only_hold_host_and_port_is_left_alone_with_a_note(
    tmp_path: Path,
) -> None:
    text = "URL=ntfys://ntfy.example.org/topic1\n"

    (kept,) = scan_one(tmp_path, "a.env", text, gateway=GATEWAY)
    (mapped,) = findings(tmp_path, hosts={"ntfy.example.org": "push.lan"})

    assert kept["patch"] is None
    assert "host and port" in kept["why"]
    assert "+URL=ntfys://push.lan/topic1" in mapped["patch"]


def test_findings_that_share_one_definition_carry_the_same_hunk(tmp_path: Path) -> None:
    text = 'H=https://ntfy.sh\ncurl "$H/topic1"\n' + "\n" * 9 + 'curl "$H/topic2"\n'

    one, two = scan_one(tmp_path, "a.sh", text, gateway=GATEWAY)

    assert one["line"], two["line"] == (2, 12)
    assert one["patch"] == two["patch"]
    assert _added([one]) == ["H=https://gw.test/ntfy"]


def test_a_key_in_the_host_name_is_not_patched_away(tmp_path: Path) -> None:
    text = "curl 'https://sctp1tabcdefgh.push.ft07.com/send?title=x'\n"

    (found,) = scan_one(tmp_path, "a.sh", text, gateway=GATEWAY)

    assert (found["verdict"], found["patch"]) == ("must_change", None)


@pytest.mark.skipif(shutil.which("patch") is None, reason="no patch(1) here")
@pytest.mark.parametrize("gateway", [GATEWAY, _HTTP])
def test_patch_takes_the_diff_of_the_whole_house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, gateway: Gateway
) -> None:
    shutil.copytree(HOUSE, tmp_path / "house")
    (tmp_path / "house" / "windows" / "utf16.ps1").unlink()  # patch(1) has no UTF-16
    monkeypatch.chdir(tmp_path)
    found = reports(tmp_path / "house", gateway=gateway)
    diff = b"".join(each.patch for each in found)

    done = subprocess.run(
        ["patch", "-p1", "--batch"], input=diff, check=False, capture_output=True
    )

    assert done.returncode == 0, done.stdout
    for each in found:
        assert Path(each.path).read_bytes() == (each.new or each.old)


def test_every_patch_of_a_finding_is_taken_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(HOUSE)
    for each in findings(HOUSE / "scripts", gateway=GATEWAY):
        patch = each["patch"] or ""
        assert patch.count("\n--- ") == 0
        if patch:
            path = f"scripts/{each['file']}"
            assert patch.startswith(f"--- a/{path}\n+++ b/{path}\n@@ ")


def test_a_call_becomes_the_native_call(tmp_path: Path) -> None:
    text = 'curl -s -d "$MSG" https://ntfy.sh/topic1 >/dev/null || exit 1\n'

    (found,) = scan_one(tmp_path, "a.sh", text, gateway=GATEWAY, native=True)

    (line,) = _added([found])
    assert line.startswith("curl -X POST https://gw.test/message -H ")
    assert line.endswith(" >/dev/null || exit 1")
    assert '\\"body\\": \\"$MSG\\"' in line


def test_what_is_no_whole_call_of_curl_gets_a_note_instead(tmp_path: Path) -> None:
    text = 'import requests\nrequests.post("https://ntfy.sh/topic1", data="x")\n'

    (found,) = scan_one(tmp_path, "a.py", text, gateway=GATEWAY, native=True)

    assert found["patch"] is None
    assert "by hand" in found["why"]


# ------------------------------------------------------------------------------ writing


def test_writing_keeps_the_mode_and_the_old_text(tmp_path: Path) -> None:
    file = tmp_path / "a.sh"
    file.write_bytes(b"old")
    file.chmod(0o754)
    (tmp_path / "a.sh.bak").write_bytes(b"someone's")

    backup = rewrite(str(file), b"old", b"new")

    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o754
    assert backup.name == "a.sh.bak.1"
    assert backup.read_bytes() == b"old"
    assert (tmp_path / "a.sh.bak").read_bytes() == b"someone's"
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "a.sh",
        "a.sh.bak",
        "a.sh.bak.1",
    ]


def test_a_file_that_was_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "a.sh"
    file.write_bytes(b"newer")

    with pytest.raises(OSError, match="meanwhile"):
        rewrite(str(file), b"old", b"new")

    assert [each.name for each in tmp_path.iterdir()] == ["a.sh"]
    assert file.read_bytes() == b"newer"


def test_utf16_and_gbk_are_written_as_they_were(tmp_path: Path) -> None:
    for name, encoding in (("a.ps1", "utf-16"), ("b.sh", "gb18030")):
        text = '# 中文\ncurl -d "完成" https://ntfy.sh/topic1\n'
        if name == "a.ps1":
            text = '# 中文\nirm "https://ntfy.sh/topic1" -Method Post -Body "完成"\n'
        (tmp_path / name).write_bytes(text.encode(encoding))
        (report,) = [
            each
            for each in reports(tmp_path, gateway=GATEWAY)
            if each.path.endswith(name)
        ]
        assert report.new is not None
        wanted = text.replace("https://ntfy.sh", "https://gw.test/ntfy")
        assert report.new.decode(encoding) == wanted
