"""Calls of HTTP libraries, as programs write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.migration.scan.scanning import GATEWAY, lines_of, scan_one


def test_a_named_argument_is_no_assignment(tmp_path: Path) -> None:
    text = (
        "def bark():\n"
        "    url = f'https://api.day.app/{os.environ[\"BARK\"]}'\n"
        "    requests.post(url=url, json={'title': 'x', 'sound': 'y'})\n"
    )

    (found,) = scan_one(tmp_path, "a.py", text)

    assert (found["line"], found["verdict"]) == (3, "works_with_loss")


def test_a_key_that_is_handed_to_a_function_is_found_once(tmp_path: Path) -> None:
    text = 'let sendkey = "SCT123456TAbCdEfGhIjKlMnOp";\nsend(sendkey, "t", "d");\n'

    assert lines_of(scan_one(tmp_path, "a.js", text)) == [1]


def test_the_host_and_path_of_node_are_an_address(tmp_path: Path) -> None:
    text = "https.request({\n  hostname: 'ntfy.sh',\n  path: '/node-topic',\n});\n"

    (found,) = scan_one(tmp_path, "a.js", text, hosts={"ntfy.sh": "push.lan"})

    assert (found["line"], found["dialect"]) == (1, "ntfy")
    assert "+  hostname: 'push.lan'" in found["patch"]


def test_a_look_into_the_environment_is_no_call(tmp_path: Path) -> None:
    text = 'os.environ.get("X", "https://ntfy.sh/default-topic")\n'

    (found,) = scan_one(tmp_path, "a.py", text, gateway=GATEWAY)

    assert found["what"] == "address"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.py", "# requests.get('https://ntfy.sh/commented')\n"),
        ("a.py", '"""\ncurl https://ntfy.sh/docstring\n"""\n'),
        ("a.py", "print('see https://ntfy.sh/in-a-sentence for more')\n"),
        ("a.js", "/* fetch('https://ntfy.sh/commented') */\n"),
        ("a.js", "const r = /'https:\\/\\/ntfy.sh\\/regex'/;\n"),
        ("a.php", "<p>https://ntfy.sh/html</p><?php # 'https://ntfy.sh/c'\n"),
        ("a.go", '// http.Get("https://ntfy.sh/commented")\n'),
        ("a.sh", "# curl https://ntfy.sh/commented\n"),
        ("a.sh", "echo https://ntfy.sh/docs/publish/\n"),
        ("a.sh", "curl https://docs.ntfy.sh/publish\n"),
    ],
)
def test_comments_and_prose_are_no_findings(
    tmp_path: Path, name: str, text: str
) -> None:
    assert scan_one(tmp_path, name, text) == []


def test_a_health_check_of_the_old_server_shows_no_key(tmp_path: Path) -> None:
    (found,) = scan_one(tmp_path, "a.sh", "curl https://ntfy.sh/v1/health\n")

    assert (found["verdict"], found["key_hint"]) == ("works", None)


@pytest.mark.parametrize(
    "text",
    [
        (
            "req = urllib.request.Request('https://ntfy.sh/abc', data=b'x')\n"
            "urllib.request.urlopen(req)\n"
        ),
        (
            "import urllib.request as r\n"
            "r.urlopen(r.Request('https://ntfy.sh/abc', data=b'x'))\n"
        ),
    ],
)
def test_a_request_that_is_sent_later_is_one_call(tmp_path: Path, text: str) -> None:
    (found,) = scan_one(tmp_path, "a.py", text)

    assert (found["what"], found["verdict"]) == ("POST ntfy", "works")


def test_a_default_key_is_no_finding_beside_the_call_that_it_goes_into(
    tmp_path: Path,
) -> None:
    text = (
        "def send(title, key='SCT123456TAbCdEfGhIjKlMnOp'):\n"
        "    url = f'https://sctapi.ftqq.com/{key}.send'\n"
        "    return requests.post(url, data={'title': title})\n"
    )

    (found,) = scan_one(tmp_path, "a.py", text)

    assert (found["line"], found["verdict"]) == (3, "works")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gs", "UrlFetchApp.fetch('https://ntfy.sh/abc', {method: 'post'});\n"),
        (
            "a.vbs",
            "' https://ntfy.sh/commented\n"
            'h.Open "POST", "https://ntfy.sh/abc", False\nRem https://ntfy.sh/rem\n',
        ),
        ("a.ahk", '; https://ntfy.sh/commented\nw.Open("POST", "https://ntfy.sh/a")\n'),
        ("a.kdl", '// https://ntfy.sh/commented\nspawn "curl" "https://ntfy.sh/a"\n'),
        ("a.conf.j2", "# https://ntfy.sh/commented\nurl = https://ntfy.sh/abc\n"),
        ("a.sh.tmpl", "curl -d '{{ msg }}' https://ntfy.sh/abc\n"),
    ],
)
def test_files_of_other_languages_and_templates_are_read(
    tmp_path: Path, name: str, text: str
) -> None:
    (found,) = scan_one(tmp_path, name, text)

    assert (found["dialect"], found["verdict"]) == ("ntfy", "works")
