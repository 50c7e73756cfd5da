"""Command lines of ntfy's own program, as its documentation and scripts have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pushgo_compat.migration.reading import read_calls
from tests.migration.requests import Shown, read
from tests.migration.scan.scanning import GATEWAY, scanner


@pytest.mark.parametrize(
    ("line", "url", "headers", "body"),
    [
        ("ntfy publish t This is a text", "https://ntfy.sh/t", {}, "This is a text"),
        ("ntfy send my.test/t 'a b'", "https://my.test/t", {}, "a b"),
        (
            "/usr/bin/ntfy --debug pub -q -p high -t 'A b' http://h.test:81/t x",
            "http://h.test:81/t",
            {"X-Title": "A b", "X-Priority": "high"},
            "x",
        ),
        (
            "ntfy pub --tags=warning,skull --at 8:30am --click=https://x.test -i I t m",
            "https://ntfy.sh/t",
            {
                "X-Tags": "warning,skull",
                "X-Delay": "8:30am",
                "X-Click": "https://x.test",
                "X-Icon": "I",
            },
            "m",
        ),
        (
            "ntfy pub --md -C -F -e a@b.test -a U -n N t m -p high",
            "https://ntfy.sh/t",
            {
                "X-Markdown": "yes",
                "X-Cache": "no",
                "X-Firebase": "no",
                "X-Email": "a@b.test",
                "X-Attach": "U",
                "X-Filename": "N",
            },
            "m -p high",
        ),
        (
            "ntfy pub -u phil:mypass secret Psst",
            "https://ntfy.sh/secret",
            {"Authorization": "Basic cGhpbDpteXBhc3M="},
            "Psst",
        ),
        (
            "ntfy pub --token tk_1 secret -m Psst",
            "https://ntfy.sh/secret",
            {"Authorization": "Bearer tk_1"},
            "-m Psst",
        ),
        (
            "ntfy pub --file=dir/flower.jpg flowers 'Nice!'",
            "https://ntfy.sh/flowers",
            {"X-Filename": "flower.jpg", "X-Message": "Nice!"},
            "<dir/flower.jpg>",
        ),
        (
            "cat flower.jpg | ntfy pub --file=- flowers",
            "https://ntfy.sh/flowers",
            {"X-Filename": "stdin"},
            "$(cat flower.jpg)",
        ),
        ("ntfy publish t <<< ' a '", "https://ntfy.sh/t", {}, "a"),
        ('NTFY_TOPIC=t ntfy pub "some text"', "https://ntfy.sh/t", {}, "some text"),
        (
            "NTFY_USER=phil:mypass ntfy pub t Psst",
            "https://ntfy.sh/t",
            {"Authorization": "Basic cGhpbDpteXBhc3M="},
            "Psst",
        ),
        ("ntfy trigger hook", "https://ntfy.sh/hook", {}, ""),
        (
            "ntfy pub --wait-cmd t rsync -av ./ /tmp/a",
            "https://ntfy.sh/t",
            {},
            "$(ntfy's words on the command)",
        ),
        ('T=t; ntfy pub "$T" x', "https://ntfy.sh/t", {}, "x"),
        ('ntfy pub "$T" x', "https://ntfy.sh/$T", {}, "x"),
        ("0 3 * * * root ntfy pub t x", "https://ntfy.sh/t", {}, "x"),
    ],
)
def test_a_line_that_publishes_is_the_request_that_the_program_makes(
    line: str, url: str, headers: dict[str, str], body: str
) -> None:
    assert read(line) == [Shown("POST", url, headers, body)]


@pytest.mark.parametrize(
    ("line", "url"),
    [
        ("ntfy sub --poll -s 10m h.test/t", "https://h.test/t/json?since=10m&poll=1"),
        ("ntfy subscribe t 'notify-send \"$m\"'", "https://ntfy.sh/t/json"),
    ],
)
def test_a_subscription_is_a_get(line: str, url: str) -> None:
    assert read(line) == [Shown("GET", url, {}, "")]


@pytest.mark.parametrize(
    "line",
    [
        "ntfy serve",
        "ntfy user add phil",
        "ntfy sub --from-config",
        "ntfy send 'a text of the Python program'",
        "ntfy pub",
    ],
)
def test_other_commands_are_no_calls(line: str) -> None:
    assert read(line) == []


def test_two_logins_are_a_problem() -> None:
    (call,) = read_calls(b"ntfy pub -u a:b -k tk_1 t x").calls

    assert call.problem == "ntfy takes --user or --token, not both"


def test_scan_says_where_the_program_is_told_its_server(tmp_path: Path) -> None:
    (tmp_path / "a.sh").write_text("ntfy pub backups done\nntfy pub h.test/t x\n")

    (report,) = filter(None, scanner(gateway=GATEWAY).scan([str(tmp_path)]))

    bare, whole = report.findings
    assert (bare["verdict"], bare["patch"]) == ("works", None)
    assert "default-host in client.yml" in str(bare["why"])
    assert "+ntfy pub gw.test/ntfy/t x" in str(whole["patch"])


def test_scan_finds_the_addresses_of_client_yml(tmp_path: Path) -> None:
    (tmp_path / "client.yml").write_text(
        "default-host: https://ntfy.lan.test\nsubscribe:\n  - topic: a\n"
        "  - topic: ntfy.other.test/b\n    command: x\n"
    )

    (report,) = filter(None, scanner(gateway=GATEWAY).scan([str(tmp_path)]))

    assert [each["line"] for each in report.findings] == [1, 4]
    assert report.new == (
        b"default-host: https://gw.test/ntfy\nsubscribe:\n  - topic: a\n"
        b"  - topic: https://gw.test/ntfy/b\n    command: x\n"
    )


def test_scan_tells_of_a_client_yml_without_a_host(tmp_path: Path) -> None:
    (tmp_path / "client.yml").write_text(
        "# ntfy\ndefault-token: tk_1\nsubscribe:\n  - topic: backups\n"
    )

    (report,) = filter(None, scanner(gateway=GATEWAY).scan([str(tmp_path)]))

    (found,) = report.findings
    assert (found["line"], found["verdict"]) == (4, "works")
    assert found["why"] == "no address stands beside it: add default-host"
